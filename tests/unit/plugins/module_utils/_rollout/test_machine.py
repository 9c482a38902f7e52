# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Single decisions that the laws leave open."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._rollout import begin, commands, machine, moves
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import (
    RETIRING,
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
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.blue_green import BlueGreen
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.canary import Canary
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.interface import Strategy
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.stages import Stage

GOOD = Outcome(Result.SUCCEEDED)
UNWATCHED = BlueGreen(bake=0)


def world(now: float, green: int = 0) -> World:
    return World(now, {"lb1": Observed({"blue": 10000 - green, "green": green})})


def begun(options: Options, choices: Strategy = UNWATCHED) -> t.Tuple[Rollout, Action]:
    """A rollout from 1.0.0 on blue to 1.1.0 on green at second 0, and its first action."""
    wanted = begin.Delivery("r1", "app", "1.1.0", choices, options)
    opened = begin.begin_delivery(wanted, {"blue": {"b1": "1.0.0"}, "green": {"g1": None}}, world(0))
    assert isinstance(opened, Rollout)
    return machine.decide(opened, world(0))


SAVED = {"db-1": {"snapshot": "s1", "proven": {"how": "restore"}}}


def backed_up() -> t.Tuple[Rollout, Action]:
    """The same, of an app whose data is saved first."""
    wanted = begin.Delivery("r1", "app", "1.1.0", UNWATCHED, Options(), backup=True)
    opened = begin.begin_delivery(wanted, {"blue": {"b1": "1.0.0"}, "green": {"g1": None}}, world(0))
    assert isinstance(opened, Rollout)
    return machine.decide(opened, world(0))


def test_data_is_saved_before_anything_is_deployed_and_the_journal_knows_where() -> None:
    rollout, action = backed_up()
    assert action.kind is Kind.BACKUP
    rollout, action = machine.decide(
        machine.record(rollout, action.seq, Outcome(Result.SUCCEEDED, backups=SAVED), world(1)), world(1)
    )
    assert action.kind is Kind.DEPLOY
    assert rollout.backups == SAVED


def test_a_plan_that_begins_again_keeps_what_was_saved_before_its_first_deploy() -> None:
    """The release spoilt the data, its way back froze amid the deploy, and it is wanted after all."""
    rollout, action = backed_up()
    saved = machine.record(rollout, action.seq, Outcome(Result.SUCCEEDED, backups=SAVED), world(1))
    rollout, action = machine.decide(saved, world(1))
    deployed = machine.record(rollout, action.seq, GOOD, world(2))
    frozen = dataclasses.replace(deployed, status=Status.FROZEN, unwound=(RETIRING,), intent=None)
    again, action = machine.decide(commands.promote(frozen, world(3)), world(3))
    assert (action.kind, action.pool) == (Kind.DEPLOY, "green")
    assert again.backups == SAVED


def test_without_a_backup_nothing_is_deployed() -> None:
    rollout, action = backed_up()
    failed = Outcome(Result.FAILED, "db-1: the disk is full", backups=SAVED)
    rollout, action = machine.decide(machine.record(rollout, action.seq, failed, world(1)), world(1))
    assert (action.kind, rollout.status) == (Kind.END, Status.ROLLED_BACK)
    assert rollout.reason == "backup failed: db-1: the disk is full"
    assert rollout.backups == SAVED
    assert {entry.kind for entry in rollout.entries if entry.what == "intent"} == {"backup", "end"}


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


def to_the_gate(choices: BlueGreen) -> Rollout:
    rollout, action = begun(Options(), choices)
    while action.kind is not Kind.END:
        rollout, action = machine.decide(machine.record(rollout, action.seq, GOOD, world(1)), world(1))
    return rollout


@pytest.mark.parametrize(("full", "left"), [(False, ["shift", "bake", "drain"]), (True, ["shift", "drain"])])
def test_a_full_promotion_takes_what_would_judge_the_release_later_out_of_the_plan(
    full: bool, left: t.List[str]
) -> None:
    waiting = to_the_gate(BlueGreen(promotion_checks=True, gate=True, bake=60))
    promoted = commands.promote(waiting, world(2), full)
    assert [step.kind.value for step in promoted.steps[promoted.position :]] == left
    # what was done stays in the plan
    assert promoted.steps[: promoted.position] == waiting.steps[: promoted.position]


def test_a_full_promotion_still_asks_whether_the_instances_are_ready() -> None:
    rollout, _action = begun(Options(), BlueGreen(promotion_checks=True, gate=True, bake=60))
    paused = moves.pause(rollout, Pause.INCONCLUSIVE, "in doubt", world(1))
    promoted = commands.promote(paused, world(2), full=True)
    assert [(step.kind.value, step.checks) for step in promoted.steps] == [
        ("deploy", ""),
        ("validate", "ready"),
        ("shift", ""),
        ("drain", ""),
    ]


def test_a_promotion_after_the_abort_began_to_stop_the_new_pool_deploys_again() -> None:
    """A first release was turned round and stopped; then somebody gave it traffic, and it is wanted after all."""
    rollout, action = begun(Options(stop_on_abort=True))
    deployed = machine.record(rollout, action.seq, GOOD, world(1))
    aborting, action = machine.decide(moves.abort(deployed, "changed our mind", world(1)), world(1))
    assert (action.kind, action.pool) == (Kind.RETIRE, "green")
    moved = dataclasses.replace(aborting, status=Status.FROZEN, intent=None)
    _after, action = machine.decide(commands.promote(moved, world(2)), world(2))
    assert (action.kind, action.pool) == (Kind.DEPLOY, "green")


def baking(seconds: float, error_limit: int = 9) -> t.Tuple[Rollout, Action]:
    """All traffic on green since second 10, and the first action of its bake."""
    rollout, action = begun(Options(error_limit=error_limit), BlueGreen(bake=seconds))
    while action.kind is not Kind.BAKE:
        green = 10000 if action.kind is Kind.SHIFT or rollout.shifted else 0
        rollout, action = machine.decide(machine.record(rollout, action.seq, GOOD, world(10, green)), world(10, green))
    return rollout, action


def test_a_bake_that_nobody_could_watch_never_ends_well() -> None:
    rollout, action = baking(60)
    error = Outcome(Result.ERROR, "no resolver")
    for number in range(1, 10):
        now = world(10 + 30 * number, 10000)
        rollout, action = machine.decide(machine.record(rollout, action.seq, error, now), now)
        assert (action.kind, action.seconds, action.opens) == (Kind.BAKE, 30, True)
    now = world(400, 10000)
    assert machine.record(rollout, action.seq, error, now).pause is Pause.INCONCLUSIVE


def test_a_bake_before_promotion_is_watched_behind_the_preview_by_the_checks_that_promote() -> None:
    rollout, _action = begun(Options(), BlueGreen(preview=True, promotion_checks=True, promotion_bake=20))
    position = [step.kind for step in rollout.steps].index(Kind.BAKE)
    previewed = World(1.0, {"lb1": Observed({"blue": 10000, "green": 0}, "green")})
    there = dataclasses.replace(rollout, position=position, intent=None)
    _after, action = machine.decide(there, previewed)
    assert (action.kind, action.pool, action.seconds, action.checks) == (Kind.BAKE, "green", 20, "promotion")
    closed, _action = machine.decide(there, world(1))
    assert closed.pause is Pause.WORLD


def test_time_that_nobody_watched_is_made_up_for() -> None:
    rollout, action = baking(60)
    assert (action.seconds, action.opens, action.closes) == (30, True, False)
    rollout, action = machine.decide(machine.record(rollout, action.seq, GOOD, world(40, 10000)), world(40, 10000))
    assert (action.seconds, action.opens, action.closes) == (30, False, True)
    failed = machine.record(rollout, action.seq, Outcome(Result.ERROR, "no resolver"), world(75, 10000))
    rollout, action = machine.decide(failed, world(75, 10000))
    assert (action.kind, action.seconds) == (Kind.BAKE, 30)
    _after, action = machine.decide(machine.record(rollout, action.seq, GOOD, world(105, 10000)), world(105, 10000))
    assert action.kind is Kind.DRAIN


def test_a_preview_that_is_closed_on_the_way_back_is_drained() -> None:
    rollout, action = begun(Options(stop_on_abort=True), BlueGreen(preview=True, gate=True))
    previewed = World(1, {"lb1": Observed({"blue": 10000, "green": 0}, "green")})
    while action.kind is not Kind.END:
        seen = previewed if action.kind is Kind.SHIFT else world(1)
        rollout, action = machine.decide(machine.record(rollout, action.seq, GOOD, seen), seen)
    kinds = []
    rollout, action = machine.decide(commands.roll_back(rollout, previewed), previewed)
    while action.kind is not Kind.END:
        kinds.append(action.kind)
        rollout, action = machine.decide(machine.record(rollout, action.seq, GOOD, world(2)), world(2))
    assert kinds == [Kind.SHIFT, Kind.DRAIN, Kind.RETIRE]


def analysing(seconds: float) -> t.Tuple[Rollout, Action]:
    """5 % on green since second 10, and the first action of its analysis."""
    canary = Canary((Stage(share=500), Stage(analysis="errors", seconds=seconds), Stage(share=5000)), bake=0)
    rollout, action = begun(Options(), canary)
    while action.kind is not Kind.ANALYSE:
        green = 500 if action.kind is Kind.SHIFT or rollout.shifted else 0
        rollout, action = machine.decide(machine.record(rollout, action.seq, GOOD, world(10, green)), world(10, green))
    return rollout, action


def test_an_analysis_takes_as_many_actions_as_its_time_and_hands_on_what_it_saw() -> None:
    rollout, action = analysing(70)
    for number, seconds in ((1, 30), (2, 30), (3, 10)):
        assert (action.seconds, action.opens, action.closes) == (seconds, number == 1, number == 3)
        seen = Outcome(Result.SUCCEEDED, decided=number == 3, analysis={"looks": number})
        now = world(10 + min(70, 30 * number), 500)
        rollout = machine.record(rollout, action.seq, seen, now)
        if number < 3:
            assert rollout.analysis == {"looks": number}
        rollout, action = machine.decide(rollout, now)
    assert (action.kind, action.pool, action.checks) == (Kind.VALIDATE, "green", "ready")
    assert rollout.analysis is None


@pytest.mark.parametrize("seen", [None, {"looks": 2}])
def test_an_analysis_that_is_resumed_goes_on_with_all_that_it_has_seen(seen: t.Optional[t.Dict[str, int]]) -> None:
    """Whether it was left in doubt, or its run died: it is one and the same, and has one chance to be wrong."""
    rollout, action = analysing(60)
    part = Outcome(Result.SUCCEEDED, analysis={"looks": 1})
    rollout, action = machine.decide(machine.record(rollout, action.seq, part, world(40, 500)), world(40, 500))
    if seen is not None:
        doubt = Outcome(Result.INCONCLUSIVE, "in doubt", decided=True, analysis=seen)
        rollout = machine.record(rollout, action.seq, doubt, world(70, 500))
        assert rollout.pause is Pause.INCONCLUSIVE
    again, action = machine.decide(commands.resume(rollout, world(99, 500)), world(99, 500))
    assert (action.kind, action.opens, action.seconds) == (Kind.ANALYSE, True, 30)
    assert again.analysis == (seen or {"looks": 1})


def test_an_analysis_that_is_promoted_hands_nothing_to_the_next() -> None:
    rollout, action = analysing(600)
    doubt = Outcome(Result.INCONCLUSIVE, "in doubt", decided=True, analysis={"looks": 1})
    paused = machine.record(rollout, action.seq, doubt, world(15, 500))
    assert paused.analysis == {"looks": 1}
    assert commands.promote(paused, world(20, 500)).analysis is None


@pytest.mark.parametrize("overhead", [0.0, 3.0, 10.0, 31.0])
@pytest.mark.parametrize("seconds", [0.0, 30.0, 32.0, 60.0, 300.0])
def test_an_analysis_that_has_not_decided_never_lets_the_release_go_on(seconds: float, overhead: float) -> None:
    """However long its parts take, the last is asked for the verdict; without one it is an error, and in the end a pause."""
    rollout, action = analysing(seconds)
    now, closing = 10.0, 0
    while action.kind is Kind.ANALYSE:
        closing += action.closes
        now += action.seconds + overhead
        here = world(now, 500)
        rollout, action = machine.decide(machine.record(rollout, action.seq, GOOD, here), here)
    assert (action.kind, rollout.pause, closing) == (Kind.END, Pause.INCONCLUSIVE, 5)


def test_an_analysis_that_has_decided_does_not_wait() -> None:
    rollout, action = analysing(600)
    decided = machine.record(rollout, action.seq, Outcome(Result.SUCCEEDED, decided=True), world(15, 500))
    _after, action = machine.decide(decided, world(15, 500))
    assert (action.kind, action.pool) == (Kind.VALIDATE, "green")


@pytest.mark.parametrize(
    ("result", "status"),
    [(Result.FAILED, Status.ABORTING), (Result.INCONCLUSIVE, Status.PAUSED), (Result.ERROR, Status.RUNNING)],
)
def test_a_verdict_turns_round_or_pauses_and_an_error_does_neither(result: Result, status: Status) -> None:
    rollout, action = analysing(600)
    assert machine.record(rollout, action.seq, Outcome(result, "so it is"), world(15, 500)).status is status


def test_a_full_promotion_of_a_canary_goes_to_all_at_once() -> None:
    rollout, action = analysing(600)
    paused = machine.record(rollout, action.seq, Outcome(Result.INCONCLUSIVE, "in doubt"), world(15, 500))
    promoted = commands.promote(paused, world(20, 500), full=True)
    ahead = promoted.steps[promoted.position :]
    assert [(step.kind, (step.shares or {}).get("green")) for step in ahead] == [
        (Kind.SHIFT, 10000),
        (Kind.DRAIN, None),
    ]
