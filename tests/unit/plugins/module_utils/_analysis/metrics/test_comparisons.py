# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds of metrics that compare, whatever a provider answers."""

from __future__ import annotations

import itertools
import json
import math
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import ProviderUnreachable
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.interface import Schedule
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.rate import RateMetric, RateQueries
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.value import ValueMetric
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.interface import NothingYet
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.evidence import Claim
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.pairs import Pairs
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.rates import Rates
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Series
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Verdict
from ansible_collections.progressive.delivery.tests.random_examples import examples

MINIMUM = 8
ERROR_LIMIT = 3
DOWN = ProviderUnreachable("nobody there")

ANSWER = st.one_of(
    st.none(),
    st.just(DOWN),
    st.floats(),
    st.sampled_from([math.nan, math.inf, -math.inf, -1.0, 0.0, "many", True]),
    st.integers(0, 30),
)
"""What a query yields: no series, no answer, or one value of any kind."""


class Told:
    """A provider that answers each look with what is told, query by query, over and over."""

    def __init__(self, looks: t.Sequence[t.Sequence[t.Any]]) -> None:
        self._looks = itertools.cycle(looks)

    def check(self, query: str) -> None:
        """Any will do."""

    def measure(self, queries: t.Sequence[str]) -> list[list[Series]]:
        return [_series(answer) for answer, _query in zip(next(self._looks), queries)]


def _series(answer: t.Any) -> list[Series]:
    if isinstance(answer, Exception):
        raise answer
    return [] if answer is None else [Series(frozenset(), answer)]


def by_rates(looks: t.Sequence[t.Sequence[t.Any]]) -> RateMetric:
    """Its queries are the baseline's bad, the canary's bad, the baseline's total and the canary's total."""
    sides = RateQueries("b", "d"), RateQueries("c", "e")
    return RateMetric("m", Schedule(5.0), False, Told(looks), *sides, MINIMUM, ERROR_LIMIT, Rates(Claim(1.5)))


def by_values(looks: t.Sequence[t.Sequence[t.Any]]) -> ValueMetric:
    return ValueMetric("m", Schedule(5.0), False, Told(looks), "b", "c", MINIMUM, ERROR_LIMIT, Pairs(Claim(1.1)))


KINDS: t.Mapping[str, t.Callable[[t.Sequence[t.Sequence[t.Any]]], t.Any]] = {"rates": by_rates, "values": by_values}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=examples(150), deadline=None)
@given(st.lists(st.tuples(ANSWER, ANSWER, ANSWER, ANSWER), min_size=1, max_size=30))
def test_whatever_is_answered_there_is_a_verdict_in_the_end_and_none_from_too_little(
    kind: str, looks: list[tuple[t.Any, ...]]
) -> None:
    metric = KINDS[kind](looks)
    for _look in looks:
        metric.look()
        seen = metric.evidence()
        if min(seen.baseline, seen.canary) < MINIMUM:
            assert metric.judgement(over=False).verdict in (None, Verdict.ERROR)
            assert metric.judgement(over=True).verdict in (Verdict.INCONCLUSIVE, Verdict.ERROR)
        assert metric.judgement(over=True).verdict is not None
        json.dumps(
            [metric.report(), metric.trace.report(), metric.state()["seen_bad" if kind == "rates" else "looks"]],
            allow_nan=False,
        )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("broken", [math.inf, -math.inf, -1.0, "many", DOWN], ids=str)
def test_what_is_no_measurement_is_an_error_and_never_a_success(kind: str, broken: t.Any) -> None:
    metric = KINDS[kind]([(1.0, broken, 2.0, broken)])
    for _look in range(20):
        metric.look()
    assert metric.judgement(over=False).verdict is Verdict.ERROR
    assert metric.evidence().estimate is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("nothing", [None, 0.0], ids=str)
def test_a_side_of_which_nothing_is_measured_never_lets_the_other_pass(kind: str, nothing: float | None) -> None:
    metric = KINDS[kind]([(nothing, 5.0 + look, nothing, 10.0 * look) for look in range(1, 40)])
    for _look in range(39):
        metric.look()
    assert metric.judgement(over=True).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("stale", ["baseline", "canary"])
def test_a_side_that_stands_still_is_no_evidence_however_often_it_is_read(stale: str) -> None:
    """A canary that is gone, say, whose last value a database shows on; it happened to be a high one."""
    looks = [(1.0 + look / 1000, 2.0) if stale == "canary" else (1.0, 2.0 + look / 1000) for look in range(60)]
    metric = by_values(looks)
    for _look in range(60):
        metric.look()
    assert metric.report()["looks"] == 1
    assert metric.judgement(over=True).verdict is Verdict.INCONCLUSIVE


def test_values_that_are_no_numbers_are_left_out_as_are_hosts_that_have_none() -> None:
    metric = by_values([(float(look), 1.5 * look) if look % 2 else (math.nan, 3.0 * look) for look in range(1, 41)])
    for _look in range(40):
        metric.look()
    assert metric.report()["looks"] == 20
    assert metric.judgement(over=True).verdict is Verdict.FAILED


@pytest.mark.parametrize("errors", [1, 4])
def test_errors_beside_a_baseline_without_any_are_found_once_they_are_more_than_chance(errors: int) -> None:
    """One in ten looks of a hundred requests, or four in each."""
    looks = [(0, errors * look if errors > 1 else look // 10, 100 * look, 100 * look) for look in range(30)]
    metric = by_rates(looks)
    for _look in range(30):
        metric.look()
    assert metric.judgement(over=True).verdict is (Verdict.FAILED if errors > 1 else Verdict.INCONCLUSIVE)
    assert metric.report()["estimate"] is None


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.001, 1000.0), st.floats(0.001, 1000.0)), min_size=1, max_size=30),
    st.integers(-20, 20),
)
def test_the_unit_of_a_value_changes_no_verdict(values: list[tuple[float, float]], power: int) -> None:
    """By powers of 2, which leave all digits as they are; a ratio that is the margin itself may fall either way."""
    values = [pair for pair in values if abs(math.log(pair[1] / pair[0] / 1.1)) > 1e-9]
    scaled = [(baseline * 2.0**power, canary * 2.0**power) for baseline, canary in values]
    one, other = by_values(values or [(1.0, 1.0)]), by_values(scaled or [(1.0, 1.0)])
    for _look in range(len(values)):
        one.look()
        other.look()
    assert other.judgement(over=True).verdict is one.judgement(over=True).verdict
    assert other.evidence().worse == one.evidence().worse
    assert other.evidence().within == one.evidence().within


@pytest.mark.parametrize("kind", KINDS)
def test_a_look_at_which_nothing_can_be_measured_yet_is_none(kind: str) -> None:
    """Nor does it end a row of faults."""
    metric = KINDS[kind]([[NothingYet()], [DOWN], [NothingYet()], [DOWN]])
    state, judgement = metric.state(), metric.judgement(over=False)
    metric.look()
    assert (metric.state(), metric.judgement(over=False), metric.trace.looks) == (state, judgement, 0)
    for _look in range(3):
        metric.look()
    assert metric.faults.count == 2
