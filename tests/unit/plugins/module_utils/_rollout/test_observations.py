# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rollout keeps of what it has seen, and that it never keeps too much."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Observed, World
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.observations import (
    MAX_ALL_POINTS,
    MAX_ANALYSES,
    MAX_POINTS,
    MAX_SPLITS,
    Judged,
    MetricSeen,
    Point,
    SplitSeen,
    metrics_in,
    thin,
    with_judged,
    with_split,
)


def points(*times: float) -> t.Tuple[Point, ...]:
    return tuple(Point(at, canary=0.1) for at in times)


def part(times: t.Sequence[float], step: int = 4, verdict: t.Optional[str] = None) -> Judged:
    return Judged(times[0], times[-1], step, "errors", verdict, (MetricSeen("errors", trace=points(*times)),))


def trace_of(judged: Judged) -> t.List[float]:
    return [point.at for point in judged.metrics[0].trace]


def test_a_split_is_kept_only_when_it_changes() -> None:
    half = SplitSeen(2.0, {"blue": 5000, "green": 5000})
    seen = with_split((), half)
    assert with_split(seen, dataclasses.replace(half, at=3.0)) == (half,)
    routed = dataclasses.replace(half, at=4.0, header="green")
    assert with_split(seen, routed) == (half, routed)
    for number in range(2 * MAX_SPLITS):
        seen = with_split(seen, SplitSeen(float(number), {"blue": number}))
    assert [split.at for split in seen] == list(range(MAX_SPLITS, 2 * MAX_SPLITS))


def test_balancers_that_differ_are_seen_as_their_mean_and_none_as_unknown() -> None:
    shifted, not_yet = Observed({"green": 5000, "blue": 5000}, "green"), Observed({"blue": 10000})
    world = World(7.0, {"lb1": shifted, "lb2": not_yet, "lb3": None})
    assert world.seen == SplitSeen(7.0, {"blue": 7500, "green": 2500}, "green")
    assert World(7.0, {"lb1": None}).seen == SplitSeen(7.0, {})


@pytest.mark.parametrize("second", [[11.0, 12.0], [1.0, 2.0, 11.0, 12.0]], ids=["its own part", "the whole course"])
def test_the_parts_of_an_analysis_make_one_course_whatever_each_part_tells(second: t.List[float]) -> None:
    begun = with_judged((), part([1.0, 2.0]), goes_on=False)
    (judged,) = with_judged(begun, part(second, verdict="failed"), goes_on=True)
    assert trace_of(judged) == [1.0, 2.0, 11.0, 12.0]
    assert (judged.since, judged.until, judged.verdict) == (1.0, 12.0, "failed")


def test_a_part_without_metrics_of_its_own_loses_none() -> None:
    begun = with_judged((), part([1.0, 2.0]), goes_on=False)
    (judged,) = with_judged(begun, dataclasses.replace(part([3.0]), metrics=()), goes_on=True)
    assert trace_of(judged) == [1.0, 2.0]


def test_an_analysis_in_doubt_that_is_looked_at_longer_is_one_more_with_the_course_from_there_on() -> None:
    doubtful = with_judged((), part([1.0, 2.0], verdict="inconclusive"), goes_on=False)
    told = dataclasses.replace(part([1.0, 2.0, 11.0]), since=10.0)
    longer = with_judged(doubtful, told, goes_on=True)
    longer = with_judged(longer, part([1.0, 2.0, 11.0, 12.0], verdict="successful"), goes_on=True)
    assert [trace_of(one) for one in longer] == [[1.0, 2.0], [11.0, 12.0]]
    assert [one.verdict for one in longer] == ["inconclusive", "successful"]


def test_an_error_of_the_measurement_does_not_end_an_analysis() -> None:
    begun = with_judged((), part([1.0, 2.0], verdict="error"), goes_on=False)
    (judged,) = with_judged(begun, part([3.0]), goes_on=True)
    assert (trace_of(judged), judged.verdict) == ([1.0, 2.0, 3.0], None)


def test_an_analysis_that_begins_anew_or_belongs_to_another_step_is_one_more() -> None:
    begun = with_judged((), part([1.0, 2.0]), goes_on=False)
    assert len(with_judged(begun, part([3.0]), goes_on=False)) == 2
    assert len(with_judged(begun, part([3.0], step=6), goes_on=True)) == 2


@given(count=st.integers(min_value=0, max_value=500), most=st.integers(min_value=2, max_value=120))
def test_a_course_that_is_thinned_keeps_its_ends_and_its_order(count: int, most: int) -> None:
    course = points(*map(float, range(count)))
    kept = thin(course, most)
    assert len(kept) == min(count, most)
    assert list(kept) == sorted(set(kept), key=lambda point: point.at)
    assert kept[:1] + kept[-1:] == course[:1] + course[-1:]


def test_all_courses_together_stay_within_their_bound_and_each_keeps_its_ends() -> None:
    judged: t.Tuple[Judged, ...] = ()
    for number in range(MAX_ANALYSES + 50):
        times = [1000.0 * number + second for second in range(MAX_POINTS)]
        judged = with_judged(judged, part(times, step=number), goes_on=False)
        assert sum(len(trace_of(one)) for one in judged) <= MAX_ALL_POINTS
    assert len(judged) == MAX_ANALYSES
    assert all(trace_of(one)[0] == one.since and trace_of(one)[-1] == one.until for one in judged)


def test_a_metric_is_taken_in_as_the_module_returns_it() -> None:
    told = {
        "errors": {
            "verdict": "failed",
            "reason": "worse",
            "dry_run": True,
            "measured": {"estimate": 3.0, "interval": [1.6, None], "e_value": 41.0, "margin": 1.5},
            "trace": [
                {"at": 1, "baseline": 0.01, "canary": 0.03, "estimate": 3, "lower": 1.6, "upper": float("inf")},
                {"at": 2, "baseline": float("nan"), "canary": None},
            ],
        }
    }
    (metric,) = metrics_in(told, at=9.0)
    assert metric == MetricSeen("errors", "failed", "worse", True, 1.5, 41.0, (Point(1.0, 0.01, 0.03, 3.0, 1.6, None),))


def test_a_metric_without_a_course_has_a_point_where_it_has_an_estimate() -> None:
    conditions = {"verdict": "successful", "reason": "3 successful", "measured": {"successful": 3}}
    shifted = {"verdict": None, "reason": "Pass", "measured": {"estimate": 0.02, "interval": [0.01, 0.03]}}
    compared = {**shifted, "measured": {"estimate": 1.1, "interval": [0.4, 2.0], "e_value": 0.2}}
    told = {"ratio": conditions, "shift": shifted, "errors": compared}
    with_conditions, with_a_shift, with_estimate = metrics_in(told, at=9.0)
    assert with_conditions.trace == with_a_shift.trace == ()
    assert with_estimate.trace == (Point(9.0, estimate=1.1, lower=0.4, upper=2.0),)
    assert metrics_in(None, at=9.0) == ()
