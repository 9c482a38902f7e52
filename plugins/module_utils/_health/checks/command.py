# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""C(command): a command ends with the right code and says the right thing.

PRIVATE to the collection.
"""

from __future__ import annotations

import shutil
import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
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
from ansible_collections.progressive.delivery.plugins.module_utils._health.validation import of_check, pattern

_SHOWN = 200


@dataclass(frozen=True)
class CommandProbe:
    """Runs a command on the checking machine, without a shell."""

    argv: t.Tuple[str, ...]
    rc: t.FrozenSet[int]
    stdout_regex: t.Optional[t.Pattern[str]]
    timeout: float

    def run(self, until: float) -> Finding:
        """Make one attempt."""
        try:
            completed = process.run(self.argv, until)
        except OSError as error:
            return unable("{0} cannot be run: {1}".format(self.argv[0], error.strerror))
        if completed.rc is None:
            return failed("{0} did not end within {1:g} s and was killed".format(self.argv[0], self.timeout))
        return self.judge(completed)

    def judge(self, completed: process.Completed) -> Finding:
        """Whether a command that ended is a pass."""
        if completed.rc not in self.rc:
            said = (completed.stderr.strip() or completed.stdout.strip()).splitlines()
            expected = " or ".join(str(code) for code in sorted(self.rc))
            return failed(
                "rc {0}, expected {1}{2}".format(completed.rc, expected, ": " + said[-1][:_SHOWN] if said else "")
            )
        if self.stdout_regex is not None and not self.stdout_regex.search(completed.stdout):
            return failed("rc {0}, but the output does not match {1!r}".format(completed.rc, self.stdout_regex.pattern))
        return passed("rc {0}".format(completed.rc))


def prepare(check: Check, target: Target) -> CommandProbe:
    """Bind the check to a target."""
    options = check.options
    argv = tuple(fill(argument, check, target, "argv") for argument in options["argv"])
    if not argv:
        raise InvalidOption("{0} is empty; it must at least name a command.".format(of_check("argv", check.name)))
    if shutil.which(argv[0]) is None:
        raise CannotCheckHere("Check {0!r} runs {1}, which is no command on this machine.".format(check.name, argv[0]))
    wanted = options["stdout_regex"]
    stdout_regex = None if wanted is None else pattern(wanted, of_check("stdout_regex", check.name))
    return CommandProbe(argv, frozenset(options["rc"]), stdout_regex, check.timeout)


TYPE = CheckType(prepare=prepare, defaults={"argv": None, "rc": (0,), "stdout_regex": None}, required=("argv",))
