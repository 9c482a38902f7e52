# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The measurements of one side, made ready to be compared.

Pure. PRIVATE to the collection. A sample is a sequence of floats in the
metric's unit, in any order; NaN, or None, stands for a measurement that is
missing.
"""

from __future__ import annotations

import math
import typing as t

try:
    import numpy
except ImportError:
    numpy = None

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.metric import (
    Metric,
    NanStrategy,
    OutlierStrategy,
)
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary

Sample = t.Tuple[float, ...]
Measured = t.Sequence[t.Optional[float]]


def remove_nan(values: Measured) -> Sample:
    """The measurements that are not missing (Kayenta's Transforms.scala)."""
    return tuple(value for value in map(_number, values) if not math.isnan(value))


def replace_nan(values: Measured) -> Sample:
    """The measurements, with 0 for those that are missing (Kayenta's Transforms.scala)."""
    return tuple(0.0 if math.isnan(value) else value for value in map(_number, values))


def percentile(values: t.Sequence[float], percent: float) -> float:
    """The value below which *percent* of the sample lies, from 0 to 100; NaN of an empty sample.

    Linear between the two nearest ranks: definition 7 of Hyndman and Fan (Sample
    Quantiles in Statistical Packages, 1996), which Kayenta's
    DescriptiveStatistics.scala asks for.

    :raises InvalidOption: a percentage that is not from 0 to 100
    :raises MissingLibrary: when numpy is not installed
    """
    if numpy is None:
        raise MissingLibrary("numpy")
    if not 0 <= percent <= 100:
        raise InvalidOption("percentile: {0} is not from 0 to 100".format(percent))
    if not len(values):
        return math.nan
    with numpy.errstate(all="ignore"):
        return float(numpy.percentile(numpy.asarray(values, dtype=float), percent))


def outliers_by_quartiles(values: t.Sequence[float], factor: float, *, widened: bool = False) -> t.List[bool]:
    """Which values lie more than *factor* interquartile ranges outside the quartiles (Tukey's fences).

    :param widened: only those count that lie outside the 1st to 99th percentile too, as Kayenta's judge has it
        (IQRDetector.scala, ``reduceSensitivity``)
    :raises InvalidOption: a factor that is not above 0
    :raises MissingLibrary: when numpy is not installed
    """
    if not factor > 0:
        raise InvalidOption("outlierFactor: {0} is not above 0".format(factor))
    first, third = percentile(values, 25), percentile(values, 75)
    low, high = first - factor * (third - first), third + factor * (third - first)
    if widened:
        low, high = min(percentile(values, 1), low), max(percentile(values, 99), high)
    return [value < low or value > high for value in values]


def outliers_by_deviation(values: t.Sequence[float], k: float) -> t.List[bool]:
    """Which values lie more than *k* standard deviations of the whole sample from its mean (KSigmaDetector.scala).

    :raises InvalidOption: a *k* that is not above 0
    :raises MissingLibrary: when numpy is not installed
    """
    if numpy is None:
        raise MissingLibrary("numpy")
    if not k > 0:
        raise InvalidOption("k: {0} is not above 0".format(k))
    if not len(values):
        return []
    with numpy.errstate(all="ignore"):
        sample = numpy.asarray(values, dtype=float)
        return [bool(far) for far in numpy.abs(sample - sample.mean()) > k * sample.std()]


def prepare(values: Measured, metric: Metric) -> Sample:
    """The sample that is compared: missing measurements first, then outliers, as the metric has it (NetflixACAJudge.scala).

    :raises MissingLibrary: when outliers are removed and numpy is not installed
    """
    sample = remove_nan(values) if metric.nan is NanStrategy.REMOVE else replace_nan(values)
    if metric.outliers is OutlierStrategy.KEEP:
        return sample
    outliers = outliers_by_quartiles(sample, metric.outlier_factor, widened=True)
    return tuple(value for value, outlier in zip(sample, outliers) if not outlier)


def _number(value: t.Optional[float]) -> float:
    return math.nan if value is None else float(value)
