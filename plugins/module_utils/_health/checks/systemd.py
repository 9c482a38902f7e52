# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""C(systemd): a unit of the checking machine is in a state.

PRIVATE to the collection.
"""

from __future__ import annotations

import shutil
import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._health import process
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
from ansible_collections.progressive.delivery.plugins.module_utils._health.placeholders import fill


@dataclass(frozen=True)
class SystemdProbe:
    """Asks systemd for the states of one unit."""

    systemctl: str
    unit: str
    state: str
    timeout: float

    def run(self, until: float) -> Finding:
        """Make one attempt."""
        argv = (self.systemctl, "show", "--property=LoadState,ActiveState,SubState,Result", "--", self.unit)
        try:
            completed = process.run(argv, until)
        except OSError as error:
            return unable("systemctl cannot be run: {0}".format(error.strerror))
        if completed.rc is None:
            return unable("systemctl did not answer within {0:g} s".format(self.timeout))
        if completed.rc != 0:
            said = completed.stderr.strip().splitlines() or ["rc {0}".format(completed.rc)]
            return unable("systemctl failed: {0}".format(said[-1]))
        return judge(properties(completed.stdout), self.unit, self.state)


def properties(output: str) -> t.Dict[str, str]:
    """The C(Name=value) lines of C(systemctl show)."""
    return {name: value for name, equals, value in (line.partition("=") for line in output.splitlines()) if equals}


def judge(shown: t.Mapping[str, str], unit: str, state: str) -> Finding:
    """Whether the unit is loaded and in the wanted active state."""
    if shown.get("LoadState") != "loaded":
        return failed("{0} is {1}".format(unit, shown.get("LoadState", "unknown")))
    now = "{0} is {1} ({2})".format(unit, shown.get("ActiveState"), shown.get("SubState"))
    if shown.get("ActiveState") == state:
        return passed(now)
    why = shown.get("Result", "success")
    return failed("{0}, expected {1}{2}".format(now, state, "" if why == "success" else "; result: " + why))


def prepare(check: Check, target: Target) -> SystemdProbe:
    """Bind the check to a target."""
    systemctl = shutil.which("systemctl")
    if systemctl is None:
        raise CannotCheckHere(
            "The systemd check {0!r} needs systemctl, which this machine has not got.".format(check.name)
        )
    return SystemdProbe(
        systemctl, fill(check.options["unit"], check, target, "unit"), check.options["state"], check.timeout
    )


TYPE = CheckType(prepare=prepare, defaults={"unit": None, "state": "active"}, required=("unit",), local=True)
