# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of one metric: Kayenta's words, its faults, and what was mended."""

from __future__ import annotations

import dataclasses
import math

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta import mann_whitney
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.classify import (
    Classification,
    Label,
    classify,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.mean_inequality import (
    classify_by_mean,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.metric import (
    Direction,
    Limits,
    Measure,
    Metric,
    NanStrategy,
    OutlierStrategy,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.rules import Rules

KAYENTA = Rules.compatible(configured=True, tolerance=0.1, confidence=0.95)
"""The rules that Kayenta's tests of its classifier run by."""
HARD_CODED = Rules.compatible()
MENDED = Rules()

NAN = math.nan
LOW_VALUES = [1, 2.2, 1.1, 2.5, 3]
HIGH_VALUES = [20, 22, 21, 25, 30]
ZEROS = [0.0] * 10
SOME_ERRORS = [0, 0.048, 0, 0.18, 0.089, 0, 0.098, 0.035, 0, 0]


def said(rules: Rules, experiment, control, **metric) -> Classification:
    return classify(Metric("errors", **metric), control, experiment, rules)


def label(rules: Rules, experiment, control, **metric) -> Label:
    return said(rules, experiment, control, **metric).label


def test_higher_is_high_and_by_default_critical_where_the_metric_is() -> None:
    assert label(KAYENTA, HIGH_VALUES, LOW_VALUES) is Label.HIGH
    assert not said(KAYENTA, HIGH_VALUES, LOW_VALUES).critical
    critical = said(KAYENTA, HIGH_VALUES, LOW_VALUES, critical=True)
    assert (critical.label, critical.critical) == (Label.HIGH, True)


def test_what_is_high_is_critical_only_from_its_own_limit_on() -> None:
    found = said(
        KAYENTA, HIGH_VALUES, LOW_VALUES, critical=True, allowed=Limits(1.0, 5.0), critical_at=Limits(1.0, 13.0)
    )

    assert (found.label, found.critical) == (Label.HIGH, False)
    assert found.effect == pytest.approx(12.0408, abs=1e-4)


def test_a_difference_that_is_small_enough_passes() -> None:
    assert label(KAYENTA, HIGH_VALUES, LOW_VALUES, allowed=Limits(1.0, 13.0)) is Label.PASS
    assert label(KAYENTA, [10, 12.2, 10.1, 12.5, 23], HIGH_VALUES, allowed=Limits(0.5, 1.0)) is Label.PASS


def test_an_effect_at_its_limit_counts() -> None:
    ten_times = ([10.0] * 5, [1.0] * 5)

    assert label(KAYENTA, *ten_times, allowed=Limits(1.0, 10.0)) is Label.HIGH
    assert label(KAYENTA, *ten_times, allowed=Limits(1.0, 10.01)) is Label.PASS
    assert label(KAYENTA, *reversed(ten_times), allowed=Limits(0.1, 1.0)) is Label.LOW
    assert label(KAYENTA, *reversed(ten_times), allowed=Limits(0.09, 1.0)) is Label.PASS


def test_lower_is_low_and_critically_so_from_its_limit_on() -> None:
    found = said(KAYENTA, [2, 2, 2, 2, 3], [10, 20.2, 10.1, 20.5, 30], critical=True, critical_at=Limits(1.2, 1.0))

    assert (found.label, found.critical) == (Label.LOW, True)


@pytest.mark.parametrize(
    ("direction", "higher", "lower"),
    [
        (Direction.EITHER, Label.HIGH, Label.LOW),
        (Direction.INCREASE, Label.HIGH, Label.PASS),
        (Direction.DECREASE, Label.PASS, Label.LOW),
    ],
)
@pytest.mark.parametrize("rules", [KAYENTA, MENDED])
def test_only_the_direction_that_matters_fails(rules: Rules, direction: Direction, higher: Label, lower: Label) -> None:
    assert label(rules, HIGH_VALUES, LOW_VALUES, direction=direction) is higher
    assert label(rules, LOW_VALUES, HIGH_VALUES, direction=direction) is lower


@pytest.mark.parametrize(
    ("experiment", "control", "expected"),
    [
        ([1, 1, 1, 1, 10], [1] * 5, Label.PASS),
        ([10] * 5, [1] * 5, Label.HIGH),
        ([1] * 5, [10] * 5, Label.LOW),
        ([10] * 5, [0] * 5, Label.HIGH),
        ([0] * 5, [10] * 5, Label.LOW),
        ([3, 1, 2, 5, 4], [1, 2, 3, 4, 5], Label.PASS),
        ([7] * 6, [7] * 5, Label.PASS),
    ],
)
@pytest.mark.parametrize("rules", [KAYENTA, MENDED])
def test_constants_and_identical_samples(rules: Rules, experiment, control, expected: Label) -> None:
    assert label(rules, experiment, control) is expected


@pytest.mark.parametrize(
    ("metric", "expected", "critical"),
    [
        ({}, Label.NODATA, False),
        ({"critical": True}, Label.NODATA, True),
        ({"must_have_data": True}, Label.NODATA_FAIL_METRIC, False),
        ({"must_have_data": True, "critical": True}, Label.NODATA, True),
    ],
)
@pytest.mark.parametrize("rules", [KAYENTA, MENDED])
@pytest.mark.parametrize("sides", [([], [1, 2, 3, 4, 5]), ([1, 2, 3, 4, 5], []), ([NAN, None], [NAN] * 9)])
def test_a_side_without_measurements(rules: Rules, sides, metric, expected: Label, critical: bool) -> None:
    found = said(rules, *sides, **metric)

    assert (found.label, found.critical) == (expected, critical)
    assert "measurements" in found.reason


def test_a_side_without_points_in_time_passes_in_kayenta_where_missing_ones_are_0() -> None:
    assert label(KAYENTA, [], [1, 2, 3, 4, 5], nan=NanStrategy.REPLACE) is Label.PASS
    assert label(MENDED, [], [1, 2, 3, 4, 5], nan=NanStrategy.REPLACE) is Label.NODATA
    assert label(KAYENTA, [NAN] * 5, [1, 2, 3, 4, 5], nan=NanStrategy.REPLACE) is Label.LOW


def test_what_passes_for_want_of_measurements_says_so() -> None:
    assert "missing" in said(MENDED, [NAN] * 9, [NAN] * 9, nan=NanStrategy.REPLACE).reason
    assert "missing" not in said(MENDED, [1] * 9, [1] * 9, nan=NanStrategy.REPLACE).reason


def test_outliers_are_removed_where_that_is_asked_for() -> None:
    control = [10.0 + step / 100 for step in range(200)]
    experiment = control[:199] + [1e6]

    assert said(MENDED, experiment, control).measured == (200, 200)
    assert said(MENDED, experiment, control, outliers=OutlierStrategy.REMOVE).measured == (200, 199)


def test_the_common_language_effect_size_is_judged_by_where_it_is_asked_for() -> None:
    control, experiment = list(range(20)), [value + 6 for value in range(20)]
    size = 0.755

    for limit, expected in ((size - 0.001, Label.HIGH), (size + 0.001, Label.PASS)):
        found = said(KAYENTA, experiment, control, measure=Measure.CLES, allowed=Limits(0.5, limit))
        assert found.label is expected
        assert found.effect == pytest.approx(size)
        assert found.deviation == pytest.approx(15.5 / 9.5)
    assert label(KAYENTA, experiment, control, measure=Measure.CLES) is Label.HIGH


def test_tolerance_and_confidence_are_hard_coded_until_they_are_asked_for() -> None:
    wide = [1.0, 2.0, 3.0, 4.0], [10.0, 20.0, 30.0, 40.0]
    shift = mann_whitney.location_shift(wide[1], wide[0], 0.95)
    assert (shift.lower, shift.estimate) == (6.0, 22.5)

    def strict(rules: Rules) -> Rules:
        return dataclasses.replace(rules, tolerance=0.3, confidence=0.95)

    assert label(strict(HARD_CODED), wide[1], wide[0]) is Label.HIGH
    assert label(strict(Rules.compatible(configured=True)), wide[1], wide[0]) is Label.PASS
    assert label(strict(MENDED), wide[1], wide[0]) is Label.PASS
    assert label(dataclasses.replace(MENDED, configured=False, minimum_sample=4), wide[1], wide[0]) is Label.HIGH


@pytest.mark.parametrize("n", [1, 2, 4])
def test_kayenta_says_high_of_so_few_measurements_that_nothing_can_be_said(n: int) -> None:
    few = [value + 100.0 for value in range(n)], [float(value) for value in range(n)]

    assert label(HARD_CODED, *few) is Label.HIGH
    assert label(dataclasses.replace(MENDED, minimum_sample=1), *few) is Label.HIGH
    found = said(MENDED, *few)
    assert found.label is Label.NODATA
    assert (
        found.reason
        == "{0} measurements of the baseline and {0} of the canary are too few, 5 of each are needed".format(n)
    )
    assert label(dataclasses.replace(MENDED, confidence=0.9), *few) is (Label.HIGH if n >= 3 else Label.NODATA)


def test_errors_against_a_baseline_without_any_pass_in_kayenta_and_are_high_here() -> None:
    for confidence in (0.98, 0.95):
        kept = said(Rules.compatible(configured=True, confidence=confidence), SOME_ERRORS, ZEROS)
        assert kept.label is Label.PASS
        assert kept.interval is not None
        assert (kept.interval.lower, kept.interval.upper) == pytest.approx((0, 0.089), abs=1e-4)
        assert kept.interval.estimate == pytest.approx(0.0216, abs=1e-4)
    found = said(MENDED, SOME_ERRORS, ZEROS, critical=True)
    assert (found.label, found.critical) == (Label.HIGH, True)
    assert "most values are 0" in found.reason
    assert label(dataclasses.replace(MENDED, guards_zeros=False), SOME_ERRORS, ZEROS) is Label.PASS
    assert label(dataclasses.replace(HARD_CODED, guards_zeros=True), SOME_ERRORS, ZEROS) is Label.HIGH
    assert label(MENDED, SOME_ERRORS, ZEROS, direction=Direction.DECREASE) is Label.PASS
    assert label(MENDED, ZEROS, SOME_ERRORS) is Label.LOW


def test_a_canary_that_is_all_0_is_low_where_most_of_its_baseline_is_not() -> None:
    control = [0.0] * 4 + [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]

    assert label(MENDED, ZEROS, control) is Label.LOW
    assert label(HARD_CODED, ZEROS, control) is Label.PASS
    assert label(MENDED, ZEROS, control, direction=Direction.INCREASE) is Label.PASS


def test_one_error_among_many_measurements_is_not_yet_a_difference() -> None:
    assert label(MENDED, [0.0] * 59 + [0.2], [0.0] * 60) is Label.PASS
    assert label(MENDED, [0.0] * 50 + [0.2] * 10, [0.0] * 60) is Label.HIGH


@pytest.mark.parametrize(
    ("limit", "control", "expected"),
    [
        (0.019, ZEROS, Label.HIGH),
        (0.021, ZEROS, Label.PASS),
        (0.019, [0.0] * 9 + [0.01], Label.HIGH),
        (0.0005, [0.0] * 9 + [0.01], Label.PASS),
    ],
    ids=["above", "below", "baseline near 0", "baseline not near 0"],
)
def test_a_canary_above_what_is_allowed_is_high_where_the_baseline_is_near_0(limit, control, expected) -> None:
    experiment = [0.0] * 9 + [0.2]

    assert label(MENDED, experiment, control) is Label.PASS
    assert label(MENDED, experiment, control, allowed_absolute=limit) is expected
    assert label(HARD_CODED, experiment, control, allowed_absolute=limit) is Label.PASS
    assert label(MENDED, experiment, control, allowed_absolute=limit, direction=Direction.DECREASE) is Label.PASS


def test_what_is_allowed_never_makes_a_difference_pass() -> None:
    assert label(MENDED, [0.5] * 10, ZEROS, allowed_absolute=1.0) is Label.HIGH


def test_kayenta_judges_samples_that_are_mostly_0_by_the_chance_of_its_search() -> None:
    """The shift is 0, and the search stops anywhere within 1e-4 of it, whatever the unit is."""
    control = [0] * 28 + [2, 3]
    experiment = [0] * 16 + [1] * 4 + [2] * 6 + [3] * 4
    labels = {}
    for unit in (0.01, 0.02, 0.05, 1.0, 10.0):
        scaled = [value * unit for value in experiment], [value * unit for value in control]
        labels[unit] = label(HARD_CODED, *scaled), label(MENDED, *scaled)

    assert {kept for kept, _mended in labels.values()} == {Label.PASS, Label.HIGH}
    assert {mended for _kept, mended in labels.values()} == {Label.HIGH}


def test_where_most_is_0_a_difference_must_still_be_large_enough() -> None:
    control, experiment = [0] * 28 + [2, 3], [0] * 16 + [1] * 4 + [2] * 6 + [3] * 4

    assert label(MENDED, experiment, control, allowed=Limits(1.0, 5.5)) is Label.HIGH
    assert label(MENDED, experiment, control, allowed=Limits(1.0, 5.7)) is Label.PASS


def test_against_a_negative_baseline_a_ratio_says_the_contrary() -> None:
    control, experiment = [-value for value in HIGH_VALUES], [-value for value in LOW_VALUES]

    assert label(HARD_CODED, experiment, control) is Label.PASS
    assert label(MENDED, experiment, control) is Label.HIGH
    assert label(MENDED, control, experiment) is Label.LOW
    assert label(dataclasses.replace(MENDED, ratio_of_positive_baseline=False), experiment, control) is Label.PASS


@pytest.mark.parametrize("broken", [math.inf, -math.inf, 1e308])
def test_what_cannot_be_computed_with_is_an_error(broken: float) -> None:
    experiment = [1.0, 2.0, 3.0, 4.0, broken]

    found = said(MENDED, experiment, LOW_VALUES, critical=True)
    assert (found.label, found.critical) == (Label.ERROR, True)
    assert str(abs(broken)) in found.reason
    kept = said(HARD_CODED, experiment, LOW_VALUES, critical=True)
    assert (kept.label, kept.critical) == (Label.ERROR, False)
    assert label(MENDED, experiment, experiment) is Label.ERROR
    assert label(HARD_CODED, experiment, experiment) is Label.PASS


def test_where_a_shift_swallows_all_differences_kayenta_has_no_answer() -> None:
    found = said(HARD_CODED, [0.5, 0.5 + 2**-53], [1.0, 1.0], critical=True)

    assert (found.label, found.critical) == (Label.ERROR, False)
    assert label(dataclasses.replace(MENDED, minimum_sample=1), [0.5, 0.5 + 2**-53], [1.0, 1.0]) is Label.LOW


@pytest.mark.parametrize(
    ("experiment", "metric", "expected", "critical"),
    [
        ([10, 20, 30, 40, 50], {"critical": True}, Label.HIGH, True),
        ([0, 1, 1, 1, 1], {}, Label.LOW, False),
        ([5, 4, 3, 2, 1], {"critical": True}, Label.PASS, False),
        ([10, 20, 30, 40, 50], {"direction": Direction.DECREASE}, Label.PASS, False),
        ([0, 1, 1, 1, 1], {"direction": Direction.INCREASE}, Label.PASS, False),
        ([], {"critical": True}, Label.NODATA, True),
        ([], {"must_have_data": True}, Label.NODATA_FAIL_METRIC, False),
        ([], {"nan": NanStrategy.REPLACE}, Label.PASS, False),
        ([1, math.inf], {"critical": True}, Label.ERROR, False),
    ],
)
def test_means_alone(experiment, metric, expected: Label, critical: bool) -> None:
    found = classify_by_mean(Metric("m", **metric), [1, 2, 3, 4, 5], experiment)

    assert (found.label, found.critical) == (expected, critical)


def test_a_mean_of_0_is_infinitely_far_from_another() -> None:
    assert classify_by_mean(Metric("m"), [0, 0], [1, 1]).deviation == math.inf
    assert classify_by_mean(Metric("m"), [0, 0], [-1, -1]).deviation == -math.inf
