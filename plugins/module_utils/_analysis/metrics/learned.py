# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A metric that learns by how much the hosts of both sides differ while they run the same release.

PRIVATE to the collection.
"""

from __future__ import annotations

import dataclasses
import math
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.interface import (
    Metric,
    Schedule,
    State,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.interface import Provider
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.evidence import (
    Evidence,
    Interval,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.trace import Trace
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Judgement, Verdict


class Comparison(Metric, t.Protocol):
    """A metric that compares."""

    minimum: int

    def evidence(self) -> Evidence:
        """What was seen."""

    def fault(self, over: bool) -> t.Optional[Judgement]:
        """An error of the measurement that is one too many."""


@dataclasses.dataclass
class LearnedMetric:
    """Satisfies ``Metric``. It asks what *compared* asks until time is up; there is no worse and no better."""

    name: str
    schedule: Schedule
    dry_run: bool
    compared: Comparison

    @classmethod
    def of(cls, compared: Comparison) -> LearnedMetric:
        """One that asks as *compared* does."""
        return cls(compared.name, compared.schedule, compared.dry_run, compared)

    @property
    def provider(self) -> Provider:
        return self.compared.provider

    @property
    def trace(self) -> Trace:
        return self.compared.trace

    @trace.setter
    def trace(self, trace: Trace) -> None:
        self.compared.trace = trace

    @property
    def asks(self) -> t.Sequence[t.Any]:
        return self.compared.asks

    @property
    def offset(self) -> t.Optional[Interval]:
        """How many times as bad the canary's hosts are, wrong with a probability of at most alpha; None while that has no end."""
        seen = self.compared.evidence()
        enough = min(seen.baseline, seen.canary) >= self.compared.minimum
        closed = 0 < seen.interval.lower <= seen.interval.upper < math.inf
        return seen.interval if enough and closed else None

    def look(self) -> None:
        self.compared.look()

    def judgement(self, over: bool) -> Judgement:
        fault = self.compared.fault(over)
        if fault is not None:
            return fault
        offset = self.offset
        seen = self.compared.evidence()
        if offset is None:
            said = "too little to learn from: {0} and {1} samples".format(seen.baseline, seen.canary)
            return Judgement(Verdict.INCONCLUSIVE if over else None, said)
        said = "the hosts of the canary have {0:.2f} to {1:.2f} × as much, {2} and {3} samples".format(
            offset.lower, offset.upper, seen.baseline, seen.canary
        )
        return Judgement(Verdict.SUCCESSFUL if over else None, said)

    def report(self) -> t.Dict[str, t.Any]:
        return self.compared.report()

    def state(self) -> State:
        return self.compared.state()

    def restore(self, state: State, ended: bool, /) -> None:
        self.compared.restore(state, ended)
