# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is killed and got over: rollouts at each of their writes to the journal, under load, and backups at any instant.

The tests try a few of the places at which a rollout can be killed, and few
rounds of a backup; this tries them all, and counts.
"""

from __future__ import annotations

import dataclasses
import os
import pathlib
import signal
import subprocess
import sys
import typing as t
from xml.etree import ElementTree

from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down
from ansible_collections.progressive.delivery.tests.e2e.canary import story as canary
from ansible_collections.progressive.delivery.tests.e2e.rollout import story as blue_green

BACKUPS = 50
UNIT = "tests/unit/plugins/module_utils"


@dataclasses.dataclass(frozen=True)
class Killed:
    """What can be killed.

    :param places: how many places there are at which it can be, or how many rounds of it
    :param tests: the file of the tests that kill it
    :param variable: the environment variable with which they are told how often
    """

    name: str
    places: int
    tests: str
    variable: str


KILLED = (
    Killed("blue-green", blue_green.PLACES, "tests/e2e/rollout/test_faults.py", "PROGRESSIVE_DELIVERY_KILLS"),
    Killed("canary", canary.PLACES, "tests/e2e/canary/test_kills.py", "PROGRESSIVE_DELIVERY_CANARY_KILLS"),
    Killed("restic and borg", BACKUPS, "tests/e2e/backups/test_kill.py", "PROGRESSIVE_DELIVERY_BACKUP_KILLS"),
    Killed("archive", BACKUPS, f"{UNIT}/_backups/archive/test_kill.py", "PROGRESSIVE_DELIVERY_BACKUP_KILLS"),
)


@dataclasses.dataclass(frozen=True)
class Row:
    """The kills in one line.

    :param kills: the tests, each of one kill of a rollout or of all rounds of a backup
    :param failed: those after which something was not as it should be, and why
    """

    killed: str
    places: int
    kills: int
    failed: list[str]
    seconds: float


def measure(scale: float, _balancers: t.Sequence[str], folder: pathlib.Path) -> t.Iterator[Row]:
    """A row for each kind."""
    for kind in KILLED:
        yield _measure(kind, scale, folder)


def _measure(kind: Killed, scale: float, folder: pathlib.Path) -> Row:
    places = max(2, round(kind.places * scale))
    result = folder / f"{kind.name}.xml"
    with (folder / kind.name).open("w+", encoding="utf-8") as output:
        tests = subprocess.Popen(
            [sys.executable, "-m", "pytest", kind.tests, "-k", "killed", "--numprocesses=2", f"--junitxml={result}"],
            cwd=laid_down.ROOT,
            env={**os.environ, kind.variable: str(places)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            tests.wait()
        finally:
            # Ended amid the tests, they still take down what they started.
            tests.send_signal(signal.SIGINT)
            tests.wait()
        if not result.exists():
            output.seek(0)
            raise RuntimeError(f"pytest gave no result: {output.read()}")
    suite = ElementTree.parse(result).getroot().find("testsuite")
    cases = suite.findall("testcase")
    return Row(
        killed=kind.name,
        places=places,
        kills=len(cases),
        failed=[
            f"{case.get('name')}: {problem.get('message')}"
            for case in cases
            for problem in case
            if problem.tag in ("failure", "error")
        ],
        seconds=float(suite.get("time")),
    )


def broken(rows: t.Sequence[Row]) -> list[str]:
    """The kills that were not got over, in words; none at all is a failure too."""
    nothing = [f"no {row.killed} was killed" for row in rows if not row.kills]
    return nothing + [f"{row.killed} killed and not got over: {name}" for row in rows for name in row.failed]
