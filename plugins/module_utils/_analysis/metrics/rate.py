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
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.interface import Provider
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.judge import judge
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.rates import Rates, Tally
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Labels, counters, increase
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Judgement

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
    :param counted: what the counters were at the last look, by query
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

    def look(self) -> None:
        try:
            queries = self._queries()
            now = dict(zip(queries, map(counters, self.provider.measure(queries))))
            tallies = [self._tally(queries, now) for queries in (self.baseline, self.canary)]
        except MEASUREMENT_ERRORS as error:
            # The counters of the look before stay, so that the next one spans this one too, on both sides.
            self.faults = self.faults.after(error.message)
            return
        self.faults, self.counted = Faults(), now
        if None not in tallies:
            self.rates = self.rates.after(*t.cast("t.List[Tally]", tallies))

    def judgement(self, over: bool) -> Judgement:
        fault = self.faults.judgement(self.error_limit, over, anything_seen=bool(self.rates.looks))
        return fault or judge(self.rates.evidence(), self.rates.claim, self.minimum, over)

    def report(self) -> t.Dict[str, t.Any]:
        return evidence_report(self.rates.evidence(), len(self.rates.looks))

    def state(self) -> State:
        return {
            "looks": [[b.total, b.bad, c.total, c.bad] for b, c in self.rates.looks],
            "counted": {
                query: [[sorted(labels), value] for labels, value in reading.items()]
                for query, reading in self.counted.items()
            },
            "faults": [self.faults.count, self.faults.said],
        }

    def restore(self, state: State) -> None:
        looks = tuple((Tally(b, bad_b), Tally(c, bad_c)) for b, bad_b, c, bad_c in state["looks"])
        self.rates = Rates(self.rates.claim, looks)
        self.counted = {
            query: {frozenset((name, text) for name, text in labels): float(value) for labels, value in reading}
            for query, reading in state["counted"].items()
        }
        self.faults = Faults(*state["faults"])

    def _queries(self) -> t.List[str]:
        """All queries; what is bad is read before the whole that it is a part of."""
        return [self.baseline.bad, self.canary.bad, self.baseline.total, self.canary.total]

    def _tally(self, queries: RateQueries, now: t.Mapping[str, Reading]) -> t.Optional[Tally]:
        """What was counted since the look before; None at the first."""
        bad, total = (increase(self.counted.get(query, {}), now[query]) for query in (queries.bad, queries.total))
        if total is None:
            return None
        # A counter of what is bad appears with the first of it. The two are not read at one instant.
        risen = round(sum(now[queries.bad].values())) if bad is None else bad
        return Tally(max(total, risen), risen)
