# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An SQLite database that may be in use, saved and restored with SQLite's own online backup.

PRIVATE to the collection. The dump is one file without a write-ahead log.
A restore overwrites the live database in one transaction, so that who reads
it sees the old or the new, and needs no restart. Only where the live file is
not there, or no database, is a new one put in its place.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import stat
import time
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import (
    BackupError,
    DumpFailed,
    NotProven,
    RepositoryFull,
    RestoreFailed,
    SourceUnusable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Facts
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.facts import unlike
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.interface import Source
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.sqlite_facts import facts_of
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.sqlite_files import (
    has_log,
    opened,
    opened_live,
    place,
)

DUMP = "database.sqlite3"
ORIGIN = "origin.json"

_MAGIC = b"SQLite format 3\0"
_STEP_PAGES = 1000
_TRIES_IN_STEPS = 3
_PAUSE = 0.001
_LOCKED = (5, 6)  # SQLITE_BUSY and SQLITE_LOCKED


class _Restarted(Exception):
    """A copy in steps began anew too often, as others write."""


class SQLite(Source):
    """One database file.

    :param path: of the file; links are followed now, and none may come into it later
    :param timeout: seconds to wait for those who hold the database locked
    """

    kind = "sqlite"

    def __init__(self, name: str, path: str, timeout: float = 60.0) -> None:
        self.name = name
        self._path = os.path.realpath(path)
        self._timeout = timeout

    def check(self) -> None:
        try:
            with open(self._path, "rb") as handle:
                known = os.fstat(handle.fileno())
                begins = handle.read(len(_MAGIC))
        except OSError as error:
            raise SourceUnusable(
                "{0}: {1} cannot be read: {2}".format(self.name, self._path, error.strerror)
            ) from error
        # SQLite takes an empty file for an empty database.
        if not stat.S_ISREG(known.st_mode) or begins not in (b"", _MAGIC):
            raise SourceUnusable("{0}: {1} is no SQLite database, or an encrypted one".format(self.name, self._path))

    def size(self) -> int:
        total = 0
        for path in (self._path, self._path + "-wal"):
            with contextlib.suppress(FileNotFoundError):
                total += os.stat(path).st_size
        return total

    def dump(self, folder: str) -> Facts:
        with self._explained(DumpFailed, "cannot be saved"):
            known = os.stat(self._path)
            path = os.path.join(folder, DUMP)
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            with self._live() as live, opened(path) as copy:
                mode = "wal" if has_log(self._path) else "delete"
                self._copy(live, copy, in_steps=mode != "wal")
                copy.execute("PRAGMA journal_mode = DELETE").fetchone()
                facts = facts_of(copy)
            origin = {"mode": stat.S_IMODE(known.st_mode), "uid": known.st_uid, "gid": known.st_gid, "journal": mode}
            with open(os.path.join(folder, ORIGIN), "w", encoding="utf-8") as handle:
                json.dump(origin, handle)
            return facts

    def prove(self, folder: str, facts: Facts, scratch: str) -> None:
        with self._explained(NotProven, "cannot be restored from the dump"):
            path = os.path.join(scratch, DUMP)
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            with opened(os.path.join(folder, DUMP), "ro") as dumped, opened(path) as restored:
                self._copy(dumped, restored)
                wrong = [row[0] for row in restored.execute("PRAGMA integrity_check(10)") if row[0] != "ok"]
                wrong += unlike(facts, facts_of(restored))
            os.unlink(path)
        if wrong:
            raise NotProven(
                "{0}: what the dump restores is not what was saved: {1}".format(self.name, "; ".join(wrong)),
                differences=wrong,
            )

    def restore(self, folder: str, facts: Facts, scratch: str) -> None:
        try:
            self.prove(folder, facts, scratch)
        except NotProven as error:
            raise RestoreFailed(error.message, **error.details) from error
        with self._explained(RestoreFailed, "cannot be restored"):
            dump = os.path.join(folder, DUMP)
            if not self._is_database():
                self._make(folder, dump)
                return
            with opened(dump, "ro") as dumped, opened_live(self._path, "rw", self._timeout) as live:
                self._check_pages(dumped, live)
                self._copy(dumped, live)

    def _is_database(self) -> bool:
        """Whether SQLite would write into the live file."""
        try:
            with opened_live(self._path, "rw", self._timeout) as live:
                live.execute("PRAGMA schema_version").fetchone()
        except (FileNotFoundError, sqlite3.OperationalError):
            if os.path.exists(self._path):
                raise
            return False
        except sqlite3.DatabaseError as error:
            if "not a database" not in str(error):
                raise
            return False
        return True

    def _check_pages(self, dumped: sqlite3.Connection, live: sqlite3.Connection) -> None:
        sizes = [connection.execute("PRAGMA page_size").fetchone()[0] for connection in (dumped, live)]
        if sizes[0] != sizes[1] and has_log(self._path):
            raise RestoreFailed(
                "{0}: {1} has pages of {2} bytes and a write-ahead log, and the dump pages of {3}; stop what uses it,"
                " move the file aside and restore again".format(self.name, self._path, sizes[1], sizes[0])
            )

    def _make(self, folder: str, dump: str) -> None:
        """Put a new file in the place of none, or of what is no database."""
        with open(os.path.join(folder, ORIGIN), encoding="utf-8") as handle:
            origin = json.load(handle)
        place(dump, self._path, origin["mode"], (origin["uid"], origin["gid"]), log=origin["journal"] == "wal")

    def _live(self) -> t.ContextManager[sqlite3.Connection]:
        """To read from. Who may write opens it so: then SQLite finishes what others left, and tidies up afterwards."""
        writable = os.access(self._path, os.W_OK) and os.access(os.path.dirname(self._path), os.W_OK)
        return opened_live(self._path, "rw" if writable else "ro")

    def _copy(self, source: sqlite3.Connection, target: sqlite3.Connection, in_steps: bool = False) -> None:
        """Copy all pages as one state.

        Without a write-ahead log a copy at once keeps writers waiting until it ends. In steps it does not, but begins
        anew whenever one has written, so it is tried a few times only.
        """
        try:
            source.backup(target, pages=_STEP_PAGES if in_steps else -1, progress=self._watch(in_steps), sleep=_PAUSE)
        except _Restarted:
            source.backup(target, pages=-1, progress=self._watch(in_steps=False), sleep=_PAUSE)

    def _watch(self, in_steps: bool) -> t.Callable[[int, int, int], None]:
        restarts = 0
        before = -1
        moved = time.monotonic()

        def progress(status: int, remaining: int, _pages: int) -> None:
            nonlocal restarts, before, moved
            if status & 0xFF in _LOCKED:
                if time.monotonic() - moved > self._timeout:
                    raise TimeoutError("others have held it locked for {0:g} seconds".format(self._timeout))
                return
            restarts += remaining >= before >= 0
            if in_steps and restarts >= _TRIES_IN_STEPS:
                raise _Restarted
            before, moved = remaining, time.monotonic()

        return progress

    @contextlib.contextmanager
    def _explained(self, kind: t.Type[BackupError], what: str) -> t.Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, ValueError, KeyError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            message = "{0}: {1} {2}: {3}".format(self.name, self._path, what, reason)
            if "disk is full" in reason or "No space left" in reason or "quota exceeded" in reason:
                raise RepositoryFull(message) from error
            raise kind(message) from error
