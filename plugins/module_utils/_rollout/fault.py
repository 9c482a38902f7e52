# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Places at which a test may let a run die, to prove that the next one finishes or undoes it.

PRIVATE to the collection. Does nothing unless the environment variable
``PROGRESSIVE_DELIVERY_FAULT`` is set, as ``NAME:COUNT:PID:FOLDER``: when the
place NAME is reached for the COUNTth time, counted over all processes by
files in FOLDER, then process PID (the run) and this one are killed with
SIGKILL, as a crash or a power cut would.
"""

from __future__ import annotations

import os
import signal

VARIABLE = "PROGRESSIVE_DELIVERY_FAULT"


def reach(name: str) -> None:
    """Say that the place *name* is reached; does not return where the fault is set for it."""
    setting = os.environ.get(VARIABLE)
    if not setting:
        return
    wanted, count, pid, folder = setting.split(":", 3)
    with open(os.path.join(folder, name), "ab") as marks:
        marks.write(b".")
        marks.flush()
        reached = marks.tell()
    if name == wanted and reached == int(count):
        os.kill(int(pid), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)
