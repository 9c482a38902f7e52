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
import json
import os
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._files.atomic import write_file
from ansible_collections.progressive.delivery.plugins.module_utils._files.flock import taken
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import (
    ToggleChangeInProgress,
    ToggleFileUnreadable,
    ToggleFileUnwritable,
    ToggleReadBackMismatch,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.interface import Decision, Definition

SCHEMA = "https://flagd.dev/schema/v0/flags.json"
"""What a new file says it keeps to; editors read it."""


class FlagdFile:
    """The flags of one file; a link to it stays a link.

    :param path: its folder must be there; the file need not
    :param lock_timeout: seconds to wait for another writer
    """

    def __init__(self, path: str, lock_timeout: float = 0.0) -> None:
        self._path = os.path.realpath(path)
        self._lock_timeout = lock_timeout

    def read(self) -> t.Dict[str, Definition]:
        """Every flag by name; none when there is no file.

        :raises ToggleFileUnreadable: it is not one that can be read
        """
        flags: t.Dict[str, Definition] = self._document()["flags"]
        return flags

    def change(self, name: str, decide: Decision) -> t.Tuple[t.Optional[Definition], t.Optional[Definition]]:
        """Let *decide* say what becomes of a flag, and write that, unless it is what is there.

        :returns: the flag before and after
        :raises DeliveryError: the file is as it was then
        """
        with self._locked():
            document = self._document()
            was = document["flags"].get(name)
            now = decide(was)
            if now == was:
                return was, was
            if now is None:
                del document["flags"][name]
            else:
                document["flags"][name] = now
            self._write(document)
            if self._document() != document:
                raise ToggleReadBackMismatch("{0} does not hold what was just written".format(self._path))
            return was, now

    def _document(self) -> t.Dict[str, t.Any]:
        try:
            with open(self._path, encoding="utf-8") as handle:
                document = json.load(handle, object_pairs_hook=_unique, parse_constant=_refuse)
        except FileNotFoundError as error:
            if not os.path.isdir(os.path.dirname(self._path)):
                raise ToggleFileUnreadable("there is no folder for {0}".format(self._path)) from error
            return {"$schema": SCHEMA, "flags": {}}
        except (OSError, ValueError, RecursionError) as error:
            raise ToggleFileUnreadable("{0} cannot be read: {1}".format(self._path, error)) from error
        flags = document.get("flags") if isinstance(document, dict) else None
        if not isinstance(flags, dict) or not all(isinstance(flag, dict) for flag in flags.values()):
            raise ToggleFileUnreadable("{0} is not a JSON object with an object of flags".format(self._path))
        return t.cast("t.Dict[str, t.Any]", document)

    def _write(self, document: t.Mapping[str, t.Any]) -> None:
        try:
            write_file(self._path, json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
        except (OSError, ValueError) as error:
            raise ToggleFileUnwritable("{0} cannot be written: {1}".format(self._path, error)) from error

    @contextlib.contextmanager
    def _locked(self) -> t.Iterator[None]:
        folder, name = os.path.split(self._path)
        path = os.path.join(folder, ".{0}.lock".format(name))
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise ToggleFileUnwritable("{0} cannot be written: {1}".format(path, error.strerror)) from error
        try:
            if not taken(descriptor, self._lock_timeout):
                raise ToggleChangeInProgress("another process holds {0}".format(path))
            yield
        finally:
            os.close(descriptor)


def _unique(pairs: t.List[t.Tuple[str, t.Any]]) -> t.Dict[str, t.Any]:
    """A JSON object; one of two equal names would be lost on writing."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _value in pairs]
        raise ValueError("it says {0!r} twice".format(next(name for name in names if names.count(name) > 1)))
    return found


def _refuse(constant: str) -> t.NoReturn:
    raise ValueError("{0} is no JSON".format(constant))
