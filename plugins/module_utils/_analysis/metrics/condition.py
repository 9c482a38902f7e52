# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A metric whose measurements are each judged by conditions.

PRIVATE to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.conditions import (
    Conditions,
    Counts,
    Limits,
    assess,
    evaluate,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.interface import (
    MEASUREMENT_ERRORS,
    Schedule,
    State,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.interface import (
    NothingYet,
    Provider,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import result
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.trace import Trace
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Judgement, Verdict

_NOTHING = "nothing was measured"


@dataclasses.dataclass
class ConditionMetric:
    """Satisfies ``Metric``.

    :param reduction: how several series become one number; None where several are an error
    :param last: what was seen in the last look
    :param trace: nothing, as nothing is compared
    """

    name: str
    schedule: Schedule
    dry_run: bool
    provider: Provider
    query: str
    conditions: Conditions
    limits: Limits
    reduction: t.Optional[str] = None
    counts: Counts = dataclasses.field(default_factory=Counts)
    last: str = _NOTHING
    trace: Trace = dataclasses.field(default_factory=Trace)

    @property
    def asks(self) -> t.Sequence[t.Any]:
        return (
            self.query,
            self.reduction,
            *(one and one.text for one in (self.conditions.success, self.conditions.failure)),
        )

    def look(self) -> None:
        try:
            measured = result(self.provider.measure([self.query])[0], self.reduction)
            verdict, self.last = evaluate(measured, self.conditions)
        except NothingYet:
            return
        except MEASUREMENT_ERRORS as error:
            verdict, self.last = Verdict.ERROR, error.message
        # What is complete and looked at further is counted anew from the next measurement on, as its limits are for one count.
        complete = verdict is not Verdict.ERROR and self.judgement(over=False).verdict is Verdict.SUCCESSFUL
        self.counts = (Counts() if complete else self.counts).after(verdict)

    def judgement(self, over: bool) -> Judgement:
        verdict = assess(self.counts, self.limits, over)
        if verdict is Verdict.SUCCESSFUL and not self.counts.measured:
            # As Argo has it, an analysis that is ended before it measured anything succeeds; a verdict is made of data here.
            verdict = Verdict.ERROR if self.counts.error else Verdict.INCONCLUSIVE
        return Judgement(verdict, self._reason())

    def report(self) -> t.Dict[str, t.Any]:
        return dataclasses.asdict(self.counts)

    def state(self) -> State:
        return {"counts": dataclasses.asdict(self.counts), "last": self.last}

    def restore(self, state: State, ended: bool, /) -> None:
        if ended:
            # What was counted has had its verdict, and would have it at once again.
            return
        self.counts = Counts(**{name: int(count) for name, count in state["counts"].items()})
        self.last = str(state["last"])

    def _reason(self) -> str:
        kinds = [(verdict.value, getattr(self.counts, verdict.value)) for verdict in Verdict]
        counted = ", ".join("{0} {1}".format(count, kind) for kind, count in kinds if count)
        return "{0}; the last: {1}".format(counted, self.last) if counted else self.last
