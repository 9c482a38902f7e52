# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds a lock on a repository, and whether that process is still there.

PRIVATE to the collection.
"""

from __future__ import annotations

import os
import time
import typing as t
from dataclasses import dataclass

_TOLERANCE = 2.0
"""Seconds by which the start of a process may seem to be later than it was: the kernel rounds the time of its own."""


@dataclass(frozen=True)
class LockOwner:
    """The process that a lock names.

    :param host: as the lock has it
    :param since: when it was taken or last renewed, seconds since the epoch
    :param local: whether the process would be on this host
    """

    host: str
    pid: int
    since: float
    local: bool
    user: t.Optional[str] = None

    def __str__(self) -> str:
        who = "process {0} of {1} on host {2}".format(self.pid, self.user, self.host)
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.since))
        return "{0}, since {1}".format(
            who if self.user else "process {0} on host {1}".format(self.pid, self.host), since
        )


def is_dead(owner: LockOwner) -> bool:
    """Whether it is known that the owner is no more: it was on this host, and nothing has its number, or only what began later.

    A process that has the number and was there before the lock is the owner, whatever it is called.
    """
    if not owner.local:
        return False
    started = _started(owner.pid)
    return started is None or started > owner.since + _TOLERANCE


def _started(pid: int) -> t.Optional[float]:
    """When the process began, in seconds since the epoch; None where there is none, and 0 where that cannot be known."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass  # It is there, and another's.
    try:
        with open("/proc/{0}/stat".format(pid), "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
        with open("/proc/stat", "rb") as system:
            booted = next(int(line.split()[1]) for line in system if line.startswith(b"btime "))
    except (OSError, StopIteration):
        return 0.0
    if fields[0] == b"Z":
        return None
    return booted + int(fields[19]) / os.sysconf("SC_CLK_TCK")
