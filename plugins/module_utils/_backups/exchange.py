# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System calls for which Python has no name: two paths change places at once, and what was written comes to the disk.

PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import os
import typing as t

_WORKING_FOLDER = -100  # AT_FDCWD
_NO_REPLACE = 1
_EXCHANGE = 2
_BEGIN_WRITING = 2
_NOT_SUPPORTED = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)


def exchange(one: str, other: str) -> bool:
    """Let two paths of one file system change places at once; False where the system or the file system cannot. Raises :class:`OSError`."""
    return _rename(one, other, _EXCHANGE)


def move(path: str, to: str) -> None:
    """Rename where nothing is yet. Raises :class:`OSError`, :class:`FileExistsError` among them."""
    if not _rename(path, to, _NO_REPLACE):
        if os.path.lexists(to):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), to)
        os.rename(path, to)


def sync_file_system(folder: str) -> None:
    """Make all durable that was written to the file system of *folder*."""
    syncfs = _function("syncfs")
    if syncfs is None:
        os.sync()
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if syncfs(descriptor):
            _fail(folder)
    finally:
        os.close(descriptor)


def begin_writing(descriptor: int, begin: int = 0, length: int = 0) -> None:
    """Let the system write so many bytes of a file to the disk, or all behind *begin*, and do not wait for it.

    Whoever waits later, for all of it to be durable, waits less. Nothing depends on it, so that no failure is told.
    """
    sync_file_range = _function("sync_file_range")
    if sync_file_range is not None:
        sync_file_range(descriptor, ctypes.c_int64(begin), ctypes.c_int64(length), ctypes.c_uint(_BEGIN_WRITING))


def _rename(path: str, to: str, flag: int) -> bool:
    renameat2 = _function("renameat2")
    if renameat2 is None:
        return False
    names = os.fsencode(path), os.fsencode(to)
    if not renameat2(_WORKING_FOLDER, names[0], _WORKING_FOLDER, names[1], ctypes.c_uint(flag)):
        return True
    if ctypes.get_errno() in _NOT_SUPPORTED:
        return False
    return _fail(path, to)


def _fail(path: str, other: t.Optional[str] = None) -> t.NoReturn:
    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number), path, None, other)


@functools.lru_cache(maxsize=None)
def _function(name: str) -> t.Optional[t.Callable[..., int]]:
    with contextlib.suppress(AttributeError, OSError):
        return t.cast("t.Callable[..., int]", getattr(ctypes.CDLL(None, use_errno=True), name))
    return None
