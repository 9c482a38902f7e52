# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge that only compares means, which Kayenta has to measure its real one by.

Pure. PRIVATE to the collection.
"""

from __future__ import annotations

import math

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta import effect
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.classify import (
    Classification,
    Label,
    allows,
    too_few,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.metric import Metric
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.samples import Measured, prepare


def classify_by_mean(metric: Metric, control: Measured, experiment: Measured) -> Classification:
    """``High`` or ``Low`` as the canary's mean is above or below the baseline's, by however little.

    Kayenta's MeanInequalityClassifier.scala; there is nothing about it to mend, since it says nothing of certainty.

    :param control: the baseline's measurements, in the metric's unit; NaN or None where one is missing
    :param experiment: the canary's
    :raises MissingLibrary: when outliers are removed and numpy is not installed
    """
    baseline, canary = prepare(control, metric), prepare(experiment, metric)
    measured = (len(baseline), len(canary))
    nothing = too_few(metric, baseline, canary, 0)
    if nothing is not None:
        return nothing
    if not all(map(math.isfinite, baseline + canary)):
        return Classification(Label.ERROR, "an infinite value has no mean", measured=measured)
    before, after = effect.mean(baseline), effect.mean(canary)
    label = Label.HIGH if after > before else Label.LOW
    if after == before or not allows(metric.direction, label):
        return Classification(Label.PASS, "the means are {0:.6g} and {1:.6g}".format(before, after), measured=measured)
    return Classification(
        label,
        "the canary's mean is {0:.6g}, the baseline's {1:.6g}".format(after, before),
        critical=metric.critical,
        deviation=after / before if before else math.copysign(math.inf, after),
        measured=measured,
    )
