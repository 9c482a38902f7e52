# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How large a difference is, as against how sure it is.

Pure. PRIVATE to the collection. Samples are sequences of finite floats, the
baseline (Kayenta's control) first; what comes out has no unit.
"""

from __future__ import annotations

import math
import typing as t

try:
    import numpy
except ImportError:
    numpy = None

from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import (
    MissingLibrary,
    OptionalLibrary,
)

stats = OptionalLibrary("scipy.stats")


def mean(values: t.Sequence[float]) -> float:
    """The arithmetic mean; NaN of an empty sample."""
    return math.fsum(values) / len(values) if len(values) else math.nan


def mean_ratio(control: t.Sequence[float], experiment: t.Sequence[float]) -> float:
    """The canary's mean over the baseline's, NaN where either is 0 (``meanRatio`` of Kayenta's EffectSizes.scala)."""
    below, above = mean(control), mean(experiment)
    return math.nan if below == 0 or above == 0 else above / below


def cles(control: t.Sequence[float], experiment: t.Sequence[float]) -> float:
    """The common language effect size: how often a value of the canary is the higher of a pair, ties counting half; 0 to 1.

    A of Vargha and Delaney (A Critique and Improvement of the CL Common Language
    Effect Size Statistics, 2000), in the form that loses no precision: with m
    values in the canary of rank sum R and n in the baseline,
    (2 R - m (m + 1)) / (2 n m) (``cles`` of Kayenta's EffectSizes.scala).

    :raises MissingLibrary: when numpy or scipy is not installed
    """
    if numpy is None:
        raise MissingLibrary("numpy")
    if not stats:
        raise MissingLibrary("scipy")
    m, n = len(experiment), len(control)
    ranks = stats.rankdata(numpy.concatenate([numpy.asarray(experiment, dtype=float), numpy.asarray(control)]))
    return float((2 * ranks[:m].sum() - m * (m + 1)) / (2 * n * m))


def cohen_d(control: t.Sequence[float], experiment: t.Sequence[float]) -> float:
    """How many standard deviations, pooled, the means are apart; NaN or infinite where the samples do not vary.

    Cohen (Statistical Power Analysis for the Behavioral Sciences, chapter 2); ``cohenD`` of Kayenta's EffectSizes.scala.

    :raises MissingLibrary: when numpy is not installed
    """
    if numpy is None:
        raise MissingLibrary("numpy")
    with numpy.errstate(all="ignore"):
        squares = sum(numpy.square(numpy.asarray(side) - mean(side)).sum() for side in (control, experiment))
        pooled = numpy.sqrt(squares / numpy.float64(len(control) + len(experiment) - 2))
        return float(numpy.abs(numpy.float64(mean(experiment) - mean(control))) / pooled)
