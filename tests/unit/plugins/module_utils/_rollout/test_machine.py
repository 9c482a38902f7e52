# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Single decisions that the laws leave open."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._rollout import begin, commands, machine
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import (
    Action,
    Kind,
    Observed,
    Options,
    Outcome,
    Result,
    Rollout,
    Status,
    World,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies import BlueGreen

GOOD = Outcome(Result.SUCCEEDED)


def world(now: float, green: int = 0) -> World:
    return World(now, {"lb1": Observed({"blue": 10000 - green, "green": green})})


def begun(options: Options) -> t.Tuple[Rollout, Action]:
    """A rollout from 1.0.0 on blue to 1.1.0 on green at second 0, and its first action."""
    wanted = begin.Delivery("r1", "app", "1.1.0", BlueGreen(bake=0), options)
    opened = begin.begin_blue_green(wanted, {"blue": {"b1": "1.0.0"}, "green": {"g1": None}}, world(0))
    assert isinstance(opened, Rollout)
    return machine.decide(opened, world(0))


@pytest.mark.parametrize(("took", "status"), [(10.0, Status.RUNNING), (10.5, Status.ABORTING)])
def test_a_deploy_that_outlasts_the_progress_deadline_turns_the_rollout_round(took: float, status: Status) -> None:
    rollout, action = begun(Options(progress_deadline=10))
    recorded = machine.record(rollout, action.seq, GOOD, world(took))
    assert recorded.status is status
    assert recorded.reason == ("" if status is Status.RUNNING else "no progress in 10 s at step deploy")


def test_a_pause_does_not_count_as_time_without_progress() -> None:
    rollout, _action = begun(Options(progress_deadline=10))
    resumed = commands.resume(rollout, world(1000))
    _after, action = machine.decide(resumed, world(1000))
    assert (action.kind, action.release) == (Kind.DEPLOY, "1.1.0")


def killed_amid_retire() -> Rollout:
    """All traffic on green, and blue perhaps stopped."""
    rollout, action = begun(Options(warm=0))
    green = 0
    while action.kind is not Kind.RETIRE:
        green = 10000 if action.kind is Kind.SHIFT else green
        rollout, action = machine.decide(machine.record(rollout, action.seq, GOOD, world(1, green)), world(1, green))
    return rollout


def test_a_pool_that_may_have_been_retired_gets_its_release_again_before_its_traffic() -> None:
    turned = commands.roll_back(killed_amid_retire(), world(2, 10000))
    deploying, action = machine.decide(turned, world(2, 10000))
    assert (action.kind, action.pool, action.release) == (Kind.DEPLOY, "blue", "1.0.0")
    deployed = machine.record(deploying, action.seq, GOOD, world(3, 10000))
    _after, action = machine.decide(deployed, world(3, 10000))
    assert (action.kind, action.pool) == (Kind.VALIDATE, "blue")


def test_a_release_that_cannot_be_put_back_freezes_and_resume_tries_again() -> None:
    deploying, action = machine.decide(commands.roll_back(killed_amid_retire(), world(2, 10000)), world(2, 10000))
    frozen = machine.record(deploying, action.seq, Outcome(Result.FAILED, "disk full"), world(3, 10000))
    assert frozen.status is Status.FROZEN
    assert "1.0.0 could not be put back on pool blue: disk full" in frozen.reason
    _after, again = machine.decide(commands.resume(frozen, world(4, 10000)), world(4, 10000))
    assert again == dataclasses.replace(action, seq=again.seq)
