# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking on after all was good, since what is good under little traffic can be bad under more."""

from __future__ import annotations

import itertools
import json
import typing as t

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.conditions import Limits, conditions
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import ProviderUnreachable
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.condition import ConditionMetric
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.interface import Metric, Schedule
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.rate import RateMetric, RateQueries
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.evidence import Claim
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.judge import judge
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.rates import Rates, Tally
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Series
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.state import dump, restore
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Judgement, Verdict
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.watch import watch
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.whole.by_worst import ByWorst
from ansible_collections.progressive.delivery.tests.random_examples import examples

PART = 30.0
DOWN = ProviderUnreachable("nobody there")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Service:
    """Two pools as they count, by name, and a measurement; what is told of them changes from part to part."""

    def __init__(self) -> None:
        self.counted = dict.fromkeys(("b_bad", "b_total", "c_bad", "c_total"), 0)
        self.each_look = dict.fromkeys(self.counted, 0)
        self.measured: t.Union[float, Exception, None] = 0.0
        self.asked = 0

    def check(self, query: str) -> None:
        """Any will do."""

    def check_counter(self, query: str) -> None:
        """Any will do."""

    def measure(self, queries: t.Sequence[str]) -> t.List[t.List[Series]]:
        self.asked += 1
        if isinstance(self.measured, Exception):
            raise self.measured
        for name in set(self.counted).intersection(queries):
            self.counted[name] += self.each_look[name]
        values = {**self.counted, "ratio": self.measured}
        return [[] if values[query] is None else [Series(frozenset(), float(values[query]))] for query in queries]

    def gives(self, baseline: int, canary: int, bad: t.Tuple[int, int]) -> None:
        """Requests of each side between two looks, and the bad ones of each."""
        self.each_look = {"b_bad": bad[0], "b_total": baseline, "c_bad": bad[1], "c_total": canary}


def by_rates(service: Service) -> Metric:
    sides = RateQueries("b_bad", "b_total"), RateQueries("c_bad", "c_total")
    return RateMetric("errors", Schedule(5.0), False, service, *sides, 100, 2, Rates(Claim(1.5)))


def by_conditions(service: Service, **limits: int) -> Metric:
    wanted = conditions("result < `0.01`", "result > `0.05`")
    return ConditionMetric("ratio", Schedule(5.0), False, service, "ratio", wanted, Limits(**limits))


class Background:
    """An analysis in parts that goes on until something is wrong; each part knows of the others by text alone."""

    def __init__(self, *make: t.Callable[[], Metric], uncritical: t.Sequence[str] = (), goes_on: bool = True) -> None:
        self._make = make
        self._options: t.Dict[str, t.Any] = {"uncritical": frozenset(uncritical), "goes_on": goes_on}
        self._state: t.Dict[str, t.Any] = {}
        self.took = 0.0

    def part(self, final: bool = False, seconds: float = PART) -> Judgement:
        clock = Clock()
        whole = ByWorst([make() for make in self._make], **self._options)
        timetable = watch(whole, seconds, restore(self._state, whole), clock)
        judgement = whole.judge(final)
        self._state = json.loads(json.dumps(dump(whole, timetable, judgement.verdict is not None)))
        self.took = clock.now
        return judgement


def test_a_release_that_was_shown_to_be_good_at_5_per_cent_fails_at_50() -> None:
    service = Service()
    background = Background(lambda: by_rates(service))
    service.gives(9500, 500, bad=(95, 5))
    good = [background.part() for _number in range(5)]
    assert "within 1.5 × the baseline" in good[-1].reason
    assert {judgement.verdict for judgement in good} == {None}
    service.gives(5000, 5000, bad=(50, 2500))
    assert background.part().verdict is Verdict.FAILED


def test_without_it_that_release_stays_good_and_its_parts_take_no_time() -> None:
    """Why there is such a choice."""
    service = Service()
    background = Background(lambda: by_rates(service), goes_on=False)
    service.gives(9500, 500, bad=(95, 5))
    while background.part().verdict is None:
        pass
    service.gives(5000, 5000, bad=(50, 2500))
    asked = service.asked
    assert (background.part().verdict, background.took, service.asked) == (Verdict.SUCCESSFUL, 0.0, asked)


