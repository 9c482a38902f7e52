# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An analysis of a step and that in the background, beside each other: each is told what it found itself."""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._rollout import machine, words
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.document import dump_rollout, load_rollout
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import (
    Action,
    Kind,
    Observed,
    Options,
    Rollout,
    World,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.reports import judge, parse_report
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.canary import Canary
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.interface import Pools
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.stages import Stage
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.timeline import timeline

STAGES = (Stage(share=500), Stage(analysis="speed", seconds=60))


def metrics(name: str, verdict: t.Optional[str], at: float) -> t.Dict[str, t.Any]:
    """What the module returns of a metric."""
    point = {"at": at, "baseline": 0.1, "canary": 0.2, "estimate": 2.0, "lower": 1.0, "upper": 3.0}
    return {name: {"verdict": verdict, "reason": name + " as it is", "trace": [point]}}


def after(*parts: t.Tuple[t.Optional[str], t.Optional[str]]) -> t.Tuple[Rollout, Action]:
    """The rollout after parts of its analysis in each of which the step and the background came to these verdicts."""
    steps = Canary(STAGES, bake=0, background="errors").plan(Pools("blue", "green", "1.0"), Options())
    here = World(5.0, {"lb1": Observed({"blue": 9500, "green": 500})})
    position = next(index for index, step in enumerate(steps) if step.kind is Kind.ANALYSE)
    begun = Rollout("r1", "app", "canary", "blue", "green", "1.0", "1.1", steps, 0.0, 0.0, position=position)
    rollout, action = machine.decide(begun, here)
    for number, (own, along) in enumerate(parts, start=1):
        now = 5.0 + 20 * number
        told = {
            "seq": action.seq,
            "result": "failed" if "failed" in (own, along) else "succeeded",
            "decided": own is not None,
            "verdict": own,
            "analysis": {"looks": number},
            "metrics": metrics("latency", own, now),
            "background": {"looks": number},
            "background_verdict": along,
            "background_metrics": metrics("ratio", along, now),
        }
        outcome = judge(action, ["lb1"], {"lb1": parse_report("lb1", told, now)})
        here = World(now, here.splits)
        rollout, action = machine.decide(machine.record(rollout, action.seq, outcome, here), here)
    return load_rollout(dump_rollout(rollout), "journal"), action


def test_the_one_that_failed_is_told_to_have_failed_and_the_other_to_be_open() -> None:
    rollout, _action = after((None, "failed"))
    assert [(one.analysis, one.background, one.verdict) for one in rollout.judged] == [
        ("speed", False, None),
        ("errors", True, "failed"),
    ]
    assert [[metric.name for metric in one.metrics] for one in rollout.judged] == [["latency"], ["ratio"]]


def test_the_picture_marks_the_one_that_failed_and_has_the_courses_of_both() -> None:
    drawn = timeline(after((None, "failed"))[0])
    assert [mark.label for mark in drawn.marks if "failed" in mark.label] == ["errors (background) failed"]
    assert [course.name for course in drawn.courses] == ["latency", "ratio (background)"]


def test_each_has_one_course_over_all_parts_though_they_alternate() -> None:
    rollout, _action = after((None, None), (None, None), ("successful", None))
    assert [(one.analysis, one.verdict) for one in rollout.judged] == [("speed", "successful"), ("errors", None)]
    courses = [[point.at for metric in one.metrics for point in metric.trace] for one in rollout.judged]
    assert courses == [[25.0, 45.0, 65.0]] * 2


def test_both_are_said_how_they_stand() -> None:
    said = words.progress(*after((None, None)))
    assert "so far: latency: latency as it is" in said
    assert "so far, in the background: ratio: ratio as it is" in said


def test_health_that_fails_is_no_verdict_of_an_analysis_that_is_open() -> None:
    rollout, _action = after((None, None))
    told = {
        "seq": rollout.intent.seq,
        "result": "failed",
        "reason": "green-1 is down",
        "metrics": metrics("latency", None, 30.0),
    }
    outcome = judge(rollout.intent, ["lb1"], {"lb1": parse_report("lb1", told, 30.0)})
    here = World(30.0, {"lb1": Observed({"blue": 9500, "green": 500})})
    failed = machine.record(rollout, rollout.intent.seq, outcome, here)
    assert [one.verdict for one in failed.judged if not one.background] == [None]
