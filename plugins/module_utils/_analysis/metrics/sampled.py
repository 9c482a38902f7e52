# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A metric that is sampled in both pools, for a judge that compares the samples as a whole.

PRIVATE to the collection.
"""

from __future__ import annotations

import dataclasses
import math
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import BadMeasurement
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta import metric as kayenta
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.classify import (
    Classification,
    Label,
    classify,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.judge import Measurements
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.rules import Rules
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.interface import (
    MEASUREMENT_ERRORS,
    Faults,
    Schedule,
    State,
    finite,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.interface import (
    NothingYet,
    Provider,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import middle
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.trace import Trace, point_now
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Judgement, Verdict

Sample = t.Tuple[t.Optional[float], t.Optional[float]]
"""The values of the baseline and of the canary at one time; None where there is none."""

_VERDICTS = {
    Label.PASS: Verdict.SUCCESSFUL,
    Label.HIGH: Verdict.FAILED,
    Label.LOW: Verdict.FAILED,
    Label.NODATA: Verdict.INCONCLUSIVE,
    Label.NODATA_FAIL_METRIC: Verdict.FAILED,
    Label.ERROR: Verdict.ERROR,
}


@dataclasses.dataclass
class SampledMetric:
    """Satisfies ``Metric``. Each series of an answer is a value, of a host say; the median of a look is its sample.

    :param compared: what the values may do
    :param baseline: the query for the baseline's values
    :param error_limit: looks in a row that may go wrong
    :param most: looks that are looked back on; None for all
    :param samples: one for each look that did not go wrong
    """

    name: str
    schedule: Schedule
    dry_run: bool
    provider: Provider
    baseline: str
    canary: str
    error_limit: int
    compared: kayenta.Metric
    rules: Rules
    most: t.Optional[int] = None
    samples: t.Tuple[Sample, ...] = ()
    faults: Faults = dataclasses.field(default_factory=Faults)
    trace: Trace = dataclasses.field(default_factory=Trace)

    @property
    def asks(self) -> t.Sequence[t.Any]:
        return (self.baseline, self.canary)

    def look(self) -> None:
        try:
            baseline, canary = map(middle, self.provider.measure([self.baseline, self.canary]))
            _check(baseline)
            _check(canary)
        except NothingYet:
            return
        except MEASUREMENT_ERRORS as error:
            self.faults = self.faults.after(error.message)
            return
        self.faults = Faults()
        samples = (*self.samples, (baseline, canary))
        self.trace = self.trace.after(point_now(baseline, canary))
        self.samples = samples if self.most is None else samples[-self.most :]

    def fault(self, over: bool) -> t.Optional[Judgement]:
        """An error of the measurement that is one too many."""
        return self.faults.judgement(self.error_limit, over, anything_seen=bool(self.samples))

    def judgement(self, over: bool) -> Judgement:
        """What its label comes to; before the end only whether it can be measured."""
        fault = self.fault(over)
        if fault is not None:
            return fault
        if not over:
            return Judgement(None, "{0} looks so far; the samples are compared as a whole".format(len(self.samples)))
        found = self._classified()
        return Judgement(_VERDICTS[found.label], "{0}: {1}".format(found.label.value, found.reason))

    def measurements(self) -> Measurements:
        """All samples, for the judge."""
        return Measurements(
            self.compared, [one for one, _other in self.samples], [other for _one, other in self.samples]
        )

    def report(self) -> t.Dict[str, t.Any]:
        found = self._classified()
        shift = found.interval
        return {
            "looks": len(self.samples),
            "label": found.label.value,
            "critical": found.critical,
            "groups": list(self.compared.groups),
            "effect": finite(found.effect),
            "deviation": finite(found.deviation),
            "estimate": None if shift is None else shift.estimate,
            "interval": None if shift is None else [shift.lower, shift.upper],
            "samples": dict(zip(("baseline", "canary"), found.measured)),
        }

    def state(self) -> State:
        return {"samples": [list(sample) for sample in self.samples], "faults": self.faults.as_data()}

    def restore(self, state: State, ended: bool, /) -> None:
        self.samples = tuple((_number(baseline), _number(canary)) for baseline, canary in state["samples"])
        self.faults = Faults() if ended else Faults.restored(state["faults"])

    def _classified(self) -> Classification:
        measured = self.measurements()
        return classify(self.compared, measured.control, measured.experiment, self.rules)


def _check(value: t.Optional[float]) -> None:
    if value is not None and math.isinf(value):
        raise BadMeasurement("{0!r} is no value that can be compared".format(value))


def _number(value: t.Optional[float]) -> t.Optional[float]:
    return None if value is None else float(value)
