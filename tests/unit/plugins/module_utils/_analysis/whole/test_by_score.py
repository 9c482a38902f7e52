# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kayenta's judge over samples that are taken look by look: what a score comes to, and what never passes."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import typing as t

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import ProviderUnreachable
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta import metric as kayenta
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.rules import Rules
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.score import Thresholds
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.interface import Schedule
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.sampled import SampledMetric
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Series
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.state import dump, restore
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Verdict
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.watch import Timetable, watch
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.whole.by_score import ByScore
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.whole.interface import judge_all
from ansible_collections.progressive.delivery.tests.random_examples import examples

MENDED = Rules()
KAYENTA = Rules.compatible()
INCREASE = kayenta.Metric("m", direction=kayenta.Direction.INCREASE)
DOWN = ProviderUnreachable("Prometheus does not answer")
Answer = t.Union[float, None, Exception]

ALIKE = ([40.0, 41.0, 42.0, 43.0, 44.0, 45.0], [39.5, 41.0, 42.5, 43.0, 44.0, 46.0])
HIGHER = ([10.0, 12.0, 14.0, 16.0, 18.0, 20.0], [60.5, 61.0, 61.5, 62.0, 62.5, 63.0])


class Clock:
    """Passes only where it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Told:
    """A provider that answers look by look what is told for the baseline and the canary, over and over."""

    def __init__(self, baseline: t.Sequence[Answer], canary: t.Sequence[Answer]) -> None:
        self._looks = itertools.cycle(zip(baseline, canary))

    def check(self, query: str) -> None:
        """Any will do."""

    def measure(self, queries: t.Sequence[str]) -> list[list[Series]]:
        return [_series(answer) for answer, _query in zip(next(self._looks), queries)]


def _series(answer: Answer) -> list[Series]:
    if isinstance(answer, Exception):
        raise answer
    return [] if answer is None else [Series(frozenset(), answer)]


def sampled(
    values: tuple[t.Sequence[Answer], t.Sequence[Answer]], name: str = "m", rules: Rules = MENDED, **options: t.Any
) -> SampledMetric:
    """A metric that is asked every 10 seconds."""
    most = options.pop("most", None)
    compared = dataclasses.replace(INCREASE, name=name, **options)
    provider = Told(*values)
    return SampledMetric(
        name, Schedule(10.0), compared.muted, provider, "baseline", "canary", 2, compared, rules, most=most
    )


def scored(*metrics: SampledMetric, rules: Rules = MENDED, **options: t.Any) -> ByScore:
    thresholds = Thresholds(options.pop("marginal", 50), options.pop("passing", 75))
    return ByScore(metrics, options.pop("weights", {}), thresholds, rules, **options)


def watched(whole: ByScore, duration: float = 55.0) -> Verdict | None:
    watch(whole, duration, Timetable(), Clock())
    return whole.judge(over=True).verdict


@pytest.mark.parametrize("rules", [MENDED, KAYENTA], ids=["mended", "kayenta"])
def test_a_canary_like_its_baseline_succeeds_and_a_higher_one_fails(rules: Rules) -> None:
    good = scored(sampled(ALIKE, rules=rules), rules=rules)
    assert watched(good) is Verdict.SUCCESSFUL
    assert good.judge(over=True).reason == "the score is 100, Pass (marginal from 50, pass from 75)"

    bad = scored(sampled(HIGHER, rules=rules), rules=rules)
    assert watched(bad) is Verdict.FAILED
    reason = bad.judge(over=True).reason
    assert reason.startswith("the score is 0, Fail (marginal from 50, pass from 75); m is High: the canary is higher")
    assert judge_all(bad.metrics, over=True)["m"].verdict is Verdict.FAILED


def test_the_score_decides_and_not_the_worst_metric() -> None:
    metrics = [sampled(ALIKE, f"good{number}") for number in range(4)] + [sampled(HIGHER, "bad")]
    assert watched(scored(*metrics)) is Verdict.SUCCESSFUL
    whole = scored(sampled(ALIKE, "good"), sampled(HIGHER, "bad"))
    assert watched(whole) is Verdict.INCONCLUSIVE
    assert whole.judge(over=True).reason.startswith("the score is 50, Marginal")


def test_groups_weigh_what_they_are_given() -> None:
    metrics = [sampled(ALIKE, "one", groups=("light",)), sampled(HIGHER, "two", groups=("heavy", "rest"))]
    whole = scored(*metrics, weights={"light": 10, "heavy": 60})
    assert watched(whole) is Verdict.FAILED
    report = whole.report({})["score"]
    assert (report["value"], report["label"]) == (10, "Fail")
    assert report["groups"] == {
        "light": {"score": 100, "weight": 10, "counted": 1},
        "heavy": {"score": 0, "weight": 60, "counted": 1},
        "rest": {"score": 0, "weight": 30, "counted": 1},
    }


def test_a_critical_metric_that_does_not_pass_fails_whatever_the_others_score() -> None:
    metrics = [sampled(ALIKE, f"good{number}") for number in range(9)]
    whole = scored(*metrics, sampled(HIGHER, "errors", critical=True))
    assert watched(whole) is Verdict.FAILED
    assert "critical metrics did not pass: errors is High" in whole.judge(over=True).reason


def test_a_muted_metric_is_reported_and_does_not_count() -> None:
    whole = scored(sampled(ALIKE, "good"), sampled(HIGHER, "bad", muted=True))
    assert watched(whole) is Verdict.SUCCESSFUL
    assert whole.metrics[1].report()["label"] == "High"


@pytest.mark.parametrize("counted", [MENDED, KAYENTA], ids=["mended", "kayenta"])
@pytest.mark.parametrize("fault", [DOWN, math.inf, -math.inf], ids=str)
def test_what_cannot_be_measured_is_an_error_and_never_passes(fault: Answer, counted: Rules) -> None:
    whole = scored(sampled(ALIKE, "good", counted), sampled(([1.0], [fault]), "bad", counted), rules=counted)
    assert watched(whole) is Verdict.ERROR
    assert whole.judge(over=True).reason.startswith("bad: 3 looks in a row went wrong; the last: ")


def test_an_error_that_is_made_up_for_leaves_no_trace() -> None:
    whole = scored(sampled(([40.0, 1.0, *ALIKE[0]], [40.0, DOWN, *ALIKE[1]])))
    assert watched(whole, 75) is Verdict.SUCCESSFUL
    assert whole.metrics[0].report()["looks"] == 7


def test_an_error_hides_no_critical_failure() -> None:
    whole = scored(sampled(HIGHER, "errors", critical=True), sampled(([1.0], [DOWN]), "down"))
    assert watched(whole) is Verdict.FAILED


@pytest.mark.parametrize("looks", range(1, 5))
def test_fewer_than_the_minimum_sample_say_nothing_and_kayenta_fails_by_two(looks: int) -> None:
    duration = 10 * looks - 5
    assert watched(scored(sampled(HIGHER)), duration) is Verdict.INCONCLUSIVE
    compatible = scored(sampled(HIGHER, rules=KAYENTA), rules=KAYENTA)
    assert watched(compatible, duration) is (Verdict.FAILED if looks > 1 else compatible.judge(over=True).verdict)


def test_looks_without_a_value_are_left_out_or_are_0_as_the_metric_has_it() -> None:
    values = ([1.0, 1.0, 2.0, 3.0, 2.0, 1.0], [None, math.nan, None, None, math.nan, None])
    assert watched(scored(sampled(values))) is Verdict.INCONCLUSIVE
    whole = scored(sampled(values, nan=kayenta.NanStrategy.REPLACE, direction=kayenta.Direction.EITHER))
    assert watched(whole) is Verdict.FAILED
    assert whole.metrics[0].report()["label"] == "Low"


def test_errors_beside_a_baseline_without_any_pass_in_kayenta_and_fail_here() -> None:
    values = ([0.0] * 12, [0.0, 0.05, 0.0, 0.2, 0.1, 0.0, 0.1, 0.04, 0.0, 0.1, 0.2, 0.1])
    assert watched(scored(sampled(values)), 115) is Verdict.FAILED
    assert watched(scored(sampled(values, rules=KAYENTA), rules=KAYENTA), 115) is Verdict.SUCCESSFUL


def test_scores_on_the_way_end_a_canary_that_is_below_marginal_and_pass_none() -> None:
    clock = Clock()
    whole = scored(sampled(HIGHER), every=20.0)
    watch(whole, 300, Timetable(), clock)
    assert clock.now == 40
    assert whole.judge(over=False).verdict is Verdict.FAILED

    clock = Clock()
    whole = scored(sampled(ALIKE), every=20.0)
    watch(whole, 300, Timetable(), clock)
    assert clock.now == 300
    assert whole.judge(over=False).verdict is None
    assert whole.judge(over=False).reason.startswith("not decided yet: the score is 100")


def test_a_score_that_is_just_marginal_goes_on_and_in_kayenta_ends() -> None:
    half = [sampled(ALIKE, "good"), sampled(HIGHER, "bad")]
    assert watched(scored(*half)) is Verdict.INCONCLUSIVE
    rules = dataclasses.replace(MENDED, marginal_goes_on=False)
    half = [sampled(ALIKE, "good"), sampled(HIGHER, "bad")]
    assert watched(scored(*half, rules=rules)) is Verdict.FAILED


def test_what_is_looked_back_on_is_all_that_is_kept() -> None:
    whole = scored(sampled(([*HIGHER[0], *ALIKE[0]], [*HIGHER[1], *ALIKE[1]]), most=6))
    assert watched(whole, 115) is Verdict.SUCCESSFUL
    assert whole.metrics[0].state()["samples"] == [list(pair) for pair in zip(*ALIKE)]


VALUE = st.one_of(st.none(), st.floats(), st.just(DOWN), st.integers(0, 5).map(float))


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(st.tuples(VALUE, VALUE), min_size=1, max_size=14), st.sampled_from(kayenta.NanStrategy))
def test_whatever_is_measured_it_is_successful_only_by_enough_that_was_measured(
    looks: list[tuple[Answer, Answer]], nan: kayenta.NanStrategy
) -> None:
    baseline, canary = zip(*looks)
    whole = scored(sampled((baseline, canary), nan=nan))
    verdict = watched(whole, 10 * len(looks) - 5)
    assert verdict is not None
    measured = whole.metrics[0].report()["samples"]
    if min(measured.values()) < MENDED.needed_sample or whole.metrics[0].fault(over=True):
        assert verdict in (Verdict.INCONCLUSIVE, Verdict.ERROR)
    json.dumps([whole.report({}), whole.metrics[0].report(), whole.state()], allow_nan=False)


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(st.tuples(VALUE, VALUE), min_size=3, max_size=12),
    st.lists(st.floats(0.5, 40.0), min_size=1, max_size=6),
    st.sampled_from([None, 15.0, 30.0]),
)
@example([(1.0, 5.0), (1.1, 5.1), (1.2, 5.2)], [5.0, 40.0, 5.0], 15.0)
def test_parts_come_to_what_a_whole_does(
    looks: list[tuple[Answer, Answer]], parts: list[float], every: float | None
) -> None:
    """Also where one ends at the moment at which a score is due."""
    baseline, canary = zip(*looks)
    at_once = scored(sampled((baseline, canary)), every=every)
    end = watch(at_once, sum(parts), Timetable(), Clock())

    provider = Told(baseline, canary)
    clock, timetable, text = Clock(), Timetable(), "{}"
    for duration in parts:
        in_parts = scored(sampled((baseline, canary)), every=every)
        in_parts.metrics[0].provider = provider
        timetable = restore(json.loads(text), in_parts)
        timetable = watch(in_parts, duration, timetable, clock)
        if in_parts.judge(over=False).verdict is not None:
            break
        text = json.dumps(dump(in_parts, timetable, ended=False))

    assert in_parts.judge(over=True) == at_once.judge(over=True)
    assert in_parts.metrics[0].report() == at_once.metrics[0].report()
    assert timetable.elapsed == pytest.approx(end.elapsed)
