# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where file systems begin.

PRIVATE to the collection.
"""

from __future__ import annotations

import os
import re
import typing as t

_TABLE = "/proc/self/mountinfo"


def is_mount_point(path: str) -> bool:
    """Whether something is mounted at *path* itself, a part of the same file system or a single file too."""
    return os.path.ismount(path) or path in _mount_points()


def mounts_below(path: str) -> t.List[str]:
    """What is mounted within *path*, in order."""
    return sorted({point for point in _mount_points() if point.startswith(path.rstrip("/") + "/")})


def _mount_points() -> t.List[str]:
    try:
        with open(_TABLE, "rb") as table:
            return [_unescaped(line.split(b" ")[4]) for line in table]
    except FileNotFoundError:  # No Linux; what ismount() sees is all then.
        return []


def _unescaped(name: bytes) -> str:
    """Blanks and backslashes stand there as three octal digits."""
    return os.fsdecode(re.sub(rb"\\([0-7]{3})", lambda digits: bytes([int(digits.group(1), 8)]), name))
