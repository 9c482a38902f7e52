# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A metric that compares how high something is in the canary and in the baseline, latency say.

PRIVATE to the collection.
"""

from __future__ import annotations

import dataclasses
import math
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
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.pairs import Pairs
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Series, numbers
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Judgement


@dataclasses.dataclass
class ValueMetric:
    """Satisfies ``Metric``. Each series of an answer is a value, of a host say; NaN is none.

    :param baseline: the query for the baseline's values
    :param minimum: values that each side needs
    :param error_limit: looks in a row that may go wrong
    :param looks: how many there were
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
    faults: Faults = dataclasses.field(default_factory=Faults)

    def look(self) -> None:
        try:
            baseline, canary = map(_values, self.provider.measure([self.baseline, self.canary]))
            self.pairs = self.pairs.after(baseline, canary, seed=self.looks)
        except MEASUREMENT_ERRORS as error:
            self.faults = self.faults.after(error.message)
            return
        self.faults, self.looks = Faults(), self.looks + 1

    def judgement(self, over: bool) -> Judgement:
        fault = self.faults.judgement(self.error_limit, over, anything_seen=bool(self.looks))
        return fault or judge(self.pairs.evidence(), self.pairs.claim, self.minimum, over)

    def report(self) -> t.Dict[str, t.Any]:
        return evidence_report(self.pairs.evidence(), self.looks)

    def state(self) -> State:
        seen = {field.name: getattr(self.pairs, field.name) for field in dataclasses.fields(Pairs)}
        del seen["claim"]
        return {"pairs": seen, "looks": self.looks, "faults": [self.faults.count, self.faults.said]}

    def restore(self, state: State) -> None:
        seen = dict(state["pairs"])
        seen["ratios"] = tuple((int(step), int(count)) for step, count in seen["ratios"])
        worse, within = seen["highest"]
        seen["highest"] = (float(worse), float(within))
        self.pairs = Pairs(self.pairs.claim, **seen)
        self.looks = int(state["looks"])
        self.faults = Faults(*state["faults"])


def _values(measured: t.Sequence[Series]) -> t.List[float]:
    return [value for value in numbers(measured) if not math.isnan(value)]
