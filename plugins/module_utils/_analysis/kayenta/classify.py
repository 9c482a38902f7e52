# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of one metric: whether the canary's is as the baseline's, higher or lower.

Pure. PRIVATE to the collection. The rules are those of Kayenta's
MannWhitneyClassifier.scala; where they are mended, see :class:`.rules.Rules`.
"""

from __future__ import annotations

import enum
import math
import sys
import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta import effect, mann_whitney
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.metric import (
    Direction,
    Limits,
    Measure,
    Metric,
    NanStrategy,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.rules import Rules
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.samples import (
    Measured,
    Sample,
    prepare,
)


class Label(str, enum.Enum):
    """What one metric comes to (BaseMetricClassifier.scala)."""

    PASS = "Pass"  # noqa: S105 - a label
    HIGH = "High"
    LOW = "Low"
    NODATA = "Nodata"
    NODATA_FAIL_METRIC = "NodataFailMetric"
    ERROR = "Error"


@dataclass(frozen=True)
class Classification:
    """What is said of one metric, and why.

    :param critical: not to pass is critical, the canary scores 0
    :param deviation: the canary's mean over the baseline's, as Kayenta reports it: 1 where nothing was compared, NaN where
        a mean is 0
    :param effect: the effect size that was judged by; NaN where it was left out of account, None where nothing was compared
    :param interval: None where nothing was compared
    :param measured: how many measurements were compared, of the baseline and of the canary
    """

    label: Label
    reason: str
    critical: bool = False
    deviation: float = 1.0
    effect: t.Optional[float] = None
    interval: t.Optional[mann_whitney.Interval] = None
    measured: t.Tuple[int, int] = (0, 0)


def classify(metric: Metric, control: Measured, experiment: Measured, rules: Rules) -> Classification:
    """Compare the canary's measurements of *metric* with the baseline's.

    Whatever the measurements are, there is a label: infinite ones, and such that
    overflow, are an ``Error`` under any rules. (What Kayenta makes of them is left to
    its root search, which then computes with NaN.)

    :param control: the baseline's, in the metric's unit; NaN or None where one is missing
    :param experiment: the canary's
    :raises MissingLibrary: when numpy or scipy is not installed
    """
    baseline, canary = prepare(control, metric), prepare(experiment, metric)
    return (
        too_few(metric, baseline, canary, rules.needed_sample)
        or (_unusable(metric, baseline, canary, rules) if rules.counts_errors else None)
        or _alike(metric, baseline, canary)
        or _unusable(metric, baseline, canary, rules)
        or _compare(metric, baseline, canary, rules)
    )


def too_few(metric: Metric, baseline: Sample, canary: Sample, needed: int) -> t.Optional[Classification]:
    """The classification where a side has fewer than *needed* measurements, or none; None where both have enough.

    An empty side passes where missing measurements count as 0 and none are *needed*, as Kayenta has it.
    """
    measured = (len(baseline), len(canary))
    if min(measured) >= max(needed, 1):
        return None
    if needed == 0 and metric.nan is NanStrategy.REPLACE:
        return Classification(Label.PASS, "a missing measurement counts as 0", measured=measured)
    label = Label.NODATA_FAIL_METRIC if metric.must_have_data and not metric.critical else Label.NODATA
    return Classification(
        label,
        "{0} measurements of the baseline and {1} of the canary are too few, {2} of each are needed".format(
            *measured, max(needed, 1)
        ),
        critical=metric.critical,
        measured=measured,
    )


def _unusable(metric: Metric, baseline: Sample, canary: Sample, rules: Rules) -> t.Optional[Classification]:
    """The error where the values cannot be computed with."""
    largest = max(map(abs, baseline + canary))
    if largest < sys.float_info.max / (4 * len(baseline + canary)):
        return None
    return _error(metric, baseline, canary, rules, "a value of {0} cannot be computed with".format(largest))


def _error(metric: Metric, baseline: Sample, canary: Sample, rules: Rules, reason: str) -> Classification:
    """The classification where there can be none; Kayenta forgets then that the metric is critical."""
    return Classification(
        Label.ERROR,
        reason,
        critical=metric.critical and rules.counts_errors,
        measured=(len(baseline), len(canary)),
    )


def _alike(metric: Metric, baseline: Sample, canary: Sample) -> t.Optional[Classification]:
    """The pass where both samples have the same values, or only one and the same value."""
    if sorted(baseline) != sorted(canary) and len(set(baseline + canary)) > 1:
        return None
    reason = "the values of the baseline and of the canary are the same"
    if metric.nan is NanStrategy.REPLACE and not any(baseline + canary):
        reason += ": all are 0, as missing ones are taken to be"
    return Classification(Label.PASS, reason, measured=(len(baseline), len(canary)))


@dataclass(frozen=True)
class _Finding:
    """Which way the canary is off, how far, and what shows it."""

    label: Label
    effect: float
    reason: str


def _compare(metric: Metric, baseline: Sample, canary: Sample, rules: Rules) -> Classification:
    try:
        interval = mann_whitney.location_shift(canary, baseline, rules.used_confidence, rules.root_tolerance)
    except mann_whitney.AllTied as error:
        return _error(metric, baseline, canary, rules, str(error))
    size = _effect(metric, baseline, canary, rules)
    finding = (
        _by_shift(metric, interval, size, rules)
        or (_by_guard(metric, baseline, canary, size, rules) if rules.guards_zeros else None)
        or _Finding(Label.PASS, size, "what the canary is off by is allowed: {0}".format(_shown(interval)))
    )
    return Classification(
        label=finding.label,
        reason=finding.reason,
        critical=metric.critical and reaches(finding.label, finding.effect, metric.critical_limits),
        deviation=effect.mean_ratio(baseline, canary),
        effect=finding.effect,
        interval=interval,
        measured=(len(baseline), len(canary)),
    )


def _effect(metric: Metric, baseline: Sample, canary: Sample, rules: Rules) -> float:
    """The effect size; NaN where it says nothing, and then the limits are left out of account."""
    if metric.measure is Measure.CLES:
        return effect.cles(baseline, canary)
    if rules.ratio_of_positive_baseline and effect.mean(baseline) < 0:
        return math.nan
    return effect.mean_ratio(baseline, canary)


def allows(direction: Direction, label: Label) -> bool:
    """Whether a metric that may not be off in this *direction* may be labelled ``High``, or ``Low``."""
    wanted = Direction.INCREASE if label is Label.HIGH else Direction.DECREASE
    return direction in (wanted, Direction.EITHER)


def reaches(label: Label, size: float, limits: Limits) -> bool:
    """Whether an effect of this *size* is as high, or low, as the limits have it; NaN is, and a ``Pass`` is not."""
    if label is Label.HIGH:
        return math.isnan(size) or size >= limits.increase
    if label is Label.LOW:
        return math.isnan(size) or size <= limits.decrease
    return False


def _by_shift(metric: Metric, interval: mann_whitney.Interval, size: float, rules: Rules) -> t.Optional[_Finding]:
    """The finding where the whole interval is farther from 0 than what is tolerated, and the effect is large enough."""
    tolerated = rules.used_tolerance * abs(interval.estimate)
    for label, is_beyond in ((Label.HIGH, interval.lower > tolerated), (Label.LOW, interval.upper < -tolerated)):
        if is_beyond and allows(metric.direction, label) and reaches(label, size, metric.allowed_limits):
            return _Finding(label, size, "the canary is {0} by {1}".format(_than(label), _shown(interval)))
    return None


def _by_guard(metric: Metric, baseline: Sample, canary: Sample, size: float, rules: Rules) -> t.Optional[_Finding]:
    """The finding where a side is 0, or near it, of which neither a shift nor a ratio says enough."""
    before, after = effect.mean(baseline), effect.mean(canary)
    limit = metric.allowed_absolute
    if limit is not None and abs(before) <= limit < after and allows(metric.direction, Label.HIGH):
        reason = "the canary's mean is {0:.6g}, above the {1:.6g} allowed where the baseline's is {2:.6g}"
        return _Finding(Label.HIGH, math.nan, reason.format(after, limit, before))
    if not (_is_mostly_zero(baseline) or _is_mostly_zero(canary)):
        return None
    statistic = mann_whitney.shift_statistic(0.0, 0.0, canary, baseline)
    label = Label.HIGH if statistic > 0 else Label.LOW
    is_apart = abs(statistic) > mann_whitney.two_sided_quantile(rules.used_confidence)
    if not is_apart or not allows(metric.direction, label) or not reaches(label, size, metric.allowed_limits):
        return None
    reason = "the canary is {0}: most values are 0, and the ranks are {1:.3g} standard errors apart"
    return _Finding(label, size, reason.format(_than(label), abs(statistic)))


def _is_mostly_zero(values: Sample) -> bool:
    """Whether the median value is 0 because at least half of them are."""
    return 2 * values.count(0.0) >= len(values)


def _than(label: Label) -> str:
    return "higher than the baseline" if label is Label.HIGH else "lower than the baseline"


def _shown(interval: mann_whitney.Interval) -> str:
    return "{0:.6g} ({1:.6g} to {2:.6g})".format(interval.estimate, interval.lower, interval.upper)
