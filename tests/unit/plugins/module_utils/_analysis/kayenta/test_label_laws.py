# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds of every label, whatever was measured."""

from __future__ import annotations

import dataclasses
import itertools
import math
import sys

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta import mann_whitney
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.classify import Label, classify
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.metric import (
    Direction,
    Limits,
    Measure,
    Metric,
    NanStrategy,
    OutlierStrategy,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.rules import Rules
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.samples import prepare

MENDED = Rules()
KAYENTA = Rules.compatible()
# No whole numbers meet these exactly, so that rounding decides nothing.
UNMET = Rules(tolerance=0.2343217)
UNMET_LIMITS = Limits(0.98765432, 1.01234567)

COMPARED = {Label.PASS, Label.HIGH, Label.LOW}
MIRRORED = {Label.HIGH: Label.LOW, Label.LOW: Label.HIGH}
ORDER = [Label.LOW, Label.PASS, Label.HIGH]

ANYTHING = st.one_of(
    st.none(),
    st.floats(),
    st.sampled_from([0.0, -0.0, 5e-324, 1e308, -1e308]),
    st.integers(0, 40).map(float),
)


@st.composite
def counts(draw: st.DrawFn, least: int = 5, most: int = 20) -> list[float]:
    """Whole numbers, so that differences are exact, from a range of their own, so that two samples often differ; or mostly 0."""
    lowest, width = draw(st.integers(0, 30)), draw(st.integers(0, 12))
    value = st.integers(lowest, lowest + width).map(float)
    if draw(st.integers(0, 3)) == 0:
        value = st.just(0.0) | value
    return draw(st.lists(value, min_size=least, max_size=most))


METRICS = st.builds(
    Metric,
    name=st.just("m"),
    direction=st.sampled_from(Direction),
    nan=st.sampled_from(NanStrategy),
    outliers=st.sampled_from(OutlierStrategy),
    outlier_factor=st.floats(0.1, 5),
    critical=st.booleans(),
    must_have_data=st.booleans(),
    measure=st.sampled_from(Measure),
    allowed=st.none() | st.builds(Limits, st.floats(0, 2), st.floats(0, 2)),
    critical_at=st.none() | st.builds(Limits, st.floats(0, 2), st.floats(0, 2)),
    allowed_absolute=st.none() | st.floats(0, 10),
)
RULES = st.builds(
    Rules,
    tolerance=st.floats(0, 0.99),
    confidence=st.floats(0.5, 0.999),
    configured=st.booleans(),
    minimum_sample=st.none() | st.integers(0, 8),
    root_tolerance=st.none() | st.sampled_from([1e-4, 1.0]),
    guards_zeros=st.booleans(),
    ratio_of_positive_baseline=st.booleans(),
    counts_errors=st.booleans(),
)


@given(metric=METRICS, control=st.lists(ANYTHING, max_size=12), experiment=st.lists(ANYTHING, max_size=12), rules=RULES)
def test_whatever_was_measured_there_is_a_label_and_a_reason(metric, control, experiment, rules) -> None:
    found = classify(metric, control, experiment, rules)

    assert isinstance(found.label, Label)
    assert found.reason
    assert not (found.critical and not metric.critical)
    assert not (found.critical and found.label is Label.PASS)
    again = classify(metric, control, experiment, rules)
    assert (again.label, again.reason, again.critical) == (found.label, found.reason, found.critical)


@given(metric=METRICS, control=st.lists(ANYTHING, max_size=12), experiment=st.lists(ANYTHING, max_size=12))
def test_what_is_no_number_never_passes_in_silence(metric, control, experiment) -> None:
    found = classify(metric, control, experiment, MENDED)
    compared = prepare(control, metric) + prepare(experiment, metric)

    if not all(map(math.isfinite, compared)):
        assert found.label not in COMPARED
    if metric.nan is NanStrategy.REMOVE and not any(map(is_measured, control)):
        assert found.label not in COMPARED
    if found.label is Label.PASS and not any(map(is_measured, control + experiment)):
        assert "missing" in found.reason


def is_measured(value: float | None) -> bool:
    return value is not None and not math.isnan(value)


@given(metric=METRICS, few=st.lists(ANYTHING, max_size=12), many=st.lists(ANYTHING, max_size=12), turned=st.booleans())
def test_too_few_measurements_are_no_data_and_nothing_else(metric, few, many, turned) -> None:
    control, experiment = (many, few) if turned else (few, many)
    assume(min(len(prepare(side, metric)) for side in (control, experiment)) < MENDED.needed_sample)

    found = classify(metric, control, experiment, MENDED)

    is_failure = metric.must_have_data and not metric.critical
    assert found.label is (Label.NODATA_FAIL_METRIC if is_failure else Label.NODATA)
    assert found.critical is metric.critical


@given(metric=METRICS, control=counts(), experiment=counts(), rules=RULES)
def test_only_the_direction_that_matters_is_told(metric, control, experiment, rules) -> None:
    found = classify(metric, control, experiment, rules).label

    assert found is not Label.HIGH or metric.direction is not Direction.DECREASE
    assert found is not Label.LOW or metric.direction is not Direction.INCREASE


@given(control=counts(), experiment=counts(), unit=st.floats(1e-12, 1e12), measure=st.sampled_from(Measure))
def test_the_unit_of_a_metric_does_not_change_its_label(control, experiment, unit, measure) -> None:
    metric = Metric("m", measure=measure, allowed=UNMET_LIMITS if measure is Measure.MEAN_RATIO else None)

    def scaled(values: list[float]) -> list[float]:
        return [value * unit for value in values]

    expected = classify(metric, control, experiment, UNMET).label
    assert classify(metric, scaled(control), scaled(experiment), UNMET).label is expected


@given(control=counts(), experiment=counts(), measure=st.sampled_from(Measure))
def test_swapping_the_sides_swaps_high_and_low(control, experiment, measure) -> None:
    metric = Metric("m", measure=measure)
    there = classify(metric, control, experiment, MENDED)
    back = classify(metric, experiment, control, MENDED)

    assert back.label is MIRRORED.get(there.label, there.label)
    if there.interval is not None and back.interval is not None:
        assert (there.interval.lower, there.interval.upper) == (-back.interval.upper, -back.interval.lower)


@given(control=counts(), experiment=counts(), steps=st.lists(st.floats(0.01, 30), min_size=1, max_size=4))
def test_the_higher_the_canary_the_higher_its_label(control, experiment, steps) -> None:
    labels = [
        classify(Metric("m"), control, [value + by for value in experiment], MENDED).label
        for by in itertools.accumulate([0.0, *steps])
    ]

    assert labels == sorted(labels, key=ORDER.index)


@given(control=counts(), experiment=counts(), order=st.randoms(use_true_random=False))
def test_the_order_of_the_measurements_does_not_matter(control, experiment, order) -> None:
    expected = classify(Metric("m"), control, experiment, MENDED).label
    order.shuffle(control)
    order.shuffle(experiment)

    assert classify(Metric("m"), control, experiment, MENDED).label is expected


@given(control=counts(), experiment=counts())
def test_nothing_is_high_or_low_that_the_rank_sum_test_does_not_tell_apart(control, experiment) -> None:
    found = classify(Metric("m"), control, experiment, MENDED).label
    assume(set(control) != set(experiment) or len(set(control)) > 1)
    statistic = mann_whitney.shift_statistic(0.0, 0.0, experiment, control)

    if abs(statistic) <= mann_whitney.two_sided_quantile(MENDED.used_confidence):
        assert found is Label.PASS
    else:
        assert found in (Label.PASS, Label.HIGH if statistic > 0 else Label.LOW)


@given(n=st.integers(5, 40), others=st.lists(st.floats(1e-9, 1e9), min_size=1, max_size=40))
def test_a_baseline_that_is_all_0_is_told_from_a_canary_once_chance_does_not_explain_it(n, others) -> None:
    control = [0.0] * n
    experiment = others + [0.0] * max(0, n - len(others))
    found = classify(Metric("m"), control, experiment, MENDED).label

    statistic = mann_whitney.shift_statistic(0.0, 0.0, experiment, control)
    assert found is (Label.HIGH if statistic > mann_whitney.two_sided_quantile(0.98) else Label.PASS)


@given(n=st.integers(5, 40))
def test_more_errors_against_none_never_pass_again(n) -> None:
    labels = [
        classify(Metric("m"), [0.0] * n, [0.1] * errors + [0.0] * (n - errors), MENDED).label for errors in range(n + 1)
    ]

    assert labels == sorted(labels, key=ORDER.index)
    assert (labels[0], labels[-1]) == (Label.PASS, Label.HIGH)


@given(values=counts(), gap=st.integers(1, 50))
def test_samples_that_do_not_overlap_are_told_apart(values, gap) -> None:
    apart = max(values) - min(values) + gap
    control, experiment = values, [value + apart for value in values]

    assert classify(Metric("m"), control, experiment, Rules(tolerance=0.0)).label is Label.HIGH
    assert classify(Metric("m"), experiment, control, Rules(tolerance=0.0)).label is Label.LOW


@given(n=st.integers(5, 20), m=st.integers(5, 20), nan=st.sampled_from(NanStrategy))
def test_two_sides_that_are_all_0_pass(n, m, nan) -> None:
    assert classify(Metric("m", nan=nan), [0.0] * n, [-0.0] * m, MENDED).label is Label.PASS


@given(
    control=counts(),
    experiment=counts(),
    guard=st.floats(0, 50),
    direction=st.sampled_from([Direction.EITHER, Direction.INCREASE]),
)
def test_the_absolute_guard_only_ever_adds_high(control, experiment, guard, direction) -> None:
    without = classify(Metric("m", direction=direction), control, experiment, MENDED).label
    with_it = classify(Metric("m", direction=direction, allowed_absolute=guard), control, experiment, MENDED).label
    before, after = math.fsum(control) / len(control), math.fsum(experiment) / len(experiment)

    if before <= guard < after and without is Label.PASS and set(control + experiment) != {0.0}:
        assert with_it is (Label.PASS if sorted(control) == sorted(experiment) else Label.HIGH)
    else:
        assert with_it is without


@given(control=counts(1, 12), experiment=counts(1, 12))
def test_all_faults_together_are_kayentas_rules(control, experiment) -> None:
    """Whoever brings the faults back one by one ends at the compatible rules."""
    back = MENDED
    for field in dataclasses.fields(Rules):
        back = dataclasses.replace(back, **{field.name: getattr(KAYENTA, field.name)})

    assert back == KAYENTA
    assert (
        classify(Metric("m"), control, experiment, back).label
        is classify(Metric("m"), control, experiment, KAYENTA).label
    )


def test_alike_samples_seldom_differ() -> None:
    """False alarms, of A against A: at most 2 in 100 by the test, here within 4 standard errors of that."""
    random = np.random.default_rng(20261126)
    runs = 600
    for draw in (
        lambda: random.normal(100, 10, 30),
        lambda: random.exponential(3, 30),
        lambda: random.poisson(0.2, 30),
        lambda: random.binomial(1, 0.3, 30),
    ):
        alarms = sum(
            classify(Metric("m"), draw().tolist(), draw().tolist(), MENDED).label is not Label.PASS
            for _run in range(runs)
        )
        assert alarms / runs <= 0.02 + 4 * math.sqrt(0.02 * 0.98 / runs)


def test_the_largest_number_is_no_shift_that_can_be_computed() -> None:
    huge = sys.float_info.max

    assert classify(Metric("m"), [-huge] * 5, [huge] * 5, MENDED).label is Label.ERROR
