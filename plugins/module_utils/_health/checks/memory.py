# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""C(memory): the checking machine has memory left. For Linux.

PRIVATE to the collection.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._health.errors import CannotCheckHere
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import (
    Check,
    CheckType,
    Finding,
    Target,
    failed,
    passed,
    unable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._health.validation import (
    of_check,
    require_percentage,
)

MEMINFO = "/proc/meminfo"


@dataclass(frozen=True)
class MemoryProbe:
    """Reads what the kernel thinks new processes could still get."""

    min_available_percent: float

    def run(self, _until: float) -> Finding:
        """Make one attempt."""
        try:
            sizes = read()
        except OSError as error:
            return unable("{0}: {1}".format(MEMINFO, error.strerror))
        return judge(100.0 * sizes["MemAvailable"] / sizes["MemTotal"], self.min_available_percent)


def read() -> t.Dict[str, int]:
    """The sizes in C(/proc/meminfo), in kB.

    :raises OSError: where there is no such file
    """
    with open(MEMINFO, encoding="ascii") as lines:
        return {name: int(size.split()[0]) for name, _colon, size in (line.partition(":") for line in lines)}


def judge(percent: float, min_percent: float) -> Finding:
    """Whether so much available memory is enough."""
    now = "{0:.1f} % of the memory is available".format(percent)
    return passed(now) if percent >= min_percent else failed("{0}, at least {1:g} % is wanted".format(now, min_percent))


def prepare(check: Check, _target: Target) -> MemoryProbe:
    """Bind the check to a target."""
    percent = check.options["min_available_percent"]
    require_percentage(percent, of_check("min_available_percent", check.name))
    try:
        read()
    except OSError as error:
        raise CannotCheckHere(
            "The memory check {0!r} reads {1}, which this machine has not got.".format(check.name, MEMINFO)
        ) from error
    return MemoryProbe(percent)


TYPE = CheckType(
    prepare=prepare, defaults={"min_available_percent": None}, required=("min_available_percent",), local=True
)
