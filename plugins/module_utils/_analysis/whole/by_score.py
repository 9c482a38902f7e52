# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The score counts, as Kayenta has it.

PRIVATE to the collection. The metrics have labels, the labels make scores of
groups, the groups' weights make one score, and two thresholds make it a
verdict (``kayenta/``).
"""

from __future__ import annotations

import dataclasses
import math
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta import judge as kayenta
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.classify import Label
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.rules import Rules
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.run import ends_run
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.score import Thresholds
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.interface import State
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.sampled import SampledMetric
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Judgement, Verdict
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.whole.interface import open_still


@dataclasses.dataclass
class ByScore:
    """Satisfies ``Whole``.

    :param weights: per cent of the score by group
    :param every: seconds between two judgements before the last; None for the last alone
    :param judged_at: when the last of these was due, in seconds of the analysis
    :param failed: the judgement that ended it
    :param goes_on: see ``Whole``
    """

    metrics: t.Sequence[SampledMetric]
    weights: t.Mapping[str, float]
    thresholds: Thresholds
    rules: Rules
    every: t.Optional[float] = None
    judged_at: float = 0.0
    failed: t.Optional[Judgement] = None
    goes_on: bool = False

    def is_over(self, elapsed: float, /) -> bool:
        if self.every is not None and elapsed >= self.judged_at + self.every:
            self.judged_at = self.every * math.floor(elapsed / self.every)
            judgement = self._judge()
            self.failed = judgement if judgement.verdict is Verdict.FAILED else None
        return self.failed is not None

    def judge(self, over: bool) -> Judgement:
        if self.failed is not None:
            return self.failed
        judgement = self._judge()
        # No score before the last can let it pass, and a fault of the measurement makes the metric wait for nothing.
        has_ended = over or all(metric.judgement(over=False).verdict is not None for metric in self.metrics)
        if not has_ended:
            return Judgement(None, "not decided yet: {0}".format(judgement.reason))
        return open_still(judgement) if self.goes_on and not over else judgement

    def report(self, _judgements: t.Mapping[str, Judgement], /) -> t.Dict[str, t.Any]:
        judged = self._scored()
        return {
            "score": {
                "value": judged.score.value,
                "label": judged.label.value,
                "pass": self.thresholds.passing,
                "marginal": self.thresholds.marginal,
                "reason": judged.score.reason,
                "groups": {
                    group.name: {"score": group.score, "weight": group.weight, "counted": group.counted}
                    for group in judged.score.groups
                },
                "warnings": list(judged.warnings),
            }
        }

    def state(self) -> State:
        return {"judged_at": self.judged_at}

    def restore(self, state: State) -> None:
        self.judged_at = float(state["judged_at"])

    def _scored(self) -> kayenta.Judgement:
        return kayenta.judge(
            [metric.measurements() for metric in self.metrics], self.weights, self.thresholds, self.rules
        )

    def _judge(self) -> Judgement:
        judged = self._scored()
        faults = [
            "{0}: {1}".format(metric.name, fault.reason)
            for metric, fault in ((metric, metric.fault(over=True)) for metric in self.metrics if not metric.dry_run)
            if fault is not None
        ]
        if faults and not judged.score.failed_critically:
            return Judgement(Verdict.ERROR, "; ".join(faults))
        return Judgement(self._verdict(judged), self._reason(judged))

    def _verdict(self, judged: kayenta.Judgement) -> Verdict:
        """The verdict on a score; what ends a run of Kayenta's fails it."""
        scored = judged.verdict in (Verdict.SUCCESSFUL, Verdict.INCONCLUSIVE) and not judged.score.lacks_data
        if scored and ends_run(judged.score.value, self.thresholds.marginal, self.rules):
            return Verdict.FAILED
        return judged.verdict

    def _reason(self, judged: kayenta.Judgement) -> str:
        said = "the score is {0:g}, {1} (marginal from {2:g}, pass from {3:g})".format(
            judged.score.value, judged.label.value, self.thresholds.marginal, self.thresholds.passing
        )
        reasons = [said, judged.score.reason] if judged.score.reason else [said]
        for metric, found in zip(self.metrics, judged.classifications):
            if found.label is not Label.PASS and not metric.dry_run:
                reasons.append("{0} is {1}: {2}".format(metric.name, found.label.value, found.reason))
        return "; ".join(reasons)
