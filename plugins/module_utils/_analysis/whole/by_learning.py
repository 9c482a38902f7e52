# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing is judged: it is learned what is to be known of the hosts before the change.

PRIVATE to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.interface import State
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.learned import LearnedMetric
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Judgement
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.whole.by_worst import ByWorst


@dataclasses.dataclass
class ByLearning:
    """Satisfies ``Whole``. It is successful where all that counts was learned, and is never over before its time."""

    metrics: t.Sequence[LearnedMetric]
    goes_on: t.ClassVar[bool] = False

    def is_over(self, _elapsed: float, /) -> bool:
        return False

    def judge(self, over: bool) -> Judgement:
        return ByWorst(self.metrics).judge(over)

    def report(self, _judgements: t.Mapping[str, Judgement], /) -> t.Dict[str, t.Any]:
        """The offsets by metric, None where there is none, so that it cannot be taken for hosts that are alike."""
        return {
            "offsets": {
                metric.name: metric.offset and {"lower": metric.offset.lower, "upper": metric.offset.upper}
                for metric in self.metrics
            }
        }

    def state(self) -> State:
        return {}

    def restore(self, state: State) -> None:
        """There is nothing to know."""
