# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples before they are compared, and how large a difference is."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta import effect, samples
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.metric import (
    Metric,
    NanStrategy,
    OutlierStrategy,
)
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary

WHOLE = st.lists(st.integers(-30, 30).map(float), min_size=1, max_size=20)


def test_a_percentile_lies_between_the_two_nearest_ranks() -> None:
    assert samples.percentile([0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5], 5) == pytest.approx(0.175)
    assert samples.percentile([4, 1, 3, 2], 50) == 2.5
    assert samples.percentile([4, 1, 3, 2], 0) == 1
    assert math.isnan(samples.percentile([], 50))


@pytest.mark.parametrize("percent", [-0.1, 100.1, math.nan])
def test_a_percentile_is_of_a_hundred(percent: float) -> None:
    with pytest.raises(InvalidOption, match="percentile"):
        samples.percentile([1.0], percent)


def test_missing_measurements_are_removed_or_are_0() -> None:
    assert samples.remove_nan([math.nan, 1.0, None, 0.0]) == (1.0, 0.0)
    assert samples.replace_nan([math.nan, 1.0, None, 0.0]) == (0.0, 1.0, 0.0, 0.0)


@given(values=WHOLE, factor=st.floats(0.1, 5))
def test_the_widened_fence_finds_fewer_outliers_never_others(values: list[float], factor: float) -> None:
    narrow = samples.outliers_by_quartiles(values, factor)
    wide = samples.outliers_by_quartiles(values, factor, widened=True)

    assert all(n or not w for n, w in zip(narrow, wide, strict=True))
    assert not any(wide) or any(value != np.median(values) for value in values)


def test_what_lies_within_the_first_and_last_hundredth_is_no_outlier_to_the_judge() -> None:
    values = [10.0] * 95 + [50.0] * 5

    assert sum(samples.outliers_by_quartiles(values, 3.0)) == 5
    assert not any(samples.outliers_by_quartiles(values, 3.0, widened=True))


def test_a_value_on_the_fence_is_no_outlier() -> None:
    values = [1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 7.0, 7.0, 14.5]
    first, third = samples.percentile(values, 25), samples.percentile(values, 75)
    assert (first, third) == (3.0, 7.0)

    assert not any(samples.outliers_by_quartiles(values, 1.875))
    assert samples.outliers_by_quartiles(values, 1.874) == [False] * 8 + [True]


def test_deviations_are_of_the_whole_sample() -> None:
    assert samples.outliers_by_deviation([0.0, 0.0, 0.0, 4.0], 1.73) == [False, False, False, True]
    assert not any(samples.outliers_by_deviation([0.0, 0.0, 0.0, 4.0], 1.74))
    assert samples.outliers_by_deviation([], 1.0) == []


@pytest.mark.parametrize("factor", [0.0, -1.0, math.nan])
def test_a_factor_of_outliers_is_above_0(factor: float) -> None:
    with pytest.raises(InvalidOption, match="outlierFactor"):
        samples.outliers_by_quartiles([1.0], factor)
    with pytest.raises(InvalidOption, match="k"):
        samples.outliers_by_deviation([1.0], factor)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (Metric("m"), (1.0,) * 120 + (90.0,)),
        (Metric("m", nan=NanStrategy.REPLACE), (1.0,) * 120 + (0.0, 90.0)),
        (Metric("m", outliers=OutlierStrategy.REMOVE), (1.0,) * 120),
        (Metric("m", nan=NanStrategy.REPLACE, outliers=OutlierStrategy.REMOVE), (1.0,) * 120),
    ],
    ids=["as they are", "missing is 0", "no outliers", "what was missing can be an outlier"],
)
def test_a_sample_is_prepared_as_its_metric_has_it(metric: Metric, expected: tuple[float, ...]) -> None:
    assert samples.prepare([1.0] * 120 + [math.nan, 90.0], metric) == expected


@given(control=WHOLE, experiment=WHOLE)
def test_the_common_language_effect_size_counts_pairs(control: list[float], experiment: list[float]) -> None:
    wins = sum((a > b) + (a == b) / 2 for a, b in itertools.product(experiment, control))

    assert effect.cles(control, experiment) == pytest.approx(wins / (len(control) * len(experiment)))
    assert effect.cles(control=experiment, experiment=control) == pytest.approx(1 - effect.cles(control, experiment))


@given(control=WHOLE, experiment=WHOLE)
def test_the_ratio_of_means_needs_two_means(control: list[float], experiment: list[float]) -> None:
    ratio = effect.mean_ratio(control, experiment)

    if sum(control) == 0 or sum(experiment) == 0:
        assert math.isnan(ratio)
    else:
        assert ratio == pytest.approx(np.mean(experiment) / np.mean(control))


def test_cohens_d_is_in_pooled_deviations_and_has_no_sign() -> None:
    control, experiment = [5, 5, 5, 10, 10, 10], [1, 1, 1, 2, 2, 2]

    assert effect.cohen_d(control, experiment) == pytest.approx(3.03821, abs=1e-5)
    assert effect.cohen_d(control=experiment, experiment=control) == effect.cohen_d(control, experiment)
    assert effect.cohen_d([1, 1], [2, 2]) == math.inf
    assert math.isnan(effect.cohen_d([1, 1], [1, 1]))


def test_an_empty_sample_has_no_mean() -> None:
    assert math.isnan(effect.mean([]))


def test_without_its_libraries_it_says_which_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "numpy", None)
    monkeypatch.setattr(effect, "stats", None)

    for call in (lambda: samples.percentile([1.0], 5), lambda: samples.outliers_by_deviation([1.0], 1.0)):
        with pytest.raises(MissingLibrary, match="numpy"):
            call()
    with pytest.raises(MissingLibrary, match="scipy"):
        effect.cles([1.0], [2.0])
    monkeypatch.setattr(effect, "numpy", None)
    for call in (lambda: effect.cles([1.0], [2.0]), lambda: effect.cohen_d([1.0], [2.0])):
        with pytest.raises(MissingLibrary, match="numpy"):
            call()
