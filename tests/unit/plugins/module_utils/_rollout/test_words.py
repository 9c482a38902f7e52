# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person reads while a rollout goes on."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._rollout import machine, words
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
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.observations import MetricSeen
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.canary import Canary
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.interface import Pools
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.stages import Stage

STAGES = (Stage(share=500), Stage(analysis="health", seconds=60), Stage(share=2500), Stage(gate=True))
OPEN = MetricSeen(
    "errors", None, "not decided yet: 1.20 × (0.50 × to 2.90 × at 95 %), 425 and 425 samples", e_value=0.31
)
WITHIN = MetricSeen("errors", "successful", "within 1.5 × the baseline (p ≤ 0.04): 0.98 ×", e_value=0.02)
WORSE = MetricSeen("errors", "failed", "worse than 1.5 × the baseline (p ≤ 0.02): 3.10 ×", e_value=44.4)


def world(green: int, now: float = 0.0) -> World:
    return World(now, {"lb1": Observed({"blue": 10000 - green, "green": green})})


def begun() -> t.Tuple[Rollout, Action]:
    steps = Canary(STAGES, bake=30).plan(Pools("blue", "green", "1.0.0"), Options())
    rollout = Rollout("r1", "shop", "canary", "blue", "green", "1.0", "1.1", steps, 0.0, 0.0)
    return machine.decide(rollout, world(0))


def until(kind: Kind, *outcomes: Outcome) -> t.Tuple[Rollout, Action]:
    """The first action of *kind* after *outcomes* of the analyses, all else having gone well."""
    rollout, action = begun()
    left, share = list(outcomes), 0
    while action.kind is not kind or left:
        share = (action.shares or {}).get("green", share)
        outcome = left.pop(0) if action.kind is Kind.ANALYSE and left else Outcome(Result.SUCCEEDED)
        rollout, action = machine.decide(machine.record(rollout, action.seq, outcome, world(share)), world(share))
    return rollout, action


def part(result: Result, decided: bool, *metrics: MetricSeen) -> Outcome:
    return Outcome(result, "", decided, {"schema": 1}, metrics=metrics)


def test_each_step_says_where_it_is_how_traffic_is_split_and_what_comes_after_it() -> None:
    assert words.progress(*until(Kind.SHIFT)) == [
        "shop 1.0 → 1.1 [3/9] shift blue 95 %, green 5 %",
        "split: blue 100 %, green 0 %",
        "then: [4/9] analyse health",
    ]


def test_an_analysis_says_how_it_stands_from_part_to_part() -> None:
    assert words.progress(*until(Kind.ANALYSE, part(Result.SUCCEEDED, False, OPEN))) == [
        "shop 1.0 → 1.1 [4/9] analyse green (health) for up to 30 s",
        "split: blue 95 %, green 5 %",
        "so far: errors: not decided yet: 1.20 × (0.50 × to 2.90 × at 95 %), 425 and 425 samples; e-value 0.31",
        "then: [5/9] shift green to 25 %",
    ]


def test_a_verdict_is_said_with_its_numbers_until_there_is_another() -> None:
    rollout, action = until(Kind.VALIDATE, part(Result.SUCCEEDED, True, WITHIN))
    assert words.progress(rollout, action) == [
        "shop 1.0 → 1.1 [5/9] validate green (ready checks)",
        "split: blue 95 %, green 5 %",
        "verdict: errors successful: within 1.5 × the baseline (p ≤ 0.04): 0.98 ×; e-value 0.02",
        "then: [5/9] shift green to 25 %",
    ]


def test_the_way_back_says_why() -> None:
    failed = dataclasses.replace(part(Result.FAILED, True, WORSE, WITHIN), reason="errors: " + WORSE.reason)
    assert words.progress(*until(Kind.VALIDATE, failed)) == [
        "shop 1.0 → 1.1 [4/9] back: validate blue (ready checks)",
        "split: blue 95 %, green 5 %",
        "verdict: errors successful: within 1.5 × the baseline (p ≤ 0.04): 0.98 ×; e-value 0.02",
        "why: analyse failed: errors: worse than 1.5 × the baseline (p ≤ 0.02): 3.10 ×",
    ]


def test_a_run_that_ends_at_a_gate_says_what_a_person_does_next_and_nothing_comes_by_itself() -> None:
    lines = words.progress(*until(Kind.END, part(Result.SUCCEEDED, True, WITHIN)))
    assert lines[0] == (
        "shop 1.0 → 1.1 paused: waiting for promotion. Go on with the promote playbook, or back with the rollback playbook."
    )
    assert lines[1] == "split: blue 75 %, green 25 %"
    assert not [line for line in lines if line.startswith("then:")]


def test_balancers_that_cannot_be_read_are_no_split() -> None:
    rollout, action = begun()
    lost = World(1.0, {"lb1": None})
    assert "split: no balancer can be read" in words.progress(*machine.decide(rollout.seeing(lost), lost))
    assert action.kind is Kind.DEPLOY


def test_the_last_step_is_followed_by_the_end() -> None:
    rollout, action = begun()
    last = dataclasses.replace(rollout, position=len(rollout.steps) - 1)
    assert rollout.steps[-1].kind is Kind.DRAIN
    assert words.progress(last, dataclasses.replace(action, kind=Kind.DRAIN, pool="blue"))[-1] == "then: the end"


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        (MetricSeen("errors"), "errors"),
        (MetricSeen("errors", "failed", "3 failed", dry_run=True), "errors failed, which does not count: 3 failed"),
    ],
)
def test_a_metric_is_said_by_what_is_known_of_it(metric: MetricSeen, said: str) -> None:
    assert words.judgement(metric) == said


def test_every_step_of_a_plan_has_a_label_of_its_own() -> None:
    rollout, _action = begun()
    assert [words.label(step) for step in rollout.steps] == [
        "deploy green",
        "validate green (ready checks)",
        "shift green to 5 %",
        "analyse health",
        "shift green to 25 %",
        "wait for promotion",
        "shift green to 100 %",
        "bake green for 30 s",
        "drain blue",
    ]


def test_an_analysis_whose_time_is_over_is_asked_for_its_verdict() -> None:
    asked = Action(7, Kind.ANALYSE, "green", analysis="health", seconds=0.0)
    assert words.describe(asked) == "analyse green (health) to its verdict"


def test_a_run_that_changed_nothing_says_only_that() -> None:
    unchanged = Action(0, Kind.END, result="unchanged", reason="1.1 serves already")
    assert words.progress(None, unchanged) == ["unchanged: 1.1 serves already"]
