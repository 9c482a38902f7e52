# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a journal to what went on when."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._rollout import document
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import (
    Kind,
    Outcome,
    Result,
    Rollout,
    Status,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.observations import SplitSeen
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.stages import Stage
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.timeline import Tone, timeline
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._rollout.deliveries import (
    BEGIN,
    Delivery,
    promoted_next_day,
    taken_back,
)

HERE = pathlib.Path(__file__).parent


def spans_of(rollout: Rollout) -> t.List[t.Tuple[float, float, str]]:
    return [(span.since - BEGIN, span.until - BEGIN, span.label) for span in timeline(rollout).spans]


def marks_of(rollout: Rollout) -> t.List[t.Tuple[float, str, Tone]]:
    return [(mark.at - BEGIN, mark.label, mark.tone) for mark in timeline(rollout).marks]


def test_the_actions_of_a_step_are_one_span_and_each_on_the_way_back_is_one_of_its_own() -> None:
    assert spans_of(taken_back()) == [
        (0, 20, "deploy green"),
        (20, 25, "validate green (ready checks)"),
        (25, 27, "shift green to 5 %"),
        (27, 87, "analyse health"),
        (87, 92, "validate blue (ready checks)"),
        (92, 94, "shift blue 100 %, green 0 %"),
        (94, 100, "drain green"),
    ]
    assert [span.back for span in timeline(taken_back()).spans] == [False] * 4 + [True] * 3


def test_the_check_before_a_shift_belongs_to_the_shift() -> None:
    """After an analysis nobody vouches for the pool, so it is checked before it gets more."""
    last = timeline(promoted_next_day()).spans[-5:]
    assert [span.label for span in last] == [
        "analyse health",
        "shift green to 50 %",
        "shift green to 100 %",
        "bake green for 30 s",
        "drain blue",
    ]
    assert last[1].until - last[1].since == 7


def test_a_verdict_is_marked_before_what_followed_from_it() -> None:
    assert marks_of(taken_back()) == [
        (87, "health failed", Tone.BAD),
        (87, "turned back", Tone.BAD),
        (100, "rolled back", Tone.BAD),
    ]
    assert timeline(taken_back()).marks[0].text == "errors failed: as it is; e-value 0.5"


def test_a_gate_its_promotion_and_the_end_are_marked_and_the_night_between_is_cut_out() -> None:
    rollout = promoted_next_day()
    assert [label for _at, label, _tone in marks_of(rollout)] == ["health successful", "paused", "promote", "succeeded"]
    course = timeline(rollout)
    assert [(cut.since - BEGIN, cut.until - BEGIN) for cut in course.axis.cuts] == [(57, 50_057)]
    assert course.axis.length < 200


def test_the_shares_are_those_that_the_balancers_carried_out() -> None:
    splits = timeline(taken_back()).splits
    assert [(split.at - BEGIN, split.shares["green"]) for split in splits] == [(0, 0), (27, 500), (94, 0)]


def test_a_metric_has_its_course_and_its_margin_in_each_analysis() -> None:
    (course,) = timeline(taken_back()).courses
    (trace,) = course.traces
    assert [point.at - BEGIN for point in trace] == [37, 47, 57, 67, 77, 87]
    assert [point.canary for point in trace] == [0.02] * 3 + [0.03] * 3
    assert course.margins == ((BEGIN + 27, BEGIN + 87, 1.5),)
    assert course.has("baseline")
    assert not course.has("upper")


def test_a_metric_that_is_asked_for_at_several_steps_is_one_with_several_courses() -> None:
    stages = (Stage(share=500), Stage(analysis="health", seconds=60), Stage(share=5000), Stage(analysis="health"))
    course = Delivery(stages)
    for _number in range(2):
        course.until(Kind.ANALYSE)
        course.analyse("successful")
    (metric,) = timeline(course.rollout).courses
    assert [len(trace) for trace in metric.traces] == [3, 3]


def test_a_run_that_died_is_marked_where_the_next_one_found_it() -> None:
    course = Delivery()
    course.until(Kind.SHIFT)
    course.wait(1000)
    course.resume()
    course.until(Kind.END)
    assert [(at, label) for at, label, _tone in marks_of(course.rollout)][:2] == [(1025, "run died"), (1025, "resume")]
    assert [(cut.since - BEGIN, cut.until - BEGIN) for cut in timeline(course.rollout).axis.cuts] == [(25, 1025)]


def test_checks_that_could_not_be_made_are_marked() -> None:
    course = Delivery()
    course.until(Kind.ANALYSE)
    course.report(Outcome(Result.ERROR, "no route"))
    assert (Tone.ERROR, "not checked") in [(tone, label) for _at, label, tone in marks_of(course.rollout)]
    assert "analyse: error: no route" in [mark.text for mark in timeline(course.rollout).marks]


def test_what_a_person_asked_for_is_marked() -> None:
    course = Delivery()
    asked = dataclasses.replace(course.rollout, request="pause").noting(BEGIN + 3, "request", "pause")
    assert marks_of(asked) == [(3, "pause asked for", Tone.NEUTRAL)]
    asked = dataclasses.replace(course.rollout, request="skip_all").noting(BEGIN + 3, "request", "skip_all")
    assert marks_of(asked) == [(3, "skip all asked for", Tone.NEUTRAL)]


def test_what_was_skipped_and_what_was_superseded_is_marked() -> None:
    course = Delivery()
    course.rollout = course.rollout.noting(BEGIN, "supersede", "r0")
    course.until(Kind.ANALYSE)
    course.rollout = dataclasses.replace(course.rollout, request="skip")
    course.report(Outcome(Result.SUCCEEDED, "", decided=False), took=30)
    marks = timeline(course.rollout).marks
    assert [(mark.at - BEGIN, mark.label, mark.text) for mark in marks][:2] == [
        (0, "superseded another", "superseded another: r0"),
        (57, "skipped", "skipped: an operator asked to skip analyse"),
    ]


def test_a_clock_that_was_set_back_makes_no_wait_lie_in_another() -> None:
    rollout = taken_back()
    for at, what in ((1000, "pause"), (100, "command"), (120, "pause"), (2000, "command")):
        rollout = rollout.noting(BEGIN + at, what, "resume")
    axis = timeline(rollout).axis
    assert [(cut.since - BEGIN, cut.until - BEGIN) for cut in axis.cuts] == [(1000, 2000)]


def test_a_further_pool_that_had_traffic_is_told_after_the_two() -> None:
    rollout = taken_back()
    seen = SplitSeen(BEGIN, {"blue": 9000, "green": 500, "baseline": 500, "idle": 0})
    assert timeline(dataclasses.replace(rollout, splits_seen=(seen,))).pools == ("blue", "green", "baseline")


def test_how_it_stands_is_told_of_each_status() -> None:
    rollout = taken_back()
    told = {status: timeline(dataclasses.replace(rollout, status=status)) for status in Status}
    assert told[Status.ROLLED_BACK].result == "rolled back"
    assert told[Status.ROLLED_BACK].reason == "analyse failed: errors: as it is"
    assert told[Status.SUCCEEDED].tone is Tone.GOOD
    assert told[Status.RUNNING].tone is told[Status.ABANDONED].tone is Tone.NEUTRAL


def test_a_journal_of_the_first_version_has_a_timeline() -> None:
    rollout = document.load_rollout((HERE / "journal_schema_1.json").read_text(encoding="utf-8"), "journal")
    told = timeline(rollout)
    assert (told.splits, told.courses) == ((), ())
    assert not [span for span in told.spans if span.back]


def test_a_timeline_survives_the_journal() -> None:
    rollout = promoted_next_day()
    assert timeline(document.as_rollout(document.as_data(rollout))) == timeline(rollout)
