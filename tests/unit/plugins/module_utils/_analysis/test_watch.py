# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watching metrics: when each is asked, when it ends, and what it comes to."""

from __future__ import annotations

import dataclasses
import itertools
import math
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.conditions import Limits, conditions
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import ProviderUnreachable
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.condition import ConditionMetric
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.interface import (
    Faults,
    Metric,
    Schedule,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.rate import RateMetric, RateQueries
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.evidence import Claim
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.rates import Rates, Tally
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Series
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Judgement, Verdict, worst
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.watch import (
    Timetable,
    watch,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.whole.by_worst import ByWorst
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.whole.interface import judge_all

Answer = t.Union[float, None, Exception]


class Clock:
    """Passes only where it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Told:
    """A provider that answers each query with what is told for it, in turn, and the last for ever."""

    def __init__(self, clock: Clock | None = None, takes: float = 0.0, **answers: t.Iterable[Answer]) -> None:
        self._answers = {query: self._for_ever(list(told)) for query, told in answers.items()}
        self._clock = clock or Clock()
        self._takes = takes
        self.asked: list[float] = []

    @staticmethod
    def _for_ever(answers: list[Answer]) -> t.Iterator[Answer]:
        return itertools.chain(answers, itertools.repeat(answers[-1]))

    def check(self, query: str) -> None:
        """Any will do."""

    def measure(self, queries: t.Sequence[str]) -> list[list[Series]]:
        self.asked.append(self._clock.now)
        self._clock.sleep(self._takes)
        return [self._answer(query) for query in queries]

    def _answer(self, query: str) -> list[Series]:
        answer = next(self._answers[query])
        if isinstance(answer, Exception):
            raise answer
        return [] if answer is None else [Series(frozenset(), answer)]


def watched(metrics: list[Metric], duration: float, clock: Clock) -> dict[str, Judgement]:
    """What the metrics come to in an analysis that is made in one part."""
    watch(ByWorst(metrics), duration, Timetable(), clock)
    return judge_all(metrics, over=True)


class ByHost:
    """A provider that yields, look by look and side by side, what each host counted: bad and all."""

    def __init__(self, looks: list[dict[str, dict[str, tuple[int, int]]]]) -> None:
        self._looks = iter(looks)

    def check(self, query: str) -> None:
        """Any will do."""

    def measure(self, queries: t.Sequence[str]) -> list[list[Series]]:
        look = next(self._looks)
        place = {"bad": 0, "total": 1}
        return [
            [Series(frozenset({("host", host)}), counted[place[query[2:]]]) for host, counted in look[query[0]].items()]
            for query in queries
        ]


@dataclasses.dataclass(frozen=True, eq=False)
class Recorded(Rates):
    """Rates that tell the looks of which they were made."""

    seen: tuple[tuple[Tally, Tally], ...] = ()

    def after(self, baseline: Tally, canary: Tally) -> Recorded:
        return dataclasses.replace(super().after(baseline, canary), seen=(*self.seen, (baseline, canary)))


DOWN = ProviderUnreachable("Prometheus does not answer")


def by_conditions(provider: Told, query: str = "ratio", **options: t.Any) -> ConditionMetric:
    limits = options.pop("limits", Limits(count=3))
    schedule = Schedule(options.pop("interval", 10.0), options.pop("initial_delay", 0.0))
    wanted = conditions("result < `0.01`", "result > `0.05`")
    return ConditionMetric(
        options.pop("name", query), schedule, options.pop("dry_run", False), provider, query, wanted, limits
    )


def by_rates(provider: Told, minimum: int = 100, error_limit: int = 2) -> RateMetric:
    sides = RateQueries("b_bad", "b_total"), RateQueries("c_bad", "c_total")
    return RateMetric("errors", Schedule(5.0), False, provider, *sides, minimum, error_limit, Recorded(Claim(1.5)))


def counting(*steps: float) -> list[Answer]:
    return list(itertools.accumulate(steps))


# -- when it is asked, and when it ends ----------------------------------------


def test_a_metric_is_asked_at_its_interval_until_it_is_complete() -> None:
    clock = Clock()
    provider = Told(clock, ratio=[0.001])
    judgements = watched([by_conditions(provider, initial_delay=4)], 300, clock)
    assert provider.asked == [104, 114, 124]
    assert judgements["ratio"].verdict is Verdict.SUCCESSFUL


def test_it_ends_when_time_is_up() -> None:
    clock = Clock()
    provider = Told(clock, ratio=[0.001])
    judgements = watched([by_conditions(provider, limits=Limits(count=None))], 25, clock)
    assert (provider.asked, clock.now) == ([100, 110, 120], 125)
    assert judgements["ratio"] == Judgement(Verdict.SUCCESSFUL, "3 successful; the last: 0.001")


def test_a_failure_ends_it_for_all_and_a_dry_run_for_none() -> None:
    clock = Clock()
    provider = Told(clock, good=[0.001], bad=[0.9])
    metrics = [by_conditions(provider, "good"), by_conditions(provider, "bad", interval=3, initial_delay=5)]
    judgements = watched(metrics, 300, clock)
    assert clock.now == 105
    assert judgements["bad"].verdict is Verdict.FAILED
    assert ByWorst(metrics).judge(over=True) == Judgement(
        Verdict.FAILED, "bad: 1 failed; the last: result > `0.05` with a result of 0.9"
    )

    clock = Clock()
    metrics = [
        by_conditions(Told(clock, good=[0.001]), "good"),
        by_conditions(Told(clock, bad=[0.9]), "bad", dry_run=True),
    ]
    judgements = watched(metrics, 300, clock)
    assert judgements["bad"].verdict is Verdict.FAILED
    assert ByWorst(metrics).judge(over=True).verdict is Verdict.SUCCESSFUL


def test_a_failure_that_is_not_critical_ends_it_for_none() -> None:
    """The others are watched on: one of them may fail yet."""
    clock = Clock()
    metrics = [
        by_conditions(Told(clock, early=[0.9]), "early"),
        by_conditions(Told(clock, late=[0.001, 0.001, 0.9]), "late", limits=Limits(count=None)),
    ]
    whole = ByWorst(metrics, uncritical=frozenset({"early"}))
    watch(whole, 300, Timetable(), clock)
    assert clock.now == 120
    assert whole.judge(over=False).verdict is Verdict.FAILED
    assert whole.judge(over=False).reason.startswith("late: ")


@given(st.lists(st.tuples(st.sampled_from(list(Verdict)), st.booleans()), min_size=1))
def test_only_what_is_critical_fails_the_release_and_nothing_that_fails_lets_it_pass(
    found: list[tuple[Verdict, bool]],
) -> None:
    metrics = [Judged(str(place), verdict) for place, (verdict, _critical) in enumerate(found)]
    uncritical = frozenset(str(place) for place, (_verdict, critical) in enumerate(found) if not critical)
    verdict = ByWorst(metrics, uncritical).judge(over=True).verdict
    assert (verdict is Verdict.FAILED) == ((Verdict.FAILED, True) in found)
    assert (verdict is Verdict.SUCCESSFUL) == all(one is Verdict.SUCCESSFUL for one, _critical in found)


class Judged:
    """A metric that was judged; satisfies ``Metric`` as far as the whole asks for it."""

    dry_run = False

    def __init__(self, name: str, verdict: Verdict) -> None:
        self.name = name
        self._verdict = verdict

    def judgement(self, over: bool) -> Judgement:
        assert over
        return Judgement(self._verdict, "so it was found")


def test_a_provider_that_is_slow_is_asked_less_often_and_never_twice_at_once() -> None:
    clock = Clock()
    provider = Told(clock, takes=25, ratio=[0.001])
    watched([by_conditions(provider)], 300, clock)
    assert provider.asked == [100, 125, 150]


@given(st.lists(st.sampled_from(list(Verdict)), min_size=1))
def test_of_several_verdicts_the_worst_counts(verdicts: list[Verdict]) -> None:
    found = worst(verdicts)
    assert found in verdicts
    assert (found is Verdict.FAILED) == (Verdict.FAILED in verdicts)
    assert (found is Verdict.SUCCESSFUL) == (set(verdicts) == {Verdict.SUCCESSFUL})


# -- conditions ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "limits", "verdict", "reason"),
    [
        ([0.001], Limits(count=2), Verdict.SUCCESSFUL, "2 successful"),
        ([0.001, 0.9], Limits(count=3), Verdict.FAILED, "1 successful, 1 failed; the last: result > `0.05`"),
        ([0.9, 0.001], Limits(count=3, failure=1), Verdict.SUCCESSFUL, "2 successful, 1 failed"),
        ([0.03], Limits(count=3), Verdict.INCONCLUSIVE, "1 inconclusive; the last: neither condition holds"),
        ([None], Limits(count=3), Verdict.INCONCLUSIVE, "1 inconclusive; the last: no data"),
        ([DOWN], Limits(count=3), Verdict.ERROR, "5 error; the last: Prometheus does not answer"),
        ([DOWN, DOWN, 0.001], Limits(count=2), Verdict.SUCCESSFUL, "2 successful, 2 error"),
        ([DOWN, DOWN, DOWN], Limits(count=None, consecutive_error=99), Verdict.ERROR, "31 error"),
        (["text"], Limits(count=1), Verdict.ERROR, "error"),
    ],
    ids=str,
)
def test_conditions_come_to_a_verdict(answers: list[Answer], limits: Limits, verdict: Verdict, reason: str) -> None:
    clock = Clock()
    metric = by_conditions(Told(clock, ratio=answers), limits=limits)
    judgement = watched([metric], 300, clock)["ratio"]
    assert judgement.verdict is verdict
    assert reason in judgement.reason


def test_what_was_never_measured_is_no_success() -> None:
    metric = by_conditions(Told(ratio=[0.001]), initial_delay=50)
    assert watched([metric], 10, Clock())["ratio"] == Judgement(Verdict.INCONCLUSIVE, "nothing was measured")


# -- rates ---------------------------------------------------------------------


def test_counters_become_looks_from_the_second_reading_on() -> None:
    provider = Told(
        b_bad=counting(50, 1, 0), b_total=counting(900, 100, 80), c_bad=counting(0, 2, 3), c_total=counting(0, 50, 40)
    )
    metric = by_rates(provider)
    for _look in range(3):
        metric.look()
    assert metric.rates.seen == ((Tally(100, 1), Tally(50, 2)), (Tally(80, 0), Tally(40, 3)))


def test_a_look_that_goes_wrong_half_way_is_made_up_for_by_the_next_on_both_sides() -> None:
    provider = Told(
        b_bad=counting(0, 1, 1),
        b_total=counting(0, 100, 100),
        c_bad=[0, DOWN, 5],
        c_total=counting(0, 200),
    )
    metric = by_rates(provider)
    for _look in range(3):
        metric.look()
    # the baseline was asked for bad in the second look, before the canary could not be
    assert metric.rates.seen == ((Tally(100, 2), Tally(200, 5)),)
    assert metric.faults == Faults()


def test_looks_in_which_only_one_side_was_scraped_are_put_together() -> None:
    """Every request of the canary fails, and no look sees both sides rise."""
    provider = Told(
        b_bad=[0],
        b_total=[0, 100, 100, 200, 200, 300, 300],
        c_bad=[0, 0, 90, 90, 180, 180, 270],
        c_total=[0, 0, 90, 90, 180, 180, 270],
    )
    metric = by_rates(provider)
    for _look in range(7):
        metric.look()
    assert metric.rates.seen == ((Tally(100, 0), Tally(90, 90)),) * 3
    assert metric.judgement(over=True).verdict is Verdict.FAILED


def test_an_instance_that_is_missing_for_one_look_does_not_count_its_whole_life() -> None:
    """It had many errors yesterday; today there are none."""
    life = {"one": (1000, 100_000), "two": (2000, 100_000)}
    provider = ByHost(
        [
            {"b": life, "c": {"three": (0, 50)}},
            {"b": {"one": (1000, 100_100)}, "c": {"three": (0, 150)}},
            {"b": {"one": (1000, 100_200), "two": (2000, 100_200)}, "c": {"three": (1, 250)}},
        ]
    )
    metric = by_rates(provider)
    for _look in range(3):
        metric.look()
    assert metric.rates.seen == ((Tally(100, 0), Tally(100, 0)), (Tally(300, 0), Tally(100, 1)))


def test_a_canary_that_has_counted_nothing_when_it_is_first_read_is_compared_from_its_first_series_on() -> None:
    """Counters with labels are not there before their first request; here each request of the canary fails."""
    provider = ByHost(
        [
            {"b": {"one": (1, 1000)}, "c": {}},
            {"b": {"one": (1, 1100)}, "c": {"two": (40, 40)}},
            {"b": {"one": (2, 1200)}, "c": {"two": (90, 90)}},
            {"b": {"one": (3, 1300)}, "c": {"two": (140, 140)}},
        ]
    )
    metric = by_rates(provider)
    for _look in range(4):
        metric.look()
    assert metric.rates.seen == ((Tally(200, 1), Tally(50, 50)), (Tally(100, 1), Tally(50, 50)))
    assert metric.judgement(over=True).verdict is Verdict.FAILED


def test_a_counter_of_what_is_bad_that_appears_with_the_first_of_it_counts_from_nothing() -> None:
    provider = Told(b_bad=[None], b_total=counting(10, 100), c_bad=[None, 7], c_total=counting(10, 100))
    metric = by_rates(provider)
    metric.look()
    metric.look()
    assert metric.rates.seen == ((Tally(100, 0), Tally(100, 7)),)


def test_more_bad_than_all_for_want_of_one_instant_is_all() -> None:
    provider = Told(b_bad=[0], b_total=counting(0, 100), c_bad=counting(0, 51), c_total=counting(0, 50))
    metric = by_rates(provider)
    metric.look()
    metric.look()
    assert metric.rates.seen == ((Tally(100, 0), Tally(51, 51)),)


def test_a_canary_with_more_errors_fails_and_says_by_how_much() -> None:
    clock = Clock()
    provider = Told(
        clock,
        b_bad=counting(*[2] * 99),
        b_total=counting(*[200] * 99),
        c_bad=counting(*[6] * 99),
        c_total=counting(*[200] * 99),
    )
    metric = by_rates(provider)
    judgement = watched([metric], 400, clock)["errors"]
    assert judgement.verdict is Verdict.FAILED
    assert "worse than 1.5 × the baseline" in judgement.reason
    assert clock.now < 200
    report = metric.report()
    assert report["estimate"] == pytest.approx(3, rel=0.02)
    assert report["e_value"] >= 20
    assert report["p_value"] == pytest.approx(1 / report["e_value"])
    assert report["samples"]["canary"] == 200 * report["looks"]


def test_no_traffic_is_no_failure_and_no_success() -> None:
    clock = Clock()
    metric = by_rates(Told(clock, b_bad=[3], b_total=[1000], c_bad=[0], c_total=[0]))
    judgement = watched([metric], 60, clock)["errors"]
    assert judgement == Judgement(Verdict.INCONCLUSIVE, "too little to judge: 0 and 0 samples, 100 needed on each side")
    assert metric.report()["interval"] == [0.0, None]


@pytest.mark.parametrize(("errors", "verdict"), [(2, Verdict.SUCCESSFUL), (3, Verdict.ERROR)])
def test_errors_in_a_row_are_borne_up_to_the_limit(errors: int, verdict: Verdict) -> None:
    clock = Clock()
    totals = counting(*[500] * 99)
    baseline: list[Answer] = [0.0, *[DOWN] * errors, *totals]
    metric = by_rates(Told(clock, b_bad=[0], b_total=baseline, c_bad=[0], c_total=totals))
    judgement = watched([metric], 300, clock)["errors"]
    assert judgement.verdict is verdict
    assert verdict is Verdict.SUCCESSFUL or judgement.reason == (
        "3 looks in a row went wrong; the last: Prometheus does not answer"
    )


def test_a_ratio_without_end_is_none_in_json() -> None:
    metric = by_rates(
        Told(b_bad=[0], b_total=counting(*[500] * 9), c_bad=counting(*[2] * 9), c_total=counting(*[500] * 9))
    )
    for _look in range(5):
        metric.look()
    assert metric.rates.evidence().estimate == math.inf
    assert metric.report()["estimate"] is None
