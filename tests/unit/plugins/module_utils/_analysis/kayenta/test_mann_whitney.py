# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""By how much one sample is above another."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy import optimize, stats

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta import mann_whitney
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.brent import find_root
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.mann_whitney import (
    AllTied,
    Interval,
    least_sample,
    location_shift,
    normal_quantile,
    shift_statistic,
    two_sided_quantile,
)
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary

CONFIDENCES = st.sampled_from([0.5, 0.9, 0.95, 0.98, 0.99])
WHOLE = st.integers(-30, 30).map(float)
"""Whole numbers, so that differences are exact."""


def sample(least: int = 1) -> st.SearchStrategy[list[float]]:
    return st.lists(WHOLE, min_size=least, max_size=20)


def ends(interval: Interval) -> tuple[float, float, float]:
    return interval.lower, interval.upper, interval.estimate


def test_the_quantile_of_the_normal_distribution() -> None:
    assert normal_quantile(0.01) == pytest.approx(-2.326348, abs=1e-6)
    assert two_sided_quantile(0.98) == pytest.approx(2.326348, abs=1e-6)


@given(x=sample(), y=sample())
def test_without_a_shift_the_statistic_is_that_of_scipy(x: list[float], y: list[float]) -> None:
    assume(len(set(x + y)) > 1)
    statistic = shift_statistic(0.0, 0.0, x, y)
    p = stats.mannwhitneyu(x, y, alternative="two-sided", method="asymptotic").pvalue

    # scipy takes the half rank off even where there is no surplus to take it from.
    assert 2 * stats.norm.sf(abs(statistic)) == pytest.approx(p, abs=1e-9) or abs(statistic) == 0


@pytest.mark.parametrize(("n", "statistic"), [(4, 2.165), (5, 2.507)])
def test_how_far_samples_that_do_not_overlap_can_be_apart(n: int, statistic: float) -> None:
    apart = shift_statistic(0.0, 0.0, range(n, 2 * n), range(n))

    assert apart == pytest.approx(statistic, abs=1e-3)
    assert (apart > two_sided_quantile(0.98)) is (n >= least_sample(0.98))


@given(confidence=CONFIDENCES)
def test_the_least_sample_is_the_first_at_which_anything_can_be_told_apart(confidence: float) -> None:
    n = least_sample(confidence)
    needed = two_sided_quantile(confidence)

    assert shift_statistic(0.0, 0.0, range(n, 2 * n), range(n)) > needed
    if n > 2:
        assert shift_statistic(0.0, 0.0, range(n, 2 * n - 1), range(n - 1)) <= needed


def test_where_all_is_tied_there_is_no_statistic() -> None:
    with pytest.raises(AllTied):
        shift_statistic(9.0, 0.0, [10.0, 10.0], [1.0, 1.0])


@given(x=sample(), y=sample(), confidence=CONFIDENCES)
@example(x=[20.0, 22, 21, 25, 30], y=[1.0, 2, 1, 2, 3], confidence=0.98)
@example(x=[1.0] * 5 + [10.0], y=[1.0] * 5, confidence=0.9)
def test_the_interval_holds_just_the_shifts_that_the_test_does_not_reject(
    x: list[float], y: list[float], confidence: float
) -> None:
    interval = location_shift(x, y, confidence)
    needed = two_sided_quantile(confidence)
    differences = sorted({a - b for a, b in itertools.product(x, y)})
    between = [differences[0] - 1, *(np.diff(differences) / 2 + differences[:-1]), differences[-1] + 1]

    for mu in between:
        statistic = shift_statistic(mu, 0.0, x, y)
        if differences[0] < mu < differences[-1]:
            assert (statistic > needed + 1e-9) <= (mu < interval.lower)
            assert (mu < interval.lower) <= (statistic > needed - 1e-9)
            assert (statistic < -needed - 1e-9) <= (mu > interval.upper)
            assert (mu > interval.upper) <= (statistic < -needed + 1e-9)
    assert {interval.lower, interval.upper} <= set(differences)


@given(x=sample(), y=sample(), confidence=CONFIDENCES)
def test_the_estimate_is_the_median_difference_and_lies_inside(
    x: list[float], y: list[float], confidence: float
) -> None:
    interval = location_shift(x, y, confidence)

    assert interval.estimate == np.median([a - b for a, b in itertools.product(x, y)])
    assert interval.lower <= interval.estimate <= interval.upper


@given(x=sample(), y=sample(), confidence=CONFIDENCES)
def test_swapping_the_sides_negates_the_interval(x: list[float], y: list[float], confidence: float) -> None:
    there, back = location_shift(x, y, confidence), location_shift(y, x, confidence)

    assert ends(there) == (-back.upper, -back.lower, -back.estimate)


@given(x=sample(), y=sample(), confidence=CONFIDENCES, by=WHOLE)
def test_moving_a_side_moves_the_interval(x: list[float], y: list[float], confidence: float, by: float) -> None:
    before = location_shift(x, y, confidence)
    canary, baseline = [value + by for value in x], [value + by for value in y]

    assert ends(location_shift(canary, y, confidence)) == tuple(end + by for end in ends(before))
    assert ends(location_shift(x, baseline, confidence)) == tuple(end - by for end in ends(before))
    assert location_shift(canary, baseline, confidence) == before


