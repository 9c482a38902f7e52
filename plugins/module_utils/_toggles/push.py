# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host's part when a file of flags is pushed to many at once: prepared on all, or activated on none.

PRIVATE to the collection. Beside the live file lie what was prepared, and a
note of what was pushed last, what is prepared and what it is to replace. What
is prepared becomes live by one rename. The note is written after what it
tells of, and holds digests, so a kill anywhere leaves a state that
:meth:`PushedFile.look` understands.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import stat
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._files.atomic import place_file, sync_folder
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.document import EVALUATORS, parsed
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import (
    NotPrepared,
    ToggleFileChangedHere,
    ToggleFileUnreadable,
    ToggleFileUnwritable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.evaluators import (
    check_declared,
    check_references,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.one_writer import lock_of, one_writer
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.revisions import Revisions
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.validation import check


@dataclasses.dataclass(frozen=True)
class Look:
    """What a host has, by the digests of the files' bytes; None where there is none.

    :param live: what apps read
    :param prepared: what may take its place
    :param pushed: what was pushed last
    """

    live: t.Optional[str] = None
    prepared: t.Optional[str] = None
    pushed: t.Optional[str] = None


def begun(looks: t.Sequence[Look]) -> t.Optional[str]:
    """What was being activated when a run was killed, from all hosts' looks; None where none was.

    A run activates what every host has prepared, and only then. So some have it live, and all others prepared.
    """
    for digest in {look.prepared for look in looks} - {None}:
        if all(digest in (look.live, look.prepared) for look in looks) and any(look.live == digest for look in looks):
            return digest
    return None


class PushedFile:
    """The file at *path*, which is pushed from elsewhere; a link to it stays a link.

    :param lock_timeout: seconds to wait for another writer
    :param environment: whose file it is
    :param keep: how many revisions of it are kept
    """

    def __init__(self, path: str, lock_timeout: float, environment: t.Optional[str], keep: int) -> None:
        self._path = os.path.realpath(path)
        self._lock_timeout = lock_timeout
        self._environment = environment
        self._revisions = Revisions(self._path, keep)
        folder, name = os.path.split(self._path)
        self._prepared = os.path.join(folder, ".{0}.prepared".format(name))
        self._note = os.path.join(folder, ".{0}.push".format(name))

    def look(self) -> Look:
        """What is there; raises ToggleFileUnreadable."""
        if not os.path.isdir(os.path.dirname(self._path)):
            raise ToggleFileUnreadable("there is no folder for {0}".format(self._path))
        try:
            live, prepared, note = _digest(self._path), _digest(self._prepared), _json(self._note)
        except (OSError, ValueError) as error:
            raise ToggleFileUnreadable("{0} cannot be read: {1}".format(self._path, error)) from error
        noted, pushed = note.get("prepared"), note.get("pushed")
        if noted is not None and live == noted:
            # Killed between the rename and the note.
            return Look(live, None, noted)
        usable = prepared is not None and prepared == noted and live == note.get("replaces")
        return Look(live, prepared if usable else None, pushed)

    def prepare(self, content: str, overwrite: bool = False, dry: bool = False) -> t.Tuple[Look, str]:
        """Lay *content* beside the live file, when every reader would take it.

        :param overwrite: also where somebody has changed the live file since the last push
        :param dry: refuse what would be refused, and write nothing
        :returns: what was there, and the digest of *content*
        :raises ToggleFileChangedHere: the live file is not what was pushed last, nor *content*
        :raises DeliveryError: nothing is prepared then that was not before
        """
        self._check(content)
        data = content.encode("utf-8")
        digest = hashlib.sha256(data).hexdigest()
        if dry:
            return self._may_replace(digest, overwrite), digest
        with self._locked():
            found = self._may_replace(digest, overwrite)
            if found.live == digest:
                self._forget_prepared(found)
                self._write_note(pushed=digest)
                return found, digest
            try:
                known = os.stat(self._path)
                mode, owner = stat.S_IMODE(known.st_mode), (known.st_uid, known.st_gid)
            except FileNotFoundError:
                mode, owner = 0o644, (-1, -1)
            with self._writable():
                place_file(self._prepared, data, mode, owner)
            self._write_note(pushed=found.pushed, prepared=digest, replaces=found.live)
            return found, digest

    def activate(self, digest: str) -> bool:
        """Let what was prepared take the live file's place; whether it did not have it yet.

        :raises NotPrepared: that is not prepared, or the live file was changed since
        """
        with self._locked():
            found = self.look()
            if found.live == digest:
                self._forget_prepared(found)
                self._write_note(pushed=digest)
                return False
            if found.prepared != digest:
                raise NotPrepared(
                    "{0}: what is to be activated is not prepared, or the file was changed since".format(self._path)
                )
            with self._writable():
                self._revisions.record()
                os.rename(self._prepared, self._path)
                sync_folder(os.path.dirname(self._path))
            self._write_note(pushed=digest)
            # It is live; where it cannot be kept now, the next writer does.
            with contextlib.suppress(OSError):
                self._revisions.record()
            return True

    def discard(self) -> bool:
        """Take away what is prepared; whether there was anything."""
        with self._locked():
            found = self.look()
            there = self._forget_prepared(found)
            if there:
                self._write_note(pushed=found.pushed)
            return there

    def _check(self, content: str) -> None:
        document = parsed(content, "content", self._environment)
        evaluators = document.get(EVALUATORS, {})
        check_declared(evaluators)
        for name, flag in document["flags"].items():
            check(flag, "content.flags.{0}".format(name))
        check_references(document["flags"], evaluators)

    def _may_replace(self, digest: str, overwrite: bool) -> Look:
        found = self.look()
        if self._environment is not None and found.live is not None:
            self._read_live()
        if found.live not in (None, found.pushed, digest) and not overwrite:
            raise ToggleFileChangedHere("{0} is not what was pushed to this host last".format(self._path))
        return found

    def _read_live(self) -> None:
        try:
            with open(self._path, encoding="utf-8") as handle:
                parsed(handle.read(), self._path, self._environment)
        except (OSError, ValueError) as error:
            raise ToggleFileUnreadable("{0} cannot be read: {1}".format(self._path, error)) from error

    def _forget_prepared(self, found: Look) -> bool:
        with self._writable():
            try:
                os.unlink(self._prepared)
            except FileNotFoundError:
                return False
        return found.prepared is not None

    def _write_note(self, **note: t.Optional[str]) -> None:
        if _json(self._note) == note:
            return
        with self._writable():
            place_file(self._note, (json.dumps(note, sort_keys=True) + "\n").encode("ascii"), 0o644)

    def _locked(self) -> t.ContextManager[None]:
        lock = lock_of(self._path)
        return one_writer(lock, self._lock_timeout, "another process holds {0}".format(lock))

    @contextlib.contextmanager
    def _writable(self) -> t.Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ToggleFileUnwritable("{0} cannot be written: {1}".format(self._path, error)) from error


def _digest(path: str) -> t.Optional[str]:
    try:
        with open(path, "rb") as handle:
            return hashlib.sha256(handle.read()).hexdigest()
    except FileNotFoundError:
        return None


def _json(path: str) -> t.Dict[str, t.Any]:
    try:
        with open(path, encoding="utf-8") as handle:
            note = json.load(handle)
    except FileNotFoundError:
        return {}
    return note if isinstance(note, dict) else {}
