# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When there is no room, and where it would have been.

PRIVATE to the collection. Shared by the areas.
"""

from __future__ import annotations

import errno
import os

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says when a disk, a user's part of it, or a file is full."""


def existing(path: str) -> str:
    """*path*, or the nearest of its parents that is there; for a relative one at last the working folder."""
    while not os.path.lexists(path):
        path = os.path.dirname(path) or os.curdir
    return path