@given(x=sample(), y=sample(), confidence=CONFIDENCES, unit=st.floats(1e-9, 1e9))
def test_the_unit_scales_the_interval(x: list[float], y: list[float], confidence: float, unit: float) -> None:
    before = location_shift(x, y, confidence)
    after = location_shift([value * unit for value in x], [value * unit for value in y], confidence)

    assert ends(after) == pytest.approx(tuple(end * unit for end in ends(before)), rel=1e-9, abs=0.0)


@given(x=sample(), y=sample(), order=st.randoms(use_true_random=False))
def test_the_order_of_the_values_does_not_matter(x: list[float], y: list[float], order) -> None:
    before = location_shift(x, y, 0.98)
    order.shuffle(x)
    order.shuffle(y)

    assert location_shift(x, y, 0.98) == before


@given(x=sample(), y=sample())
def test_more_confidence_widens_the_interval(x: list[float], y: list[float]) -> None:
    intervals = [location_shift(x, y, confidence) for confidence in (0.5, 0.9, 0.98, 0.999)]

    assert all(wide.lower <= narrow.lower for narrow, wide in itertools.pairwise(intervals))
    assert all(wide.upper >= narrow.upper for narrow, wide in itertools.pairwise(intervals))


@given(x=sample(), y=sample(), confidence=CONFIDENCES)
def test_the_search_ends_where_the_interval_is_read_off(x: list[float], y: list[float], confidence: float) -> None:
    exact, searched = location_shift(x, y, confidence), location_shift(x, y, confidence, 1e-4)

    assert (searched.lower, searched.upper) == pytest.approx((exact.lower, exact.upper), abs=1.1e-4)


@given(x=sample(), y=sample(), confidence=CONFIDENCES)
def test_too_many_differences_to_sort_are_searched(x: list[float], y: list[float], confidence: float) -> None:
    exact = location_shift(x, y, confidence)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mann_whitney, "_MOST_PAIRS", 0)
        searched = location_shift(x, y, confidence)

    assert (searched.lower, searched.upper) == pytest.approx((exact.lower, exact.upper), abs=2e-7)
    # What is 0 is 0 just so, for by a trifle it would be higher or lower.
    assert (searched.lower == 0, searched.upper == 0) == (exact.lower == 0, exact.upper == 0)


def test_constants_are_their_difference_apart_with_certainty_and_without_noise() -> None:
    for root_tolerance in (None, 1e-4):
        assert location_shift([10.0] * 5, [1.0] * 5, 0.98, root_tolerance) == Interval(9.0, 9.0, 9.0)
        assert location_shift([10.0], [1.0], 0.98, root_tolerance) == Interval(9.0, 9.0, 9.0)


def test_rounding_is_no_difference() -> None:
    assert location_shift([0.1 + 0.2] * 5, [0.3] * 5, 0.98) == Interval(0.0, 0.0, 0.0)


@pytest.mark.parametrize("power", [3, 5, 7])
def test_a_root_is_where_scipy_finds_it(power: int) -> None:
    def curve(at: float) -> float:
        return (at - 0.7) ** power + (at - 0.7) / 3

    found = find_root(curve, -3.0, 8.0, 1e-9)

    assert found == pytest.approx(optimize.brentq(curve, -3.0, 8.0, xtol=1e-9), abs=2e-9)
    assert found == pytest.approx(0.7, abs=1e-9)


@given(step=st.floats(-5, 5), tolerance=st.sampled_from([1e-2, 1e-4, 1e-9]))
def test_a_step_is_found_as_closely_as_was_asked(step: float, tolerance: float) -> None:
    assert abs(find_root(lambda at: 1.0 if at < step else -2.0, -6.0, 6.0, tolerance) - step) <= tolerance


@pytest.mark.parametrize("end", [-1.0, 4.0])
def test_a_root_at_an_end_is_found_at_once(end: float) -> None:
    asked: list[float] = []

    def line(at: float) -> float:
        asked.append(at)
        return at - end

    assert find_root(line, -1.0, 4.0, 1e-4) == end
    assert len(asked) == 2


def test_a_search_that_does_not_end_is_ended() -> None:
    assert math.isfinite(find_root(lambda at: 1.0 if at < 0.1 else -1.0, -1e9, 1e9, 0.0, steps=5))


@pytest.mark.parametrize(("library", "name"), [("numpy", "numpy"), ("stats", "scipy")])
def test_without_its_libraries_it_says_which_is_missing(
    monkeypatch: pytest.MonkeyPatch, library: str, name: str
) -> None:
    monkeypatch.setattr(mann_whitney, library, None)

    for call in (lambda: location_shift([1.0], [2.0], 0.98), lambda: normal_quantile(0.5)):
        with pytest.raises(MissingLibrary, match=name):
            call()
