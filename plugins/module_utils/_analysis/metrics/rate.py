# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A metric that compares how frequent something is in the canary and in the baseline, by counters.

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
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.rates import Rates, Tally
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Labels, counters, increase
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.trace import Trace, point_now
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Judgement

_NEVER_BAD = "; the query for bad has yielded no series so far, see that it is right"

Reading = t.Mapping[Labels, float]
"""Counters at one instant."""


@dataclasses.dataclass(frozen=True)
class RateQueries:
    """The queries for one side's counters: of what is bad, and of all."""

    bad: str
    total: str


@dataclasses.dataclass
class RateMetric:
    """Satisfies ``Metric``.

    :param minimum: samples that each side needs
    :param error_limit: looks in a row that may go wrong
    :param counted: what the counters were at the last look that compared something, by query
    :param seen_bad: whether the query for what is bad has ever yielded a series
    """

    name: str
    schedule: Schedule
    dry_run: bool
    provider: Provider
    baseline: RateQueries
    canary: RateQueries
    minimum: int
    error_limit: int
    rates: Rates
    faults: Faults = dataclasses.field(default_factory=Faults)
    counted: t.Mapping[str, Reading] = dataclasses.field(default_factory=dict)
    seen_bad: bool = False
    trace: Trace = dataclasses.field(default_factory=Trace)

    @property
    def asks(self) -> t.Sequence[t.Any]:
        claim = self.rates.claim
        return (*self._queries(), claim.margin, claim.offset.lower, claim.offset.upper)

    def look(self) -> None:
        queries = self._queries()
        try:
            now = dict(zip(queries, map(counters, self.provider.measure(queries))))
            baseline, canary = (self._tally(side, now) for side in (self.baseline, self.canary))
        except NothingYet:
            return
        except MEASUREMENT_ERRORS as error:
            # The counters of the look before stay, so that the next one spans this one too, on both sides.
            self.faults = self.faults.after(error.message)
            return
        self.faults = Faults()
        self.seen_bad = self.seen_bad or any(now[side.bad] for side in (self.baseline, self.canary))
        if not self.counted:
            self.counted = now
        elif baseline.total and canary.total:
            self.rates = self.rates.after(baseline, canary)
            seen = point_now(baseline.bad / baseline.total, canary.bad / canary.total, self.evidence())
            self.trace = self.trace.after(seen)
            # A series that is missing for once is compared with what it was, when it is back.
            self.counted = {query: {**self.counted[query], **now[query]} for query in queries}
        else:
            # Where a side has not risen the look goes on; a series that is new counts from what it is now.
            self.counted = {query: {**now[query], **self.counted[query]} for query in queries}

    def evidence(self) -> Evidence:
        """What was seen."""
        return self.rates.evidence()

    def fault(self, over: bool) -> t.Optional[Judgement]:
        """An error of the measurement that is one too many."""
        return self.faults.judgement(self.error_limit, over, anything_seen=bool(self.rates.looks))

    def judgement(self, over: bool) -> Judgement:
        judged = self.fault(over) or judge(self.evidence(), self.rates.claim, self.minimum, over)
        return judged if self.seen_bad else Judgement(judged.verdict, judged.reason + _NEVER_BAD)

    def report(self) -> t.Dict[str, t.Any]:
        return evidence_report(self.evidence(), self.rates.looks, self.rates.claim.margin)

    def state(self) -> State:
        return {
            "rates": self.rates.as_data(),
            "counted": [
                [[sorted(labels), value] for labels, value in self.counted[query].items()]
                for query in self._queries()
                if self.counted
            ],
            "seen_bad": self.seen_bad,
            "faults": self.faults.as_data(),
        }

    def restore(self, state: State, ended: bool, /) -> None:
        self.rates = self.rates.restored(state["rates"])
        readings = [
            {frozenset((name, text) for name, text in labels): float(value) for labels, value in reading}
            for reading in state["counted"]
        ]
        if readings and len(readings) != len(self._queries()):
            raise ValueError("it has {0} readings of counters".format(len(readings)))
        # What happened since it ended, nobody watched.
        self.counted = {} if ended else dict(zip(self._queries(), readings))
        self.faults = Faults() if ended else Faults.restored(state["faults"])
        self.seen_bad = bool(state["seen_bad"])

    def _queries(self) -> t.List[str]:
        """All queries; what is bad is read before the whole that it is a part of."""
        return [self.baseline.bad, self.canary.bad, self.baseline.total, self.canary.total]

    def _tally(self, queries: RateQueries, now: t.Mapping[str, Reading]) -> Tally:
        """What was counted since the last look that compared something.

        A counter of what is bad appears with the first of it; a total that is new was counting before it was seen.
        """
        total = increase(self.counted.get(queries.total, {}), now[queries.total])
        bad = increase(self.counted.get(queries.bad, {}), now[queries.bad], new_within=total)
        # The two are not read at one instant.
        return Tally(max(total, bad), bad)
