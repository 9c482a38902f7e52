# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rank-sum test of Mann, Whitney and Wilcoxon, and by how much it says two samples are apart.

Pure. PRIVATE to the collection. Samples are sequences of finite floats, at
least one on each side; x is the canary (Kayenta's experiment), y the baseline
(its control), and everything that is returned is about x - y, in their unit.
"""

from __future__ import annotations

import math
import typing as t
from dataclasses import dataclass

try:
    import numpy
except ImportError:
    numpy = None

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.brent import find_root
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import (
    MissingLibrary,
    OptionalLibrary,
)

special = OptionalLibrary("scipy.special")
stats = OptionalLibrary("scipy.stats")

_MOST_PAIRS = 25_000_000
"""Above so many differences (200 MB of them) the interval is searched instead of read off."""

_ROUNDING = 1e-12
"""Differences below this part of the largest value are rounding, and are taken as none."""

_SEARCH = 1e-9
"""How close a search for want of room comes, as a part of the range of the differences."""


class AllTied(ValueError):
    """All values are the same after the shift, so that the statistic has no spread to be measured by."""


@dataclass(frozen=True)
class Interval:
    """By how much the canary is above the baseline, in the metric's unit.

    :param lower: the end of the confidence interval that is nearer to minus infinity
    :param upper: the other
    :param estimate: Hodges and Lehmann's: the median of all differences between a value of the canary and one of the baseline
    """

    lower: float
    upper: float
    estimate: float


def normal_quantile(probability: float) -> float:
    """The value that a standard normal variable is below with this *probability*, above 0 and below 1.

    :raises MissingLibrary: when scipy is not installed
    """
    _need_libraries()
    return float(special.ndtri(probability))


def two_sided_quantile(confidence: float) -> float:
    """How many standard errors an interval of this *confidence* reaches to each side.

    :raises MissingLibrary: when scipy is not installed
    """
    return -normal_quantile((1.0 - confidence) / 2)


def least_sample(confidence: float) -> int:
    """The fewest values a side with which the test can tell two samples apart that do not overlap at all.

    With n values a side and no ties the statistic is then at most
    (n²/2 - 1/2) / sqrt(n² (2n + 1) / 12), which is 2.16 for 4 and 2.51 for 5;
    at a confidence of 0.98 it must exceed 2.33, so 5 are needed.

    :raises MissingLibrary: when scipy is not installed
    """
    needed = two_sided_quantile(confidence)
    n = 1
    while (n * n - 1) / 2 / math.sqrt(n * n * (2 * n + 1) / 12) <= needed:
        n += 1
    return n


def shift_statistic(mu: float, quantile: float, x: t.Sequence[float], y: t.Sequence[float]) -> float:
    """How many standard errors the rank sum of x, less *mu*, is above what it would be without a difference, less *quantile*.

    It falls as *mu* rises. The standard error heeds ties, and half a rank is
    taken off for continuity (Hollander and Wolfe, Nonparametric Statistical
    Methods, section 4.1; ``wilcoxonDiff`` of Kayenta's MannWhitney.scala, which is
    ``wdiff`` of R's wilcox.test).

    :raises AllTied: when all of x, less *mu*, and of y are one value
    :raises MissingLibrary: when numpy or scipy is not installed
    """
    _need_libraries()
    shifted = numpy.concatenate([numpy.asarray(x, dtype=float) - mu, numpy.asarray(y, dtype=float)])
    ranks = stats.rankdata(shifted)
    n, m = len(x), len(y)
    surplus = float(ranks[:n].sum()) - n * (n + 1) / 2 - n * m / 2
    error = math.sqrt(n * m * (n + m + 1) / 12 * float(stats.tiecorrect(ranks)))
    if error == 0:
        raise AllTied("all values are tied")
    return (surplus - _sign(surplus) / 2) / error - quantile


def location_shift(
    x: t.Sequence[float], y: t.Sequence[float], confidence: float, root_tolerance: t.Optional[float] = None
) -> Interval:
    """By how much x is above y, were x only y moved.

    The interval holds the shifts that the test does not reject, with the normal
    approximation (Hollander and Wolfe, section 4.3, with ties as in
    :func:`shift_statistic`). Its ends and the estimate are differences between a
    value of x and one of y; an end that the test rejects nothing beyond is the
    smallest or largest difference, as in R. Without *root_tolerance* the ends are
    read off the sorted differences, which takes 8 bytes for each; beyond 25
    million they are searched for, to within 1e-9 of their range.

    Kayenta adds Gaussian noise where both sides are constant. Here the shift is
    their difference, with certainty, however it is found: the labels are the same
    but where the constants lie within some 1e-5 of each other, or there is one
    value a side; there Kayenta's noise decides, or raises.

    :param confidence: level of the interval, above 0 and below 1
    :param root_tolerance: search for the ends this closely, in the metric's unit, as Kayenta does with 1e-4
    :raises MissingLibrary: when numpy or scipy is not installed
    """
    _need_libraries()
    canary, baseline = numpy.asarray(x, dtype=float), numpy.asarray(y, dtype=float)
    quantile = two_sided_quantile(confidence)
    low, high = float(canary.min() - baseline.max()), float(canary.max() - baseline.min())
    if root_tolerance is not None:
        return _searched(canary, baseline, quantile, low, high, root_tolerance)
    if canary.size * baseline.size > _MOST_PAIRS:
        tolerance = _SEARCH * (high - low)
        return _rounded(_searched(canary, baseline, quantile, low, high, tolerance), tolerance)
    largest = float(max(numpy.abs(canary).max(), numpy.abs(baseline).max()))
    return _rounded(_read_off(canary, baseline, quantile), _ROUNDING * largest)


def _read_off(canary: t.Any, baseline: t.Any, quantile: float) -> Interval:
    """The interval from the sorted differences.

    Between two neighbouring differences the statistic is constant, and depends
    only on how many lie below; ties are then those within a side alone.
    """
    n, m = canary.size, baseline.size
    pairs = n * m
    tied = sum(float((counts**3 - counts).sum()) for counts in map(_counts, (canary, baseline)))
    error = math.sqrt(pairs / 12 * (n + m + 1 - tied / ((n + m) * (n + m - 1))))
    place = min(max(math.ceil((pairs - 1) / 2 - quantile * error), 1), (pairs + 1) // 2)
    differences = numpy.subtract.outer(canary, baseline).ravel()
    middle = ((pairs - 1) // 2, pairs // 2)
    differences.partition(sorted({place - 1, pairs - place, *middle}))
    return Interval(
        lower=float(differences[place - 1]),
        upper=float(differences[pairs - place]),
        estimate=float(differences[middle[0]] + differences[middle[1]]) / 2,
    )


def _searched(canary: t.Any, baseline: t.Any, quantile: float, low: float, high: float, tolerance: float) -> Interval:
    """The interval from roots of the statistic, as MannWhitney.scala searches them."""
    if low == high:
        return Interval(low, high, low)

    def statistic(off: float) -> t.Callable[[float], float]:
        return lambda mu: shift_statistic(mu, off, canary, baseline)

    def end(off: float) -> float:
        if statistic(off)(low) <= 0:
            return low
        if statistic(off)(high) >= 0:
            return high
        return find_root(statistic(off), low, high, tolerance)

    return Interval(end(quantile), end(-quantile), find_root(statistic(0.0), low, high, tolerance))


def _rounded(interval: Interval, least: float) -> Interval:
    """The interval with 0 for what is within *least* of it."""
    return Interval(
        *(0.0 if abs(value) <= least else value for value in (interval.lower, interval.upper, interval.estimate))
    )


def _counts(values: t.Any) -> t.Any:
    """How often each value occurs."""
    return numpy.unique(values, return_counts=True)[1].astype(float)


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _need_libraries() -> None:
    if numpy is None:
        raise MissingLibrary("numpy")
    if not stats:
        raise MissingLibrary("scipy")
