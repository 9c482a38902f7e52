# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rollouts killed before and after each of their writes to the journal, then resumed or rolled back, under load.

The end-to-end tests try a few of the places at which a rollout can be killed;
this tries all of them, and counts.
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


@dataclasses.dataclass(frozen=True)
class Rollout:
    """A kind of rollout that can be killed.

    :param places: how many places there are at which it can be
    :param tests: the file of the tests that kill it
    :param variable: the environment variable with which they are told how often
    """

    name: str
    places: int
    tests: str
    variable: str


ROLLOUTS = (
    Rollout("blue-green", blue_green.PLACES, "tests/e2e/rollout/test_faults.py", "PROGRESSIVE_DELIVERY_KILLS"),
    Rollout("canary", canary.PLACES, "tests/e2e/canary/test_kills.py", "PROGRESSIVE_DELIVERY_CANARY_KILLS"),
)


@dataclasses.dataclass(frozen=True)
class Row:
    """The kills in one line.

    :param kills: rollouts that were killed
    :param failed: the tests after which the app was locked, served by two releases, or a request had failed; and why
    """

    rollout: str
    places: int
    kills: int
    failed: list[str]
    seconds: float


def measure(scale: float, _balancers: t.Sequence[str], folder: pathlib.Path) -> t.Iterator[Row]:
    """A row for each kind of rollout."""
    for rollout in ROLLOUTS:
        yield _measure(rollout, scale, folder)


def _measure(rollout: Rollout, scale: float, folder: pathlib.Path) -> Row:
    places = max(2, round(rollout.places * scale))
    result = folder / f"{rollout.name}.xml"
    with (folder / rollout.name).open("w+", encoding="utf-8") as output:
        tests = subprocess.Popen(
            [sys.executable, "-m", "pytest", rollout.tests, "-k", "killed", "--numprocesses=2", f"--junitxml={result}"],
            cwd=laid_down.ROOT,
            env={**os.environ, rollout.variable: str(places)},
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
        rollout=rollout.name,
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
    nothing = ["no rollout was killed" for row in rows if not row.kills]
    return nothing + [f"{row.rollout} killed and not got over: {name}" for row in rows for name in row.failed]
