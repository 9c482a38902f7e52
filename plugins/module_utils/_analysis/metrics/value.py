# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A metric that compares how high something is in the canary and in the baseline, latency say.

PRIVATE to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.interface import (
    MEASUREMENT_ERRORS,
    Faults,
    Schedule,
    State,
    evidence_report,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.interface import (
    NothingYet,
    Provider,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.evidence import Evidence
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.judge import judge
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.pairs import Pairs
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import middle
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.trace import Trace, point_now
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Judgement


@dataclasses.dataclass
class ValueMetric:
    """Satisfies ``Metric``. Each series of an answer is a value, of a host say; NaN is none. A look compares the medians.

    :param baseline: the query for the baseline's values
    :param minimum: looks that there must be
    :param error_limit: looks in a row that may go wrong
    :param looks: how many there were that measured something new on both sides
    :param read: the medians of the last of them
    """

    name: str
    schedule: Schedule
    dry_run: bool
    provider: Provider
    baseline: str
    canary: str
    minimum: int
    error_limit: int
    pairs: Pairs
    looks: int = 0
    read: t.Tuple[t.Optional[float], t.Optional[float]] = (None, None)
    faults: Faults = dataclasses.field(default_factory=Faults)
    trace: Trace = dataclasses.field(default_factory=Trace)

    @property
    def asks(self) -> t.Sequence[t.Any]:
        claim = self.pairs.claim
        return (self.baseline, self.canary, claim.margin, claim.offset.lower, claim.offset.upper)

    def look(self) -> None:
        try:
            baseline, canary = map(middle, self.provider.measure([self.baseline, self.canary]))
            # What is read once more was not measured once more: with a side that stands still every look would say the same
            # again. A side at 0 has no traffic to be measured.
            if baseline and canary and baseline != self.read[0] and canary != self.read[1]:
                self.pairs = self.pairs.after([baseline], [canary], seed=self.looks)
                self.looks, self.read = self.looks + 1, (baseline, canary)
                self.trace = self.trace.after(point_now(baseline, canary, self.evidence()))
        except NothingYet:
            return
        except MEASUREMENT_ERRORS as error:
            self.faults = self.faults.after(error.message)
            return
        self.faults = Faults()

    def evidence(self) -> Evidence:
        """What was seen."""
        return self.pairs.evidence()

    def fault(self, over: bool) -> t.Optional[Judgement]:
        """An error of the measurement that is one too many."""
        return self.faults.judgement(self.error_limit, over, anything_seen=bool(self.looks))

    def judgement(self, over: bool) -> Judgement:
        return self.fault(over) or judge(self.evidence(), self.pairs.claim, self.minimum, over)

    def report(self) -> t.Dict[str, t.Any]:
        return evidence_report(self.evidence(), self.looks, self.pairs.claim.margin)

    def state(self) -> State:
        seen = {field.name: getattr(self.pairs, field.name) for field in dataclasses.fields(Pairs)}
        del seen["claim"]
        return {"pairs": seen, "looks": self.looks, "read": list(self.read), "faults": self.faults.as_data()}

    def restore(self, state: State, ended: bool, /) -> None:
        seen = dict(state["pairs"])
        seen["ratios"] = tuple((int(step), int(count)) for step, count in seen["ratios"])
        worse, within = seen["highest"]
        seen["highest"] = (float(worse), float(within))
        self.pairs = Pairs(self.pairs.claim, **seen)
        self.looks = int(state["looks"])
        baseline, canary = state["read"]
        self.read = (baseline, canary)
        self.faults = Faults() if ended else Faults.restored(state["faults"])
