# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the labels of the metrics to a score, and from the score to a verdict.

Pure. PRIVATE to the collection. A score is a number from 0 to 100.
"""

from __future__ import annotations

import collections
import decimal
import enum
import math
import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.classify import Label
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.rules import Rules
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Verdict
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

NODATA_LIMIT = 50
"""From this per cent of metrics without data on, the canary scores 0 (``NODATA_THRESHOLD`` of WeightedSumScorer.scala)."""

_COUNTED = (Label.PASS, Label.HIGH, Label.LOW, Label.NODATA_FAIL_METRIC)


@dataclass(frozen=True)
class Labelled:
    """What a metric counts for.

    :param critical: not to pass is critical
    :param muted: it does not count
    """

    groups: t.Tuple[str, ...]
    label: Label
    critical: bool = False
    muted: bool = False
    name: str = ""


@dataclass(frozen=True)
class GroupScore:
    """The score of one group.

    :param score: per cent of its counted metrics that passed, 100 where none counted
    :param counted: how many metrics that is
    :param weight: per cent of the whole score
    """

    name: str
    score: float
    counted: int
    weight: float


@dataclass(frozen=True)
class Score:
    """The score of a canary, and what of it matters beside the number.

    :param value: 0 to 100, to two decimals; 0 where a critical metric did not pass, or too many had no data
    :param groups: in the order in which the metrics name them
    :param reason: why it is 0 whatever the groups score; empty where it is what they score
    :param failed_critically: names of critical metrics that are too high or too low
    :param errors: names of metrics that could not be judged
    :param lacks_data: it is 0 only because data are missing
    """

    value: float
    groups: t.Tuple[GroupScore, ...]
    reason: str = ""
    failed_critically: t.Tuple[str, ...] = ()
    errors: t.Tuple[str, ...] = ()
    lacks_data: bool = False


def score(metrics: t.Sequence[Labelled], weights: t.Mapping[str, float], rules: Rules) -> Score:
    """The weighted sum of the groups' scores (Kayenta's WeightedSumScorer.scala and ScoringHelper.scala).

    A metric counts in each of its groups. Groups without a weight share evenly
    what the weights leave of 100; a weight of a group that no metric is in is lost.

    :param weights: per cent by group
    :raises InvalidOption: weights below 0, or above 100 in all, unless ``rules.checks_thresholds`` is False
    """
    if rules.checks_thresholds and not (all(weight >= 0 for weight in weights.values()) and _sum(weights) <= 100):
        raise InvalidOption("group weights: {0} are not per cents of 100 in all".format(dict(weights)))
    heard = [metric for metric in metrics if not metric.muted]
    groups = _group_scores(heard, weights, rules)
    critical = [metric for metric in heard if metric.critical and metric.label is not Label.PASS]
    without_data = sum(metric.label is Label.NODATA for metric in heard)
    reason = ""
    if critical:
        reason = "critical metrics did not pass: {0}".format(
            ", ".join("{0} is {1}".format(metric.name, metric.label.value) for metric in critical)
        )
    elif heard and without_data * 100 >= NODATA_LIMIT * len(heard):
        reason = "{0} of {1} metrics have no data".format(without_data, len(heard))
    elif not heard:
        reason = "no metric counts"
    return Score(
        value=0.0 if reason else _rounded(math.fsum(group.score * (group.weight / 100) for group in groups)),
        groups=groups,
        reason=reason,
        failed_critically=tuple(metric.name for metric in critical if metric.label in (Label.HIGH, Label.LOW)),
        errors=tuple(metric.name for metric in heard if metric.label is Label.ERROR),
        lacks_data=bool(reason) and all(metric.label is Label.NODATA for metric in critical),
    )


def _group_scores(
    metrics: t.Sequence[Labelled], weights: t.Mapping[str, float], rules: Rules
) -> t.Tuple[GroupScore, ...]:
    labels: t.Dict[str, t.List[Label]] = {}
    for metric in metrics:
        for group in metric.groups:
            labels.setdefault(group, []).append(metric.label)
    unweighted = [group for group in labels if group not in weights]
    share = (100 - _sum(weights)) / len(unweighted) if unweighted else 0.0
    counted = _COUNTED + ((Label.ERROR,) if rules.counts_errors else ())
    scores = []
    for group, found in labels.items():
        counts = collections.Counter(found)
        total = sum(counts[label] for label in counted)
        passed = counts[Label.PASS] / total * 100 if total else 100.0
        scores.append(GroupScore(group, passed, total, weights.get(group, share)))
    return tuple(scores)


def _sum(weights: t.Mapping[str, float]) -> float:
    return math.fsum(weights.values())


def _rounded(value: float) -> float:
    """To two decimals, halves away from 0, as Java's decimals are rounded."""
    return float(decimal.Decimal(repr(value)).quantize(decimal.Decimal("0.01"), decimal.ROUND_HALF_UP))


class ScoreLabel(str, enum.Enum):
    """What a score comes to (ThresholdScoreClassifier.scala)."""

    PASS = "Pass"  # noqa: S105 - a label
    MARGINAL = "Marginal"
    FAIL = "Fail"


@dataclass(frozen=True)
class Thresholds:
    """From which scores on a canary passes, or is marginal; Kayenta has no defaults for them.

    :param marginal: 0 to 100
    :param passing: above 0, to 100, and not below ``marginal``
    """

    marginal: float
    passing: float

    def check(self, rules: Rules) -> None:
        """Refuse what cannot be meant.

        :raises InvalidOption: marginal above pass, either not from 0 to 100, or pass 0, which a critical failure scores;
            unless ``rules.checks_thresholds`` is False
        """
        if not rules.checks_thresholds:
            return
        for name, value in (("marginal", self.marginal), ("pass", self.passing)):
            if not 0 <= value <= 100:
                raise InvalidOption("score thresholds: {0} is {1}, not from 0 to 100".format(name, value))
        if self.passing == 0:
            raise InvalidOption("score thresholds: pass is 0, which a canary scores that failed critically")
        if self.marginal > self.passing:
            raise InvalidOption(
                "score thresholds: marginal is {0}, above pass, which is {1}".format(self.marginal, self.passing)
            )


def label_score(value: float, thresholds: Thresholds) -> ScoreLabel:
    """What a score comes to, each threshold belonging to what it begins (ThresholdScoreClassifier.scala)."""
    if value >= thresholds.passing:
        return ScoreLabel.PASS
    return ScoreLabel.MARGINAL if value >= thresholds.marginal else ScoreLabel.FAIL


_VERDICTS = {
    ScoreLabel.PASS: Verdict.SUCCESSFUL,
    ScoreLabel.MARGINAL: Verdict.INCONCLUSIVE,
    ScoreLabel.FAIL: Verdict.FAILED,
}


def verdict(judged: Score, thresholds: Thresholds, rules: Rules) -> Verdict:
    """What a judgement comes to.

    A critical metric that is too high or too low fails, whatever else could not
    be judged. An error is otherwise an error. Where the score is 0 only for want of
    data, nothing is known. Else the score decides, and marginal is inconclusive.

    :raises InvalidOption: thresholds that cannot be meant, unless ``rules.checks_thresholds`` is False
    """
    thresholds.check(rules)
    if judged.failed_critically:
        return Verdict.FAILED
    if judged.errors and rules.counts_errors:
        return Verdict.ERROR
    if judged.lacks_data and rules.nodata_pauses:
        return Verdict.INCONCLUSIVE
    return _VERDICTS[label_score(judged.value, thresholds)]
