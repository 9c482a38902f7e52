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


@dataclasses.dataclass
class ByWorst:
    """Satisfies ``Whole``. A metric that counts and fails, fails the release."""

    metrics: t.Sequence[Metric]

    def is_over(self, _elapsed: float, /) -> bool:
        return any(judgement.verdict is Verdict.FAILED for judgement in self._counted(over=False).values())

    def judge(self, over: bool) -> Judgement:
        """There is no verdict while one metric has none and none has failed."""
        counted = self._counted(over)
        verdicts = [judgement.verdict for judgement in counted.values()]
        is_open = None in verdicts and Verdict.FAILED not in verdicts
        verdict = None if is_open else worst(verdict for verdict in verdicts if verdict is not None)
        reasons = ["{0}: {1}".format(name, one.reason) for name, one in counted.items() if one.verdict is verdict]
        return Judgement(verdict, "; ".join(reasons))

    def report(self) -> t.Dict[str, t.Any]:
        return {}

    def state(self) -> State:
        return {}

    def restore(self, state: State) -> None:
        """There is nothing to know."""

    def _counted(self, over: bool) -> t.Dict[str, Judgement]:
        """What those metrics come to that count."""
        return judge_all([metric for metric in self.metrics if not metric.dry_run], over)
