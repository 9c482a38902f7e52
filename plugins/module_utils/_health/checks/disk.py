# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""C(disk): a file system of the checking machine has room left.

PRIVATE to the collection.
"""

from __future__ import annotations

import errno
import os
import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import (
    Check,
    CheckType,
    Finding,
    Target,
    failed,
    passed,
    unable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._health.placeholders import fill
from ansible_collections.progressive.delivery.plugins.module_utils._health.validation import (
    of_check,
    require_percentage,
)


@dataclass(frozen=True)
class DiskProbe:
    """Measures the room that users other than root have left."""

    path: str
    min_free_percent: t.Optional[float]
    min_free_bytes: t.Optional[int]

    def run(self, _until: float) -> Finding:
        """Make one attempt."""
        try:
            usage = os.statvfs(self.path)
        except OSError as error:
            say = unable if error.errno in (errno.EACCES, errno.EPERM) else failed
            return say("{0}: {1}".format(self.path, error.strerror))
        free = usage.f_bavail * usage.f_frsize
        usable = (usage.f_blocks - usage.f_bfree + usage.f_bavail) * usage.f_frsize
        return self.judge(free, usable)

    def judge(self, free: int, usable: int) -> Finding:
        """Whether ``free`` of ``usable`` bytes are enough."""
        percent = 100.0 * free / usable if usable else 0.0
        now = "{0} has {1:.1f} % ({2} bytes) free".format(self.path, percent, free)
        if self.min_free_percent is not None and percent < self.min_free_percent:
            return failed("{0}, at least {1:g} % is wanted".format(now, self.min_free_percent))
        if self.min_free_bytes is not None and free < self.min_free_bytes:
            return failed("{0}, at least {1} bytes are wanted".format(now, self.min_free_bytes))
        return passed(now)


def prepare(check: Check, target: Target) -> DiskProbe:
    """Bind the check to a target."""
    percent, size = check.options["min_free_percent"], check.options["min_free_bytes"]
    if percent is None and size is None:
        raise InvalidOption("The disk check {0!r} needs min_free_percent, min_free_bytes or both.".format(check.name))
    if percent is not None:
        require_percentage(percent, of_check("min_free_percent", check.name))
    return DiskProbe(fill(check.options["path"], check, target, "path"), percent, size)


TYPE = CheckType(prepare=prepare, defaults={"path": "/", "min_free_percent": None, "min_free_bytes": None}, local=True)
