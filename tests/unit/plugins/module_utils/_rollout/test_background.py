# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An analysis that goes on from the first share to the last, beside pauses and analyses of their own."""

from __future__ import annotations

import dataclasses
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


def opened(stages: t.Sequence[Stage]) -> t.Tuple[Rollout, Action]:
    """A rollout of *stages* with its first action."""
    wanted = begin.Delivery("r1", "app", "1.1.0", Canary(tuple(stages), bake=0, background="errors"), Options())
    begun = begin.begin_delivery(wanted, {"blue": {"b1": "1.0.0"}, "green": {"g1": None}}, world(0, 0))
    assert isinstance(begun, Rollout)
    return machine.decide(begun, world(0, 0))


def went_well(rollout: Rollout, action: Action, outcome: t.Optional[Outcome] = None) -> t.Tuple[Rollout, Action]:
    """The rollout after *action*, and what is next."""
    before = rollout.splits_seen[-1]
    green = (action.shares or {}).get("green", before.shares.get("green", 0))
    here = world(before.at + 1000 * rollout.seq, green)
    done = outcome or Outcome(Result.SUCCEEDED, decided=action.closes)
    return machine.decide(machine.record(rollout, action.seq, done, here), here)


def carried_on(
    stages: t.Sequence[Stage], looks: t.Iterable[Outcome], overhead: float = 0.0
) -> t.Tuple[Rollout, Action, Seen]:
    """The rollout after *looks*, one for each action that has the background with it, and what those actions were.

    :param overhead: seconds that each action takes beside what it is to
    """
    now, green, seen = 0.0, 0, []
    left = iter(looks)
    rollout, action = opened(stages)
    while action.kind is not Kind.END:
        outcome = Outcome(Result.SUCCEEDED, decided=action.closes)
        if action.background:
            seen.append((action.kind, action.seconds, action.ends_background, rollout.background))
            outcome = next(left, outcome)
        now, green = now + action.seconds + overhead, (action.shares or {}).get("green", green)
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


@pytest.mark.parametrize("seconds", [35, 70, 900, 1800])
@pytest.mark.parametrize("overhead", [0.0, 3.0, 6.0, 29.0])
def test_it_is_asked_for_its_verdict_however_long_each_turn_takes(seconds: float, overhead: float) -> None:
    _rollout, action, seen = carried_on([FIVE, Stage(pause=seconds)], [], overhead)
    assert action.result == "succeeded"
    assert [ends for _kind, _seconds, ends, _state in seen] == [False] * (len(seen) - 1) + [True]


def test_it_is_asked_for_its_verdict_where_the_last_analysis_is_decided_early() -> None:
    early = dataclasses.replace(looked(2), decided=True)
    rollout, _action, seen = carried_on(
        [FIVE, PAUSE, Stage(analysis="latency", seconds=300)], [looked(1), looked(1), early]
    )
    assert [(kind, seconds, ends) for kind, seconds, ends, _state in seen][2:] == [
        (Kind.ANALYSE, 30, False),
        (Kind.BAKE, 0, True),
    ]
    assert rollout.status is Status.SUCCEEDED


@pytest.mark.parametrize(
    ("result", "status"), [(Result.FAILED, Status.ROLLED_BACK), (Result.INCONCLUSIVE, Status.PAUSED)]
)
def test_that_verdict_counts_before_anything_more_is_given_to_the_release(result: Result, status: Status) -> None:
    early = dataclasses.replace(looked(1), decided=True)
    stages = [FIVE, Stage(analysis="latency", seconds=300), QUARTER]
    rollout, _action, seen = carried_on(stages, [early, looked(2, result)])
    assert (len(seen), rollout.status) == (2, status)
    assert max(split.shares.get("green", 0) for split in rollout.splits_seen) == 500


