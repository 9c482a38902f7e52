# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of a canary that is under way by somebody without its lock."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._rollout import begin, machine, operator_requests
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


def under_way(
    kind: Kind, stages: t.Sequence[Stage] = STAGES, such: t.Callable[[Action], bool] = lambda _action: True
) -> t.Tuple[Rollout, Action, World]:
    """The canary at its first action of *kind* that is *such* a one."""
    wanted = begin.Delivery("r1", "app", "1.1.0", Canary(tuple(stages), bake=60), Options())
    opened = begin.begin_delivery(wanted, {"blue": {"b1": "1.0.0"}, "green": {"g1": None}}, world(0))
    assert isinstance(opened, Rollout)
    seen = world(0)
    rollout, action = machine.decide(opened, seen)
    while action.kind is not kind or not such(action):
        seen = world((action.shares or {}).get("green", seen.highest_share("green")), seen.now + action.seconds)
        rollout, action = machine.decide(machine.record(rollout, action.seq, GOOD, seen), seen)
    return rollout, action, seen


def asked(what: str, kind: Kind) -> t.Tuple[Rollout, Action]:
    """What comes after the action of *kind*, in which *what* was asked."""
    rollout, action, seen = under_way(kind)
    rollout = operator_requests.ask(rollout, what, "", seen.now)
    return machine.decide(machine.record(rollout, action.seq, GOOD, seen), seen)


def noted(rollout: Rollout) -> t.List[t.Tuple[str, str]]:
    return [(entry.what, entry.text) for entry in rollout.entries]


def test_a_pause_of_an_hour_is_skipped() -> None:
    rollout, action = asked("skip", Kind.BAKE)
    assert (action.kind, (action.shares or {})["green"]) == (Kind.SHIFT, 2500)
    assert rollout.request is None
    assert ("skip", "an operator asked to skip bake") in noted(rollout)


def test_whoever_could_not_be_looked_at_before_the_skip_is_looked_at_after_it() -> None:
    rollout, action, seen = under_way(Kind.BAKE)
    rollout = operator_requests.ask(rollout, "skip", "", seen.now)
    rollout, action = machine.decide(
        machine.record(rollout, action.seq, Outcome(Result.ERROR, "no answer"), seen), seen
    )
    assert (action.kind, action.pool) == (Kind.VALIDATE, "green")


def test_what_neither_watches_nor_waits_is_not_skipped() -> None:
    rollout, action = asked("skip", Kind.SHIFT)
    assert (action.kind, rollout.position) == (Kind.SHIFT, 2)
    assert ("refused", "there is nothing to skip at step shift") in noted(rollout)


def test_a_step_that_is_over_when_it_is_heard_is_not_skipped_nor_is_the_gate_after_it() -> None:
    rollout, action = asked("skip", Kind.ANALYSE)
    assert (rollout.status, rollout.pause) == (Status.PAUSED, Pause.GATE)
    assert action.kind is Kind.END
    assert ("refused", "step analyse, which was to be skipped, is over") in noted(rollout)


@pytest.mark.parametrize("stage", [Stage(pause=3600), Stage(analysis="latency", seconds=600)])
@pytest.mark.parametrize("asked_in", [Stage(analysis="errors", seconds=60), Stage(health="deep")])
def test_what_comes_after_the_step_in_which_it_was_asked_is_watched_whole(asked_in: Stage, stage: Stage) -> None:
    kind = Kind.ANALYSE if asked_in.analysis else Kind.VALIDATE
    rollout, action, seen = under_way(kind, (Stage(share=500), asked_in, stage), lambda a: a.checks != "ready")
    rollout = operator_requests.ask(rollout, "skip", "", seen.now)
    rollout, action = machine.decide(machine.record(rollout, action.seq, GOOD, seen), seen)
    assert rollout.step is not None
    assert (action.seconds, action.opens) == (30, True)
    assert rollout.step.seconds == (stage.pause or stage.seconds)


def test_a_skip_without_a_step_is_from_an_older_journal_and_means_the_present_one() -> None:
    rollout, action, seen = under_way(Kind.BAKE)
    old = dataclasses.replace(rollout, request="skip")
    rollout, action = machine.decide(machine.record(old, action.seq, GOOD, seen), seen)
    assert action.kind is Kind.SHIFT


@pytest.mark.parametrize(
    ("first", "then", "heard"),
    [
        ("rollback", "pause", "rollback"),
        ("rollback", "skip_all", "rollback"),
        ("pause", "skip", "pause"),
        ("skip", "skip_all", "skip_all"),
        ("skip_all", "skip", "skip_all"),
        ("skip", "pause", "pause"),
        ("pause", "rollback", "rollback"),
    ],
)
@pytest.mark.parametrize("by", ["", "a waiting run"])
def test_of_two_requests_the_more_careful_is_heard(first: str, then: str, heard: str, by: str) -> None:
    rollout, _action, seen = under_way(Kind.BAKE)
    one = operator_requests.ask(rollout, first, "", seen.now)
    both = operator_requests.ask(one, then, by, seen.now)
    assert both.request == heard
    said = "{0} was asked for after {1}, which comes first".format(then, first)
    # A run that waits asks twice a second, which is not to fill the journal.
    assert (("refused", said) in noted(both)) == (heard == first and not by)


def test_a_run_takes_back_only_what_it_asked_itself() -> None:
    rollout, _action, seen = under_way(Kind.BAKE)
    asked_by_a = operator_requests.ask(rollout, "pause", "a", seen.now)
    assert operator_requests.withdraw(asked_by_a, "b", seen.now) == asked_by_a
    assert operator_requests.withdraw(asked_by_a, "a", seen.now).request is None
    wanted_too = operator_requests.ask(asked_by_a, "pause", "", seen.now)
    assert operator_requests.withdraw(wanted_too, "a", seen.now).request == "pause"


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
