# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file system's refusals as failures a person can act on, and room on the disk.

PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import errno
import os
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._files import room
from ansible_collections.progressive.delivery.plugins.module_utils._releases.errors import (
    DiskFull,
    PermissionMissing,
    StorageFailed,
)

_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_BLOCK = 4096


@contextlib.contextmanager
def explained(what: str, path: str) -> t.Iterator[None]:
    """Turn an :class:`OSError` into :class:`DiskFull`, :class:`PermissionMissing` or :class:`StorageFailed`.

    :param what: what was being done, as in "unpack release '1.1.0'"
    :param path: where, unless the error names a path itself
    """
    try:
        yield
    except OSError as error:
        where = error.filename or path
        message = "cannot {0}: {1}: {2}".format(what, where, error.strerror or error)
        if error.errno in room.FULL:
            raise DiskFull(message, free_bytes=free_bytes(path)) from error
        if error.errno in _FORBIDDEN:
            raise PermissionMissing(message) from error
        raise StorageFailed(message) from error


def check_room(path: str, size: int, files: int) -> None:
    """Raise :class:`DiskFull` unless *files* files of *size* bytes in all fit at *path*."""
    needed = size + files * _BLOCK
    free = free_bytes(path)
    if needed > free:
        raise DiskFull(
            "{0} has {1} bytes free, and the release needs {2}".format(path, free, needed),
            free_bytes=free,
            needed_bytes=needed,
        )


def free_bytes(path: str) -> int:
    """Bytes that are free for ordinary users where *path* is, or will be."""
    known = os.statvfs(room.existing(path))
    return known.f_bavail * known.f_frsize


def check_writable(path: str) -> None:
    """Raise :class:`PermissionMissing` unless *path* can be written, or made where it is missing."""
    nearest = room.existing(path)
    if not os.path.isdir(nearest):
        raise StorageFailed("{0} is not a folder".format(nearest))
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise PermissionMissing("user id {0} may not write in {1}".format(os.geteuid(), nearest))
