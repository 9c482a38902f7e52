# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts holes back into files, for programs that write the zeros out.

PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
import typing as t

_BLOCK = 65536
_PUNCH_HOLE_KEEP_SIZE = 3
_ZEROS = bytes(_BLOCK)
_FIRST = bytes(64)


def dig(folder: str) -> None:
    """Free the blocks of zeros in all files below *folder*, whose content and times stay as they are.

    Where the system or the file system has no holes, nothing changes.
    """
    punch = _punch()
    if punch is None:
        return
    for parent, _folders, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            known = os.lstat(path)
            if stat.S_ISREG(known.st_mode) and known.st_size >= _BLOCK and known.st_blocks * 512 >= _BLOCK:
                _dig_in(path, known, punch)


def _dig_in(path: str, known: os.stat_result, punch: t.Callable[[int, int], bool]) -> None:
    dug = False
    with contextlib.suppress(PermissionError), open(path, "rb+", buffering=0) as file:
        for offset in range(0, known.st_size - _BLOCK + 1, _BLOCK):
            # Most blocks begin with something else, and need not be read for that to be known.
            if os.pread(file.fileno(), 64, offset) == _FIRST and os.pread(file.fileno(), _BLOCK, offset) == _ZEROS:
                if not punch(file.fileno(), offset):
                    break
                dug = True
    if dug:
        os.utime(path, ns=(known.st_atime_ns, known.st_mtime_ns))


def _punch() -> t.Optional[t.Callable[[int, int], bool]]:
    libc = ctypes.CDLL(None)
    # Where there is only the one, as with musl, its offsets have 64 bits too.
    fallocate = getattr(libc, "fallocate64", None) or getattr(libc, "fallocate", None)
    if fallocate is None:
        return None
    fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    return lambda descriptor, offset: fallocate(descriptor, _PUNCH_HOLE_KEEP_SIZE, offset, _BLOCK) == 0
