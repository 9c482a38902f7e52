# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counters and histograms did between two readings."""

from __future__ import annotations

import math
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import BadMeasurement
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.rises import quantile, rises


def of(**labels: str) -> frozenset:
    return frozenset(labels.items())


def histogram(*buckets: float, bounds: t.Sequence[str] = ("0.1", "1", "+Inf"), **labels: str) -> dict:
    """How much was observed up to each bound."""
    return {of(le=bound, **labels): count for bound, count in zip(bounds, buckets)}


def test_a_counter_rises_and_one_that_fell_counts_from_zero() -> None:
    before = {"a": {of(code="200"): 10.0, of(code="500"): 7.0}}
    now = {"a": {of(code="200"): 12.5, of(code="500"): 3.0}}
    assert rises(before, now) == {of(code="200"): 2.5, of(code="500"): 3.0}


def test_a_counter_that_is_new_rose_by_what_it_counts_unless_its_source_is_new() -> None:
    before = {"a": {of(code="200"): 10.0}}
    now = {"a": {of(code="200"): 10.0, of(code="500"): 2.0}, "b": {of(code="200"): 1e6}}
    assert rises(before, now) == {of(code="200"): 0.0, of(code="500"): 2.0}


def test_a_histogram_is_reset_as_a_whole() -> None:
    """Of a process that began anew some buckets may have more than before already."""
    before = {"a": {**histogram(2, 90, 100, path="/"), **histogram(1, 1, 1, path="/b")}}
    now = {"a": {**histogram(50, 60, 60, path="/"), **histogram(2, 3, 4, path="/b")}}
    assert rises(before, now) == {**histogram(50, 60, 60, path="/"), **histogram(1, 2, 3, path="/b")}


@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
def test_what_is_no_value_of_a_counter_is_a_bad_measurement(value: float) -> None:
    with pytest.raises(BadMeasurement, match="is no value of a counter"):
        rises({}, {"a": {of(): value}})


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=8), st.lists(st.floats(0, 1e9), min_size=1, max_size=8))
def test_nothing_ever_falls(before: list[float], now: list[float]) -> None:
    readings = [{of(host=str(place)): value for place, value in enumerate(values)} for values in (before, now)]
    risen = rises({"a": readings[0]}, {"a": readings[1]})
    assert all(0 <= risen[labels] <= value for labels, value in readings[1].items())


@pytest.mark.parametrize(
    ("counts", "part", "expected"),
    [
        ((50, 100, 100), 0.5, 0.1),
        ((50, 100, 100), 0.25, 0.05),
        ((50, 100, 100), 0.99, 0.1 + 0.9 * 0.98),
        ((0, 100, 100), 0.5, 0.1 + 0.9 * 0.5),
        ((100, 100, 100), 0.99, 0.1 * 0.99),
        ((0, 0, 100), 0.5, 1.0),
        ((0, 98, 100), 0.99, 1.0),
    ],
)
def test_a_quantile_is_spread_evenly_within_its_bucket(counts: tuple[float, ...], part: float, expected: float) -> None:
    assert quantile(histogram(*counts), part) == pytest.approx(expected)


def test_a_quantile_is_of_all_histograms_together() -> None:
    risen = {**histogram(100, 100, 100, instance="a"), **histogram(0, 100, 100, instance="b")}
    assert quantile(risen, 0.5) == pytest.approx(0.1)
    assert quantile(risen, 0.75) == pytest.approx(0.55)


@pytest.mark.parametrize(
    ("part", "too_few", "enough"), [(0.99, 99, 100), (0.9, 9, 10), (0.5, 1, 2), (0.01, 99, 100), (0.999, 999, 1000)]
)
def test_a_quantile_of_too_few_is_nothing(part: float, too_few: int, enough: int) -> None:
    assert quantile(histogram(0, too_few, too_few), part) is None
    assert quantile(histogram(0, enough, enough), part) is not None


def test_no_buckets_are_no_data() -> None:
    assert quantile({}, 0.5) is None


@pytest.mark.parametrize(
    ("risen", "says"),
    [
        ({of(): 100.0}, "what is no bucket has been selected: le is None"),
        ({of(le="x"): 100.0}, "le is 'x'"),
        (histogram(50, 100, bounds=("0.1", "1")), "a bucket without an upper bound"),
        (histogram(100, bounds=("+Inf",)), "and another one"),
        (
            {**histogram(1, 2, 3, pool="a"), **histogram(1, 2, 3, bounds=("0.2", "1", "+Inf"), pool="b")},
            "the histograms have different buckets",
        ),
    ],
)
def test_what_is_no_histogram_is_a_bad_measurement(risen: dict, says: str) -> None:
    with pytest.raises(BadMeasurement) as failure:
        quantile(risen, 0.5)
    assert says in failure.value.message


@given(
    st.lists(st.floats(1e-3, 100), min_size=100, max_size=300),
    st.sampled_from([0.01, 0.25, 0.5, 0.9, 0.99]),
)
def test_the_estimate_is_in_the_bucket_of_the_true_one(observed: list[float], part: float) -> None:
    bounds = (0.01, 0.1, 1.0, 10.0, 100.0, math.inf)
    counts = [float(sum(value <= bound for value in observed)) for bound in bounds]
    estimate = quantile(histogram(*counts, bounds=[str(bound) for bound in bounds]), part)
    true = sorted(observed)[math.ceil(round(part * len(observed), 9)) - 1]
    upper = next(bound for bound in bounds if true <= bound)
    lower = max((bound for bound in bounds if bound < true), default=0.0)
    assert lower <= estimate <= upper * (1 + 1e-9)