def test_each_part_takes_its_time_and_asks_while_all_is_good() -> None:
    service = Service()
    service.gives(9500, 9500, bad=(95, 95))
    background = Background(lambda: by_rates(service), lambda: by_conditions(service, count=2))
    for _number in range(8):
        asked = service.asked
        assert background.part().verdict is None
        assert background.took == PART
        assert service.asked - asked >= 2 * PART / 5


def test_it_is_good_in_the_end_only() -> None:
    service = Service()
    service.gives(9500, 9500, bad=(95, 95))
    background = Background(lambda: by_rates(service), lambda: by_conditions(service, count=2))
    assert background.part().verdict is None
    assert background.part(final=True, seconds=0).verdict is Verdict.SUCCESSFUL


def test_measurements_are_counted_anew_once_they_are_complete() -> None:
    """The limits are those of one count: of three measurements one may be bad, however long it goes on."""
    service = Service()
    background = Background(lambda: by_conditions(service, count=3, failure=1))
    seconds = itertools.chain([0.0], itertools.repeat(5.0))
    for measured in [0.0, 0.9, 0.0] * 4:
        service.measured = measured
        assert background.part(seconds=next(seconds)).verdict is None
    service.measured = 0.9
    verdicts = [background.part(seconds=next(seconds)).verdict for _number in range(2)]
    assert verdicts == [None, Verdict.FAILED]


@pytest.mark.parametrize(
    ("measured", "verdict"), [(None, Verdict.INCONCLUSIVE), (0.03, Verdict.INCONCLUSIVE), (DOWN, Verdict.ERROR)]
)
def test_what_is_neither_good_nor_bad_is_told_while_the_others_are_good(
    measured: t.Union[float, Exception, None], verdict: Verdict
) -> None:
    """There is nothing to wait for: the others are open to the end."""
    service, other = Service(), Service()
    other.measured = measured
    service.gives(9500, 9500, bad=(95, 95))
    limits = {"count": 2, "consecutive_error": 2}
    background = Background(lambda: by_rates(service), lambda: by_conditions(other, **limits))
    assert background.part().verdict is verdict


def test_one_that_is_not_critical_puts_the_release_in_doubt_at_once() -> None:
    service, other = Service(), Service()
    service.gives(9500, 9500, bad=(95, 95))
    other.measured = 0.9
    background = Background(lambda: by_rates(service), lambda: by_conditions(other, count=None), uncritical=["ratio"])
    assert background.part().verdict is Verdict.INCONCLUSIVE


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(st.tuples(st.integers(1, 400), st.integers(0, 40), st.integers(1, 400), st.integers(0, 40))))
def test_it_fails_where_an_analysis_would_that_never_saw_anything_good(
    looks: t.Sequence[t.Tuple[int, int, int, int]],
) -> None:
    """The evidence of being worse is one e-process over all looks, whatever was shown besides: alpha is spent once."""
    rates = Rates(Claim(1.5))
    failed_alone = []
    service = Service()
    background = Background(lambda: by_rates(service))
    background.part(seconds=0)
    failed_beside = []
    for total, bad, other_total, other_bad in looks:
        seen = Tally(total, min(bad, total)), Tally(other_total, min(other_bad, other_total))
        rates = rates.after(*seen)
        alone = judge(rates.evidence(), rates.claim, 100, over=False)
        failed_alone.append(alone.verdict is Verdict.FAILED)
        service.gives(seen[0].total, seen[1].total, bad=(seen[0].bad, seen[1].bad))
        failed_beside.append(background.part(seconds=5).verdict is Verdict.FAILED)
        if failed_beside[-1]:
            break
    assert failed_beside == failed_alone


def test_a_canary_that_is_no_worse_is_called_worse_no_more_often_than_alpha_by_looking_on() -> None:
    """Shown to be good, and looked at for as long again: 400 canaries at the margin, as near to a false alarm as there are."""
    chance = np.random.default_rng(20261126)
    claim = Claim(1.5, 0.2)
    failed = 0
    for _canary in range(400):
        rates = Rates(claim)
        for share in itertools.chain([0.05] * 30, [0.5] * 30):
            totals = int(1000 * (1 - share)), int(1000 * share)
            bad = chance.binomial(totals[0], 0.02), chance.binomial(totals[1], 0.03)
            rates = rates.after(Tally(totals[0], int(bad[0])), Tally(totals[1], int(bad[1])))
        failed += judge(rates.evidence(), claim, 100, over=False).verdict is Verdict.FAILED
    assert failed <= 400 * 0.2
