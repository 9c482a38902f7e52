# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Database files in folders of others, who may put a link to anything in their places at any instant.

PRIVATE to the collection. SQLite opens files by name and follows links, so
what it has open is compared with what is there without following any.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import stat
import typing as t
import urllib.parse

BESIDE = ("-journal", "-wal", "-shm")
"""How the names of what SQLite keeps beside a database end."""
_FORMATS = 18
"""Where in a database its two format numbers are: 1 for a rollback journal, 2 for a write-ahead log."""
_LOG = 2
_FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_THROUGH = getattr(os, "O_PATH", os.O_RDONLY)
_OPEN_FILES = "/proc/self/fd"


@contextlib.contextmanager
def opened(path: str, mode: str = "rw", timeout: float = 0) -> t.Iterator[sqlite3.Connection]:
    """A connection to a file that is there, closed in the end; *timeout* is for locks, seconds."""
    address = "file:{0}?mode={1}".format(urllib.parse.quote(os.fsencode(path)), mode)
    connection = sqlite3.connect(address, uri=True, timeout=timeout, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


@contextlib.contextmanager
def opened_live(path: str, mode: str, timeout: float = 0) -> t.Iterator[sqlite3.Connection]:
    """As :func:`opened`, for a path in which no link may have come; raises :class:`OSError` when one has."""
    with opened(path, mode, timeout) as connection:
        with folder_of(path) as folder:
            known = os.stat(os.path.basename(path), dir_fd=folder, follow_symlinks=False)
        # It has opened the file by now, and read nothing yet.
        if not stat.S_ISREG(known.st_mode) or not _is_open(known):
            raise OSError("a link or another file has taken its place meanwhile")
        yield connection


def has_log(path: str) -> bool:
    """Whether it is in WAL mode, as its header says; asked so, SQLite would wait for those who hold it locked."""
    with open(path, "rb") as handle:
        return handle.read(_FORMATS + 1)[_FORMATS:] == bytes([_LOG])


def place(dump: str, path: str, mode: int, owner: t.Tuple[int, int], log: bool) -> None:
    """Put a copy of *dump*, which has no log, in the place of *path*, at once; *log*: in WAL mode."""
    name = os.path.basename(path)
    temporary = ".{0}.progressive-delivery".format(name)
    with folder_of(path) as folder:
        _remove(folder, temporary)  # of a killed run
        try:
            descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
            with os.fdopen(descriptor, "r+b") as written, open(dump, "rb") as read:
                shutil.copyfileobj(read, written)
                written.flush()
                if log and written.tell() > _FORMATS:
                    os.pwrite(descriptor, bytes([_LOG, _LOG]), _FORMATS)
                mine = os.fstat(descriptor)
                if (mine.st_uid, mine.st_gid) != owner:
                    os.fchown(descriptor, *owner)
                os.fchmod(descriptor, mode)
                os.fsync(descriptor)
            # They belong to what was there, and SQLite would write them into what comes.
            _remove(folder, *(name + suffix for suffix in BESIDE))
            os.fsync(folder)
            os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
            os.fsync(folder)
        finally:
            _remove(folder, temporary)


@contextlib.contextmanager
def folder_of(path: str) -> t.Iterator[int]:
    """The folder that holds *path*, open; raises :class:`OSError` where a link leads to it."""
    parts = os.path.dirname(path).strip("/").split("/")
    folder = os.open("/", _THROUGH | _FOLDER)
    try:
        for number, part in enumerate(parts, 1):
            how = os.O_RDONLY if number == len(parts) else _THROUGH
            inner = os.open(part or ".", how | _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


def _is_open(known: os.stat_result) -> bool:
    """Whether this process has that very file open; where the system does not tell, yes."""
    if not os.path.isdir(_OPEN_FILES):
        return True
    for number in os.listdir(_OPEN_FILES):
        with contextlib.suppress(OSError):
            if os.path.samestat(known, os.fstat(int(number))):
                return True
    return False


def _remove(folder: int, *names: str) -> None:
    for name in names:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
