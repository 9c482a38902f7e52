# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One metric under watch: asked again and again, and judged by what was answered so far.

PRIVATE to the collection. What is asked is the provider's, how it is judged the
judges'; here the two come together, and errors of the measurement are kept apart
from what is measured.
"""

from __future__ import annotations

import dataclasses
import math
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.conditions import (
    Conditions,
    Counts,
    Limits,
    assess,
    evaluate,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import (
    BadMeasurement,
    ProviderRefused,
    ProviderUnreachable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.interface import Provider
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.evidence import Claim
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.judge import judge
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.rates import Rates, Tally
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import (
    Labels,
    counters,
    increase,
    result,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Judgement, Verdict

_ERRORS = (BadMeasurement, ProviderRefused, ProviderUnreachable)


@dataclasses.dataclass(frozen=True)
class Schedule:
    """When a metric is asked.

    :param interval: seconds between two looks
    :param initial_delay: seconds before the first
    """

    interval: float
    initial_delay: float = 0.0


class Metric(t.Protocol):
    """A metric under watch."""

    name: str
    schedule: Schedule
    dry_run: bool

    def look(self) -> None:
        """Ask once more; what goes wrong with that is kept, not raised."""

    def judgement(self, over: bool) -> Judgement:
        """What it comes to so far, or in the end when it is *over*."""

    def report(self) -> t.Dict[str, t.Any]:
        """What was measured, as plain data."""


@dataclasses.dataclass
class ConditionMetric:
    """A metric whose measurements are each judged by conditions."""

    name: str
    schedule: Schedule
    dry_run: bool
    provider: Provider
    query: str
    conditions: Conditions
    limits: Limits
    reduction: t.Optional[str] = None
    counts: Counts = dataclasses.field(default_factory=Counts)
    last: Judgement = Judgement(None, "nothing was measured")  # noqa: RUF009 (it is frozen)

    def look(self) -> None:
        try:
            measured = result(self.provider.measure(self.query), self.reduction)
            self.last = Judgement(*evaluate(measured, self.conditions))
        except _ERRORS as error:
            self.last = Judgement(Verdict.ERROR, error.message)
        self.counts = self.counts.after(t.cast("Verdict", self.last.verdict))

    def judgement(self, over: bool) -> Judgement:
        verdict = assess(self.counts, self.limits, over)
        if verdict is Verdict.SUCCESSFUL and not self.counts.measured:
            # As Argo has it, an analysis that is ended before it measured anything succeeds; a verdict is made of data here.
            verdict = Verdict.ERROR if self.counts.error else Verdict.INCONCLUSIVE
        return Judgement(verdict, self._reason())

    def report(self) -> t.Dict[str, t.Any]:
        return dataclasses.asdict(self.counts)

    def _reason(self) -> str:
        kinds = [(verdict.value, getattr(self.counts, verdict.value)) for verdict in Verdict]
        counted = ", ".join("{0} {1}".format(count, kind) for kind, count in kinds if count)
        return "{0}; the last: {1}".format(counted, self.last.reason) if counted else self.last.reason


@dataclasses.dataclass(frozen=True)
class RateQueries:
    """The queries for one side's counters: of what is bad, and of all."""

    bad: str
    total: str


@dataclasses.dataclass
class RateMetric:
    """A metric that compares how frequent something is in the canary and in the baseline.

    :param minimum: samples that each side needs
    :param error_limit: looks in a row that may go wrong
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
    errors: int = 0
    fault: str = ""
    counted: t.Dict[str, t.Dict[Labels, float]] = dataclasses.field(default_factory=dict)

    @property
    def claim(self) -> Claim:
        """What is tested."""
        return self.rates.claim

    def look(self) -> None:
        try:
            now = {query: counters(self.provider.measure(query)) for query in self._queries()}
            tallies = [self._tally(queries, now) for queries in (self.baseline, self.canary)]
        except _ERRORS as error:
            # The counters of the look before stay, so that the next one spans this one too, on both sides.
            self.errors, self.fault = self.errors + 1, error.message
            return
        self.errors, self.counted = 0, now
        if None not in tallies:
            self.rates = self.rates.after(*t.cast("t.List[Tally]", tallies))

    def judgement(self, over: bool) -> Judgement:
        if self.errors > self.error_limit or (over and self.errors and not self.rates.looks):
            return Judgement(
                Verdict.ERROR, "{0} looks in a row went wrong; the last: {1}".format(self.errors, self.fault)
            )
        return judge(self.rates.evidence(), self.claim, self.minimum, over)

    def report(self) -> t.Dict[str, t.Any]:
        evidence = self.rates.evidence()
        return {
            "looks": len(self.rates.looks),
            "estimate": _finite(evidence.estimate),
            "interval": [evidence.interval.lower, _finite(evidence.interval.upper)],
            "e_value": evidence.e_value,
            "p_value": evidence.p_value,
            "samples": {"baseline": evidence.baseline, "canary": evidence.canary},
        }

    def _queries(self) -> t.List[str]:
        """All queries; what is bad is read before the whole that it is a part of."""
        return [self.baseline.bad, self.canary.bad, self.baseline.total, self.canary.total]

    def _tally(self, queries: RateQueries, now: t.Mapping[str, t.Mapping[Labels, float]]) -> t.Optional[Tally]:
        """What was counted since the look before; None at the first."""
        bad, total = (increase(self.counted.get(query, {}), now[query]) for query in (queries.bad, queries.total))
        if total is None:
            return None
        # A counter of what is bad appears with the first of it. The two are not read at one instant.
        risen = round(sum(now[queries.bad].values())) if bad is None else bad
        return Tally(max(total, risen), risen)


def _finite(ratio: t.Optional[float]) -> t.Optional[float]:
    """JSON knows no infinity."""
    return ratio if ratio is not None and math.isfinite(ratio) else None
