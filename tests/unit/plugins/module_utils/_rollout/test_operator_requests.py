# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of a canary that is under way by somebody without its lock."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._rollout import begin, machine
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import (
    Action,
    Kind,
    Observed,
    Options,
    Outcome,
    Pause,
    Result,
    Rollout,
    Status,
    World,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.canary import Canary
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.stages import Stage

GOOD = Outcome(Result.SUCCEEDED, decided=True)
STAGES = (
    Stage(share=500),
    Stage(pause=3600),
    Stage(share=2500),
    Stage(analysis="errors", seconds=60),
    Stage(gate=True),
)


def world(green: int, now: float = 0.0) -> World:
    return World(now, {"lb1": Observed({"blue": 10000 - green, "green": green})})


def under_way(kind: Kind) -> t.Tuple[Rollout, Action, World]:
    """The canary at its first action of *kind*."""
    wanted = begin.Delivery("r1", "app", "1.1.0", Canary(STAGES, bake=60), Options())
    opened = begin.begin_delivery(wanted, {"blue": {"b1": "1.0.0"}, "green": {"g1": None}}, world(0))
    assert isinstance(opened, Rollout)
    seen = world(0)
    rollout, action = machine.decide(opened, seen)
    while action.kind is not kind:
        seen = world((action.shares or {}).get("green", seen.highest_share("green")), seen.now + action.seconds)
        rollout, action = machine.decide(machine.record(rollout, action.seq, GOOD, seen), seen)
    return rollout, action, seen


def asked(what: str, kind: Kind) -> t.Tuple[Rollout, Action]:
    """What comes after the action of *kind*, in which *what* was asked."""
    rollout, action, seen = under_way(kind)
    return machine.decide(machine.record(dataclasses.replace(rollout, request=what), action.seq, GOOD, seen), seen)


def test_a_pause_of_an_hour_is_skipped() -> None:
    rollout, action = asked("skip", Kind.BAKE)
    assert (action.kind, (action.shares or {})["green"]) == (Kind.SHIFT, 2500)
    assert rollout.request is None
    assert ("skip", "an operator asked to skip bake") in [(entry.what, entry.text) for entry in rollout.entries]


def test_what_neither_watches_nor_waits_is_not_skipped() -> None:
    rollout, action = asked("skip", Kind.DEPLOY)
    assert (action.kind, action.checks) == (Kind.VALIDATE, "ready")
    assert ("refused", "there is nothing to skip at step validate") in [(e.what, e.text) for e in rollout.entries]


def test_a_gate_ahead_is_skipped_before_it_ends_the_run() -> None:
    rollout, action = asked("skip", Kind.ANALYSE)
    assert rollout.status is Status.RUNNING
    assert action.kind is Kind.VALIDATE


@pytest.mark.parametrize("kind", [Kind.DEPLOY, Kind.BAKE, Kind.ANALYSE])
def test_without_further_verdicts_it_goes_on_to_all_traffic(kind: Kind) -> None:
    rollout, _action = asked("skip_all", kind)
    ahead = rollout.steps[rollout.position :]
    assert [step.kind for step in ahead if step.kind is not Kind.VALIDATE] == [Kind.SHIFT, Kind.DRAIN]
    assert [(step.shares or {}).get("green") for step in ahead if step.kind is Kind.SHIFT] == [10000]


def test_a_request_to_a_run_that_waits_is_forgotten() -> None:
    rollout, action, seen = under_way(Kind.ANALYSE)
    doubtful = dataclasses.replace(rollout, request="skip")
    paused = machine.record(doubtful, action.seq, Outcome(Result.INCONCLUSIVE, "in doubt"), seen)
    rested, action = machine.decide(paused, seen)
    assert (rested.status, rested.pause, rested.request) == (Status.PAUSED, Pause.INCONCLUSIVE, None)
    assert action.kind is Kind.END
