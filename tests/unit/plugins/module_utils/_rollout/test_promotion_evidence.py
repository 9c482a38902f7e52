# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was seen stays when a person lets a rollout go on: begun anew, an analysis could be wrong once more."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._rollout import begin, commands, machine
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.document import dump_rollout, load_rollout
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import (
    Action,
    Kind,
    Observed,
    Options,
    Outcome,
    Pause,
    Result,
    Rollout,
    World,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.canary import Canary
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.stages import Stage

STAGES = (Stage(share=500), Stage(analysis="errors", seconds=60), Stage(gate=True), Stage(share=5000), Stage(pause=60))
SEEN = {"looks": 7, "ended": True}


def world(green: t.Optional[int]) -> World:
    """A balancer that gives green so much, beside one that does so too; None where that cannot be read."""
    known = Observed({"blue": 10000 - (green or 0), "green": green or 0})
    return World(10.0, {"lb1": known, "lb2": None if green is None else known})


def opened() -> t.Tuple[Rollout, Action]:
    wanted = begin.Delivery("r1", "app", "1.1.0", Canary(STAGES, bake=0), Options())
    begun = begin.begin_delivery(wanted, {"blue": {"b1": "1.0.0"}, "green": {"g1": None}}, world(0))
    assert isinstance(begun, Rollout)
    return machine.decide(begun, world(0))


def at_the_second_share() -> Rollout:
    """The analysis at 5 % was good, the gate was passed, and 50 % are next, which nobody has set yet."""
    rollout, action = opened()
    green = 0
    while rollout.position < 5:
        if action.kind is Kind.END:
            rollout, action = machine.decide(commands.promote(rollout, world(green)), world(green))
            continue
        green = (action.shares or {}).get("green", green)
        outcome = Outcome(Result.SUCCEEDED, decided=True, analysis=SEEN if action.kind is Kind.ANALYSE else None)
        rollout, action = machine.decide(machine.record(rollout, action.seq, outcome, world(green)), world(green))
    assert (rollout.step.kind, action.kind) == (Kind.SHIFT, Kind.VALIDATE)
    return rollout


def paused_unread(rollout: Rollout) -> Rollout:
    """That rollout once a balancer cannot be read."""
    unread = machine.record(rollout, rollout.seq, Outcome(Result.SUCCEEDED), world(None))
    paused, _action = machine.decide(unread, world(None))
    assert paused.pause is Pause.WORLD
    return paused


def test_a_balancer_that_could_not_be_read_takes_nobody_back_where_nobody_moved_anything() -> None:
    held = at_the_second_share()
    paused = paused_unread(held)
    assert commands.promote(paused, world(500)).position == held.position
    still, _action = machine.decide(commands.promote(paused, world(None)), world(None))
    assert (still.pause, still.position) == (Pause.WORLD, held.position)


@pytest.mark.parametrize("done", [500, 5000])
def test_a_shift_that_some_balancers_have_made_is_the_rollout_s_own(done: int) -> None:
    held = at_the_second_share()
    paused = paused_unread(held)
    divided = World(10.0, {"lb1": world(done).splits["lb1"], "lb2": world(500).splits["lb1"]})
    assert commands.promote(paused, divided).position == held.position


def test_where_somebody_moved_the_traffic_the_last_shift_is_made_again_and_its_analysis_goes_on() -> None:
    paused = paused_unread(at_the_second_share())
    back = commands.promote(paused, world(2500))
    assert (back.step.kind, (back.step.shares or {})["green"]) == (Kind.SHIFT, 500)
    rollout, action = machine.decide(load_rollout(dump_rollout(back), "journal"), world(2500))
    while action.kind is not Kind.ANALYSE:
        rollout, action = machine.decide(
            machine.record(rollout, action.seq, Outcome(Result.SUCCEEDED), world(500)), world(500)
        )
    assert rollout.analysis == SEEN


def test_what_was_seen_before_the_last_shift_is_not_kept() -> None:
    rollout = at_the_second_share()
    assert list(rollout.seen_before.values()) == [SEEN]
    for green in (500, 5000):
        rollout, _action = machine.decide(
            machine.record(rollout, rollout.seq, Outcome(Result.SUCCEEDED), world(green)), world(green)
        )
    assert (rollout.step.kind, rollout.seen_before) == (Kind.BAKE, {})
