# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one narrow interface to what all metrics of an analysis come to together.

PRIVATE to the collection. There are two: the worst metric counts
(``by_worst.py``), or a score does (``by_score.py``).
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.interface import Metric, State
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Judgement, Verdict


class Whole(t.Protocol):
    """All metrics of an analysis."""

    @property
    def metrics(self) -> t.Sequence[Metric]:
        """Each of them, in the order in which they were given."""

    @property
    def goes_on(self) -> bool:
        """Whether what was shown to be good is looked at further, and is no verdict before the end."""

    def is_over(self, elapsed: float, /) -> bool:
        """Whether nothing that is measured from now on can change the verdict.

        :param elapsed: seconds of the analysis' own since it began; asked after every look
        """

    def judge(self, over: bool) -> Judgement:
        """What they come to together, and why; in the end, when it is *over*, there is a verdict."""

    def report(self, judgements: t.Mapping[str, Judgement], /) -> t.Dict[str, t.Any]:
        """What there is to tell of them together, as further results of the module.

        :param judgements: what each metric came to, by its name
        """

    def state(self) -> State:
        """What it must know in the next part, beside what the metrics have seen."""

    def restore(self, state: State) -> None:
        """Go on from there; raises KeyError, TypeError or ValueError where it is no such state."""


def judge_all(metrics: t.Sequence[Metric], over: bool, goes_on: bool = False) -> t.Dict[str, Judgement]:
    """What each metric comes to, by its name; in the end each comes to something.

    :param goes_on: as that of the whole
    """
    judgements = {metric.name: metric.judgement(over) for metric in metrics}
    return {name: open_still(one) if goes_on and not over else one for name, one in judgements.items()}


def open_still(judgement: Judgement) -> Judgement:
    """What is good so far, without a verdict."""
    return Judgement(None, judgement.reason) if judgement.verdict is Verdict.SUCCESSFUL else judgement
