# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The worst metric counts.

PRIVATE to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.interface import Metric, State
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Judgement, Verdict, worst
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.whole.interface import judge_all

_NOT_CRITICAL = "{0} (which is not critical)"


@dataclasses.dataclass
class ByWorst:
    """Satisfies ``Whole``. A metric that counts and fails, fails the release; one that is not critical leaves it in doubt.

    :param uncritical: names of the metrics that cannot fail the release by themselves
    :param groups: by group, the names of its metrics
    :param goes_on: see ``Whole``; whatever else a metric comes to is then told without waiting for the others
    """

    metrics: t.Sequence[Metric]
    uncritical: t.FrozenSet[str] = frozenset()
    groups: t.Mapping[str, t.Sequence[str]] = dataclasses.field(default_factory=dict)
    goes_on: bool = False

    def is_over(self, _elapsed: float, /) -> bool:
        return self.judge(over=False).verdict is Verdict.FAILED

    def judge(self, over: bool) -> Judgement:
        return self._together(judge_all(self.metrics, over, self.goes_on))

    def report(self, judgements: t.Mapping[str, Judgement], /) -> t.Dict[str, t.Any]:
        """By group, what its metrics come to by themselves; nothing where there are no groups or none of it counts."""
        if not self.groups:
            return {}
        found = {
            group: self._together({name: judgements[name] for name in names}) for group, names in self.groups.items()
        }
        return {"groups": {group: one.verdict and one.verdict.value for group, one in found.items()}}

    def state(self) -> State:
        return {}

    def restore(self, state: State) -> None:
        """There is nothing to know."""

    def _together(self, judgements: t.Mapping[str, Judgement]) -> Judgement:
        """The worst of those that count; no verdict while one has none and none has failed, nor while all that go on are good."""
        counted = {
            metric.name: self._weighed(metric.name, judgements[metric.name])
            for metric in self.metrics
            if metric.name in judgements and not metric.dry_run
        }
        verdicts = [judgement.verdict for judgement in counted.values()]
        found = [verdict for verdict in verdicts if verdict is not None]
        waits = None in verdicts and Verdict.FAILED not in verdicts and not self.goes_on
        verdict = worst(found) if found and not waits else None
        reasons = ["{0}: {1}".format(name, one.reason) for name, one in counted.items() if one.verdict is verdict]
        return Judgement(verdict, "; ".join(reasons))

    def _weighed(self, name: str, judgement: Judgement) -> Judgement:
        """What a metric's judgement is for the whole."""
        if name in self.uncritical and judgement.verdict is Verdict.FAILED:
            return Judgement(Verdict.INCONCLUSIVE, _NOT_CRITICAL.format(judgement.reason))
        return judgement
