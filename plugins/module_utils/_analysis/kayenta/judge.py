# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole judgement of a canary: every metric, the score, the verdict.

Pure. PRIVATE to the collection.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.classify import (
    Classification,
    classify,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.metric import Metric
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.rules import Rules
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.samples import Measured
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.score import (
    Labelled,
    Score,
    ScoreLabel,
    Thresholds,
    label_score,
    score,
    verdict,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Verdict

FEW = 50
"""Below so many measurements of the baseline Kayenta warns that the score is less certain (MonitorCanaryTask.java)."""


@dataclass(frozen=True)
class Measurements:
    """One metric and what was measured of it, in its unit; NaN or None where a measurement is missing.

    :param control: of the baseline
    :param experiment: of the canary
    """

    metric: Metric
    control: Measured
    experiment: Measured


@dataclass(frozen=True)
class Judgement:
    """What is said of a canary, and why.

    :param label: Kayenta's word for the score
    :param classifications: in the order of the metrics
    :param warnings: what makes it less certain
    """

    verdict: Verdict
    label: ScoreLabel
    score: Score
    classifications: t.Tuple[Classification, ...]
    warnings: t.Tuple[str, ...]


def judge(
    measurements: t.Sequence[Measurements],
    weights: t.Mapping[str, float],
    thresholds: Thresholds,
    rules: Rules = Rules(),  # noqa: B008 - it is frozen
) -> Judgement:
    """Judge a canary by all its metrics (Kayenta's NetflixACAJudge.scala).

    :param weights: per cent of the score by group
    :raises InvalidOption: thresholds or weights that cannot be meant
    :raises MissingLibrary: when numpy or scipy is not installed
    """
    thresholds.check(rules)
    found = [(each.metric, classify(each.metric, each.control, each.experiment, rules)) for each in measurements]
    scored = score(
        [
            Labelled(metric.groups, classification.label, classification.critical, metric.muted, metric.name)
            for metric, classification in found
        ],
        weights,
        rules,
    )
    return Judgement(
        verdict=verdict(scored, thresholds, rules),
        label=label_score(scored.value, thresholds),
        score=scored,
        classifications=tuple(classification for _metric, classification in found),
        warnings=tuple(
            "{0}: {1} measurements of the baseline, with fewer than {2} the score is less certain".format(
                metric.name, classification.measured[0], FEW
            )
            for metric, classification in found
            if classification.measured[0] < FEW
        ),
    )
