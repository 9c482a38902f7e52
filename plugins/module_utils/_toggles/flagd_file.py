# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flags in a file of flagd's, on the machine where this runs.

PRIVATE to the collection. One writer at a time, by a lock file beside it that
the kernel frees when its holder ends; readers need none, for the file is
replaced whole.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._files.atomic import write_file
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.document import EVALUATORS, parsed
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import (
    ToggleFileUnreadable,
    ToggleFileUnwritable,
    ToggleReadBackMismatch,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.evaluators import (
    check_references,
    declared,
    references,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.interface import Decision, Definition
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.one_writer import lock_of, one_writer
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.revisions import Revisions

SCHEMA = "https://flagd.dev/schema/v0/flags.json"
"""What a new file says it keeps to; editors read it."""

KEEP = 20
"""How many revisions are kept where it is not said."""


@dataclasses.dataclass(frozen=True)
class Edit:
    """What became of a flag, and of the rules that the flags of the file share.

    :param revision: the number of what the file holds then; None when it is not changed, and holds what no revision has
    """

    was: t.Optional[Definition]
    now: t.Optional[Definition]
    evaluators_were: t.Mapping[str, t.Any]
    evaluators: t.Mapping[str, t.Any]
    revision: t.Optional[int]

    def changed(self) -> bool:
        """Whether the file is another now."""
        return (self.was, self.evaluators_were) != (self.now, self.evaluators)


class FlagdFile:
    """The flags of one file; a link to it stays a link.

    :param path: its folder must be there; the file need not
    :param lock_timeout: seconds to wait for another writer
    :param environment: whose file it is; another environment's is neither read nor changed
    :param keep: how many revisions of it are kept
    """

    def __init__(
        self, path: str, lock_timeout: float = 0.0, environment: t.Optional[str] = None, keep: int = KEEP
    ) -> None:
        self._path = os.path.realpath(path)
        self._lock_timeout = lock_timeout
        self._environment = environment
        self._revisions = Revisions(self._path, keep)

    def read(self, name: t.Optional[str] = None) -> t.Dict[str, Definition]:
        """Every flag by name, or the one only; none when there is no file.

        :raises ToggleFileUnreadable: it is not one that can be read
        :raises WrongToggleEnvironment: it is another environment's
        """
        flags: t.Dict[str, Definition] = self._document()["flags"]
        return {each: flag for each, flag in flags.items() if name in {None, each}}

    def evaluators(self) -> t.Dict[str, t.Any]:
        """The rules that the flags share, by name; raises as :meth:`read`."""
        return _evaluators(self._document())

    def flags_of(self, revision: int) -> t.Dict[str, Definition]:
        """Every flag by name, as it was in a revision.

        :raises UnknownRevision: it is not kept
        :raises ToggleFileUnreadable: it cannot be read
        """
        with self._readable_revisions():
            path = self._revisions.path_of(revision)
        flags: t.Dict[str, Definition] = self._document(path)["flags"]
        return flags

    def revisions(self) -> t.List[int]:
        """The revisions that are kept, the oldest first; raises ToggleFileUnreadable."""
        with self._readable_revisions():
            return self._revisions.numbers()

    def revision(self) -> t.Optional[int]:
        """The revision that the file holds; None when it holds what no revision has. Raises ToggleFileUnreadable."""
        with self._readable_revisions():
            return self._revisions.current()

    def change(
        self, name: str, decide: Decision, dry: bool = False
    ) -> t.Tuple[t.Optional[Definition], t.Optional[Definition]]:
        """Let *decide* say what becomes of a flag, and write that, unless it is what is there, or *dry*.

        :returns: the flag before and after
        :raises DeliveryError: the file is as it was then
        """
        edit = self.edit(name, decide, dry=dry)
        return edit.was, edit.now

    def edit(
        self, name: str, decide: Decision, evaluators: t.Optional[t.Mapping[str, t.Any]] = None, dry: bool = False
    ) -> Edit:
        """Change a flag, and the rules that flags share, in one.

        :param evaluators: shared rules that are declared, by name; None takes one away
        :param dry: refuse what would be refused, and change nothing
        :raises DeliveryError: the file is as it was then
        """
        if dry:
            return self._edited(name, decide, evaluators or {})[1]
        lock = lock_of(self._path)
        with one_writer(lock, self._lock_timeout, "another process holds {0}".format(lock)):
            document, edit = self._edited(name, decide, evaluators or {})
            if not edit.changed():
                return edit
            try:
                self._revisions.record()
            except OSError as error:
                raise ToggleFileUnwritable("no revision of {0} can be kept: {1}".format(self._path, error)) from error
            self._write(document)
            if self._document() != document:
                raise ToggleReadBackMismatch("{0} does not hold what was just written".format(self._path))
            # The change is in force; where it cannot be kept now, the next writer does, under the same number.
            with contextlib.suppress(OSError):
                self._revisions.record()
            return edit

    def _edited(
        self, name: str, decide: Decision, evaluators: t.Mapping[str, t.Any]
    ) -> t.Tuple[t.Dict[str, t.Any], Edit]:
        """What the file would hold, and what becomes of the flag."""
        document = self._document()
        flags, shared = document["flags"], _evaluators(document)
        was = flags.get(name)
        now = decide(was)
        edit = Edit(was, now, shared, declared(shared, evaluators), None)
        with self._readable_revisions():
            revision = self._revisions.following() if edit.changed() else self._revisions.current()
        edit = dataclasses.replace(edit, revision=revision)
        if now is None:
            flags.pop(name, None)
        else:
            flags[name] = now
        # Of other flags, only what this change would break is its business.
        touched = {flag for flag in flags if flag == name and now != was}
        gone = set(shared) - set(edit.evaluators)
        touched |= {flag for flag, definition in flags.items() if references(definition.get("targeting")) & gone}
        check_references({flag: flags[flag] for flag in sorted(touched)}, edit.evaluators)
        if edit.evaluators != shared:
            document[EVALUATORS] = edit.evaluators
        if self._environment is not None:
            document["metadata"] = {**document.get("metadata", {}), "environment": self._environment}
        return document, edit

    def _document(self, revision: t.Optional[str] = None) -> t.Dict[str, t.Any]:
        """What the file holds, or that of a revision."""
        path = revision or self._path
        try:
            with open(path, encoding="utf-8") as handle:
                text = handle.read()
        except FileNotFoundError as error:
            if revision or not os.path.isdir(os.path.dirname(path)):
                raise ToggleFileUnreadable(
                    "there is no {0}{1}".format("" if revision else "folder for ", path)
                ) from error
            return {"$schema": SCHEMA, "flags": {}}
        except (OSError, ValueError) as error:
            raise ToggleFileUnreadable("{0} cannot be read: {1}".format(path, error)) from error
        return parsed(text, path, self._environment)

    @contextlib.contextmanager
    def _readable_revisions(self) -> t.Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ToggleFileUnreadable("the revisions of {0} cannot be read: {1}".format(self._path, error)) from error

    def _write(self, document: t.Mapping[str, t.Any]) -> None:
        try:
            write_file(self._path, json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
        except (OSError, ValueError) as error:
            raise ToggleFileUnwritable("{0} cannot be written: {1}".format(self._path, error)) from error


def _evaluators(document: t.Mapping[str, t.Any]) -> t.Dict[str, t.Any]:
    shared: t.Dict[str, t.Any] = document.get(EVALUATORS, {})
    return shared