def test_it_is_asked_for_its_verdict_where_somebody_skips_the_last_pause() -> None:
    rollout, action = opened([FIVE, Stage(pause=900)])
    while not action.background:
        rollout, action = went_well(rollout, action)
    rollout, action = went_well(dataclasses.replace(rollout, request="skip"), action)
    assert (action.kind, action.seconds, action.ends_background) == (Kind.BAKE, 0, True)
    _rollout, action = went_well(rollout, action)
    assert (action.kind, (action.shares or {}).get("green")) == (Kind.VALIDATE, None)


def test_nobody_is_asked_who_is_to_go_on_without_verdicts() -> None:
    rollout, action = opened([FIVE, Stage(pause=900)])
    while not action.background:
        rollout, action = went_well(rollout, action)
    rollout, action = went_well(dataclasses.replace(rollout, request="skip_all"), action)
    assert (action.kind, rollout.background_open) == (Kind.VALIDATE, False)


def test_it_is_heard_after_a_person_has_accepted_what_the_step_found_itself() -> None:
    """The step's own analysis was in doubt before its time was over, so nobody had asked the background yet."""
    doubt = dataclasses.replace(looked(1, Result.INCONCLUSIVE), decided=True)
    rollout, _action, _seen = carried_on([FIVE, Stage(analysis="latency", seconds=300)], [doubt])
    rollout, action = machine.decide(commands.promote(rollout, world(100, 500)), world(100, 500))
    assert (action.kind, action.ends_background, action.analysis) == (Kind.BAKE, True, "")
    silent = machine.record(rollout, action.seq, looked(2, Result.INCONCLUSIVE), world(100, 500))
    _rollout, action = machine.decide(commands.promote(silent, world(100, 500)), world(100, 500))
    assert action.kind is Kind.VALIDATE


def test_a_run_that_dies_before_it_is_heard_asks_it_again() -> None:
    early = dataclasses.replace(looked(1), decided=True)
    rollout, action = opened([FIVE, Stage(analysis="latency", seconds=300)])
    while not action.ends_background:
        rollout, action = went_well(rollout, action, early)
    _rollout, again = machine.decide(commands.resume(rollout, world(100, 500)), world(100, 500))
    assert (again.kind, again.ends_background) == (Kind.BAKE, True)


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
    doubt = dataclasses.replace(looked(2, Result.INCONCLUSIVE), background={"looks": 2, "ended": True})
    doubtful, _action, _seen = carried_on([FIVE, PAUSE], [looked(1), doubt])
    assert commands.promote(doubtful, world(100, 500)).background is None
    assert commands.resume(doubtful, world(100, 500)).background == {"looks": 2, "ended": True}


@pytest.mark.parametrize("result", [Result.INCONCLUSIVE, Result.ERROR])
def test_what_was_not_doubtful_keeps_its_evidence_when_a_person_accepts_something_else(result: Result) -> None:
    """The step's own analysis was in doubt, or the checks could not be made; begun anew, the background could be wrong twice."""
    paused, _action, _seen = carried_on([FIVE, JUDGED, PAUSE], [looked(1, result)] * 9)
    seen = None if result is Result.ERROR else {"looks": 1}
    assert (paused.pause, paused.background) == (Pause.INCONCLUSIVE, seen)
    kept = dataclasses.replace(paused, background={"looks": 7, "ended": False})
    assert commands.promote(kept, world(100, 500)).background == {"looks": 7, "ended": False}


def test_the_time_in_which_it_could_not_look_is_made_up_for() -> None:
    errors = [Outcome(Result.ERROR, "no provider"), looked(1), looked(2)]
    _rollout, _action, seen = carried_on([FIVE, PAUSE], errors)
    assert [seconds for _kind, seconds, _ends, _state in seen] == [30, 30, 10]


@pytest.mark.parametrize("stages", [(FIVE,), (FIVE, Stage(gate=True)), (PAUSE, FIVE), (FIVE, Stage(pause=0))])
def test_one_that_never_has_time_to_look_is_refused(stages: t.Tuple[Stage, ...]) -> None:
    with pytest.raises(InvalidOption, match="background: there is no pause of some seconds and no analysis"):
        Canary(stages, background="errors")
