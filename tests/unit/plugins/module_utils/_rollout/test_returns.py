# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way back after deliveries that had to do with one pool, or with three."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._rollout import begin, commands, machine
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.errors import NothingToRollBackTo
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import (
    Kind,
    Observed,
    Options,
    Outcome,
    Result,
    Rollout,
    Status,
    World,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.blue_green import BlueGreen
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.canary import Canary
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.interface import Strategy
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.rolling import Rolling
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.stages import Stage


def delivered(
    strategy: Strategy, fleet: begin.Fleet, shares: t.Optional[t.Mapping[str, int]]
) -> t.Tuple[Rollout, World]:
    """A delivery in which all goes well, and the world after it."""
    now = dict(shares or {})
    wanted = begin.Delivery("r1", "app", "2.0", strategy, Options())

    def world() -> World:
        return World(1000.0, {} if shares is None else {"lb1": Observed(dict(now))})

    rollout = begin.begin_delivery(wanted, fleet, world())
    assert isinstance(rollout, Rollout)
    rollout, action = machine.decide(rollout, world())
    while action.kind is not Kind.END:
        now.update(action.shares or {})
        outcome = Outcome(Result.SUCCEEDED, decided=action.kind is Kind.ANALYSE)
        rollout, action = machine.decide(machine.record(rollout, action.seq, outcome, world()), world())
    assert rollout.status is Status.SUCCEEDED
    return rollout, world()


def back(last: Rollout, world: World) -> t.Union[Rollout, begin.Unchanged]:
    return begin.begin_rollback(last, begin.Delivery("r2", "app", "", Rolling(), Options()), world)


@pytest.mark.parametrize("shares", [None, {"web": 10000}])
def test_there_is_nothing_before_the_first_delivery_to_one_pool(shares: t.Optional[t.Mapping[str, int]]) -> None:
    last, world = delivered(Rolling(bake=0), {"web": {"a": None, "b": None}}, shares)
    with pytest.raises(NothingToRollBackTo, match=r"2\.0 was the first release of app"):
        back(last, world)


def test_a_pool_gets_the_earlier_release_again_in_the_same_batches() -> None:
    last, world = delivered(Rolling((Stage(hosts="1"),), bake=0), {"web": dict.fromkeys("abcd", "1.0")}, None)
    opened = back(last, world)
    assert isinstance(opened, Rollout)
    deploys = [step for step in opened.steps if step.kind is Kind.DEPLOY]
    assert [step.hosts for step in deploys] == [("a",), ("b", "c"), ("d",)]
    assert {step.release for step in deploys} == {"1.0"}
    assert (opened.from_release, opened.to_release, opened.strategy) == ("2.0", "1.0", "rollback")


def test_after_an_experiment_the_earlier_release_is_back_at_once() -> None:
    """The baseline was stopped, and the pool that served before was not."""
    fleet = {"blue": {"a": "1.0"}, "green": {"b": None}, "baseline": {"c": None}}
    canary = Canary((Stage(share=500),), bake=0, baseline="baseline")
    last, world = delivered(canary, fleet, {"blue": 10000, "green": 0, "baseline": 0})
    opened = back(last, world)
    assert isinstance(opened, Rollout)
    assert opened.steps[0].kind is Kind.SHIFT
    assert opened.vouched == ("blue",)


def test_a_pool_that_somebody_gave_traffic_is_free_again_before_the_way_back_deploys_to_it() -> None:
    fleet = {"blue": {"b1": "1.0"}, "green": {"g1": None}}
    last, world = delivered(BlueGreen(bake=0), fleet, {"blue": 10000, "green": 0})
    opened = back(last, dataclasses.replace(world, now=world.now + 10**6))
    assert isinstance(opened, Rollout)
    assert opened.steps[0].kind is Kind.DEPLOY
    halves = dataclasses.replace(world, splits={"lb1": Observed({"blue": 5000, "green": 5000})})
    paused, _action = machine.decide(opened, halves)
    assert (paused.status, paused.reason) == (
        Status.PAUSED,
        "pool blue takes traffic already, so nothing is deployed to it",
    )
    assert machine.decide(commands.resume(paused, halves), halves)[0].status is Status.PAUSED

    asked = commands.return_again(paused, halves)
    told, action = machine.decide(asked, halves)
    assert (action.kind, action.pool) == (Kind.VALIDATE, "green")
    told, action = machine.decide(machine.record(told, action.seq, Outcome(Result.SUCCEEDED), halves), halves)
    assert (action.kind, action.shares) == (Kind.SHIFT, {"blue": 0, "green": 10000})
    told, action = machine.decide(machine.record(told, action.seq, Outcome(Result.SUCCEEDED), world), world)
    assert (action.kind, action.pool) == (Kind.DEPLOY, "blue")


def test_traffic_that_somebody_moves_amid_the_way_back_is_moved_again_by_another_rollback() -> None:
    """Found by Hypothesis: the run that resumed it waited for somebody to move it back, run after run."""
    fleet = {"blue": {"a": "1.0"}, "green": {"b": None}}
    last, world = delivered(BlueGreen(bake=0), fleet, {"blue": 10000, "green": 0})
    way_back = back(last, world)
    assert isinstance(way_back, Rollout)
    returned = World(1000.0, {"lb1": Observed({"blue": 10000, "green": 0})})
    way_back, shift = machine.decide(way_back, world)
    way_back, drain = machine.decide(machine.record(way_back, shift.seq, Outcome(Result.SUCCEEDED), returned), returned)
    assert [shift.kind, drain.kind] == [Kind.SHIFT, Kind.DRAIN]
    moved = World(1000.0, {"lb1": Observed({"blue": 7500, "green": 2500})})
    paused, end = machine.decide(machine.record(way_back, drain.seq, Outcome(Result.SUCCEEDED), moved), moved)
    assert (end.kind, paused.status) == (Kind.END, Status.PAUSED)
    again, action = machine.decide(commands.return_again(paused, moved), moved)
    again, action = machine.decide(machine.record(again, action.seq, Outcome(Result.SUCCEEDED), moved), moved)
    assert (action.kind, action.shares) == (Kind.SHIFT, {"green": 0, "blue": 10000})
