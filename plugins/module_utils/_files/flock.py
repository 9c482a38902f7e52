# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for a file that another process holds with flock(2).

PRIVATE to the collection. Shared by the areas.
"""

from __future__ import annotations

import fcntl
import time

PAUSE = 0.02
"""Seconds between two tries."""


def taken(descriptor: int, timeout: float) -> bool:
    """Whether the file was taken within *timeout* seconds; it is held until the descriptor is closed."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(PAUSE)
        else:
            return True
