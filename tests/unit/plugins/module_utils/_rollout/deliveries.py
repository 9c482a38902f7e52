# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rollouts as they went, for the tests of their pictures: the state machine is driven by what happens."""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._rollout import commands, machine
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import (
    Action,
    Kind,
    Observed,
    Options,
    Outcome,
    Result,
    Rollout,
    World,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.observations import metrics_in
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.canary import Canary
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.interface import Pools
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.stages import Stage

BEGIN = 1_800_000_000.0
"""2027-01-15 08:00:00 UTC."""
TOOK = {Kind.DEPLOY: 20.0, Kind.VALIDATE: 5.0, Kind.SHIFT: 2.0, Kind.DRAIN: 6.0}
STAGES = (Stage(share=500), Stage(analysis="health", seconds=60), Stage(gate=True), Stage(share=5000))


class Delivery:
    """A canary of the app ``shop`` from 1.4.0 on blue to 1.5.0 on green, bit by bit."""

    def __init__(self, stages: t.Sequence[Stage] = STAGES) -> None:
        self.now = BEGIN
        self.share = 0
        steps = Canary(tuple(stages), bake=30).plan(Pools("blue", "green", "1.0.0"), Options())
        begun = Rollout("r1", "shop", "canary", "blue", "green", "1.4.0", "1.5.0", steps, BEGIN, BEGIN)
        self.rollout, self.action = machine.decide(begun.noting(BEGIN, "begin", "1.4.0 to 1.5.0"), self.world())

    def world(self) -> World:
        return World(self.now, {"lb1": Observed({"blue": 10000 - self.share, "green": self.share})})

    def until(self, kind: Kind) -> Action:
        """Go on, all going well, until an action of *kind* is next."""
        while self.action.kind is not kind:
            self.report(Outcome(Result.SUCCEEDED, decided=self.action.kind is Kind.ANALYSE))
        return self.action

    def report(self, outcome: Outcome, took: t.Optional[float] = None) -> None:
        """The action under way came to *outcome*."""
        self.now += TOOK.get(self.action.kind, self.action.seconds) if took is None else took
        self.share = (self.action.shares or {}).get("green", self.share)
        recorded = machine.record(self.rollout, self.action.seq, outcome, self.world())
        self.rollout, self.action = machine.decide(recorded, self.world())

    def analyse(self, verdict: t.Optional[str], ratio: float = 1.0) -> None:
        """A part of an analysis ends, with a look every 10 seconds."""
        looks = [self.now + 10 * number for number in range(1, 4)]
        trace = [
            {"at": at, "baseline": 0.01, "canary": 0.01 * ratio, "estimate": ratio, "lower": ratio / 2, "upper": None}
            for at in looks
        ]
        measured = {"e_value": 0.5, "margin": 1.5}
        told = {"errors": {"verdict": verdict, "reason": "as it is", "measured": measured, "trace": trace}}
        result = Result.FAILED if verdict == "failed" else Result.SUCCEEDED
        self.report(
            Outcome(
                result,
                "errors: as it is",
                verdict is not None,
                {},
                metrics=metrics_in(told, looks[-1]),
                verdict=verdict,
            ),
            took=30,
        )

    def wait(self, seconds: float) -> None:
        """Nobody is at work."""
        self.now += seconds

    def promote(self) -> None:
        self.rollout, self.action = machine.decide(commands.promote(self.rollout, self.world()), self.world())

    def resume(self) -> None:
        self.rollout, self.action = machine.decide(commands.resume(self.rollout, self.world()), self.world())


def begun() -> Rollout:
    """One of which nothing was done yet."""
    return Delivery().rollout


def taken_back() -> Rollout:
    """One that failed in the second part of its analysis."""
    course = Delivery()
    course.until(Kind.ANALYSE)
    course.analyse(None, ratio=2.0)
    course.analyse("failed", ratio=3.0)
    course.until(Kind.END)
    return course.rollout


def promoted_next_day() -> Rollout:
    """One that waited for a night at its gate and went well."""
    course = Delivery()
    course.until(Kind.ANALYSE)
    course.analyse("successful")
    course.until(Kind.END)
    course.wait(50_000)
    course.promote()
    course.until(Kind.END)
    return course.rollout
