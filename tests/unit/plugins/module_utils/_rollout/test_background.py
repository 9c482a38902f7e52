# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An analysis that goes on from the first share to the last, beside pauses and analyses of their own."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._rollout import begin, commands, machine
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
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.interface import Pools
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.stages import Stage

FIVE, QUARTER, PAUSE = Stage(share=500), Stage(share=2500), Stage(pause=40)
JUDGED = Stage(analysis="latency", seconds=20)
Seen = t.List[t.Tuple[Kind, float, bool, t.Optional[t.Mapping[str, t.Any]]]]


def world(now: float, green: int) -> World:
    return World(now, {"lb1": Observed({"blue": 10000 - green, "green": green})})


def carried_on(stages: t.Sequence[Stage], looks: t.Iterable[Outcome]) -> t.Tuple[Rollout, Action, Seen]:
    """The rollout after *looks*, one for each action that has the background with it, and what those actions were."""
    wanted = begin.Delivery("r1", "app", "1.1.0", Canary(tuple(stages), bake=0, background="errors"), Options())
    opened = begin.begin_delivery(wanted, {"blue": {"b1": "1.0.0"}, "green": {"g1": None}}, world(0, 0))
    assert isinstance(opened, Rollout)
    now, green, seen = 0.0, 0, []
    left = iter(looks)
    rollout, action = machine.decide(opened, world(now, green))
    while action.kind is not Kind.END:
        outcome = Outcome(Result.SUCCEEDED, decided=action.closes)
        if action.background:
            seen.append((action.kind, action.seconds, action.ends_background, rollout.background))
            outcome = next(left, outcome)
        now, green = now + action.seconds, (action.shares or {}).get("green", green)
        here = world(now, green)
        rollout, action = machine.decide(machine.record(rollout, action.seq, outcome, here), here)
    return rollout, action, seen


def looked(number: int, result: Result = Result.SUCCEEDED, decided: bool = False) -> Outcome:
    return Outcome(result, "look {0}".format(number), decided=decided, background={"looks": number})


def test_it_takes_part_in_each_look_and_hands_on_what_it_saw() -> None:
    looks = [looked(1), looked(2), looked(3, decided=True), looked(4), looked(5)]
    rollout, _action, seen = carried_on([FIVE, PAUSE, JUDGED, QUARTER, PAUSE], looks)
    assert seen == [
        (Kind.BAKE, 30, False, None),
        (Kind.BAKE, 10, False, {"looks": 1}),
        (Kind.ANALYSE, 20, False, {"looks": 2}),
        (Kind.BAKE, 30, False, {"looks": 3}),
        (Kind.BAKE, 10, True, {"looks": 4}),
    ]
    assert rollout.status is Status.SUCCEEDED


def test_it_has_no_part_where_there_is_no_traffic_to_look_at() -> None:
    steps = Canary((Stage(pause=5), FIVE, PAUSE), background="errors").plan(Pools("blue", "green", "1.0.0"), Options())
    assert [step.background for step in steps if step.kind is Kind.BAKE] == ["", "errors", ""]


@pytest.mark.parametrize(
    ("result", "status", "pause"),
    [(Result.FAILED, Status.ROLLED_BACK, None), (Result.INCONCLUSIVE, Status.PAUSED, Pause.INCONCLUSIVE)],
)
def test_its_verdict_counts_at_whichever_step_it_comes(
    result: Result, status: Status, pause: t.Optional[Pause]
) -> None:
    rollout, _action, seen = carried_on([FIVE, PAUSE, QUARTER, PAUSE], [looked(1), looked(2, result)])
    assert (len(seen), rollout.status, rollout.pause) == (2, status, pause)
    assert "look 2" in rollout.reason


def test_what_a_person_has_accepted_is_not_doubted_again_by_the_same_looks() -> None:
    doubtful, _action, _seen = carried_on([FIVE, PAUSE], [looked(1), looked(2, Result.INCONCLUSIVE)])
    assert doubtful.background == {"looks": 2}
    assert commands.promote(doubtful, world(100, 500)).background is None
    assert commands.resume(doubtful, world(100, 500)).background == {"looks": 2}


def test_the_time_in_which_it_could_not_look_is_made_up_for() -> None:
    errors = [Outcome(Result.ERROR, "no provider"), looked(1), looked(2)]
    _rollout, _action, seen = carried_on([FIVE, PAUSE], errors)
    assert [seconds for _kind, seconds, _ends, _state in seen] == [30, 30, 10]


@pytest.mark.parametrize("stages", [(FIVE,), (FIVE, Stage(gate=True)), (PAUSE, FIVE), (FIVE, Stage(pause=0))])
def test_one_that_never_has_time_to_look_is_refused(stages: t.Tuple[Stage, ...]) -> None:
    with pytest.raises(InvalidOption, match="background: there is no pause of some seconds and no analysis"):
        Canary(stages, background="errors")
