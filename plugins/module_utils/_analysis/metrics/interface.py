# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one narrow interface to every kind of metric under watch.

PRIVATE to the collection. A metric asks its provider and judges what was answered
so far; errors of the measurement are kept apart from what is measured. To add a
kind: write it beside this file, and say in ``specification.py`` when it is meant.
"""

from __future__ import annotations

import dataclasses
import math
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import (
    BadMeasurement,
    ProviderRefused,
    ProviderUnreachable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.interface import Provider
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.evidence import Evidence
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.trace import Trace
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Judgement, Verdict

MEASUREMENT_ERRORS = (BadMeasurement, ProviderRefused, ProviderUnreachable)
"""What goes wrong with a measurement, and is no verdict on the release."""

State = t.Dict[str, t.Any]
"""What a metric has seen, as JSON has it, so that an analysis can be made in parts."""


@dataclasses.dataclass(frozen=True)
class Schedule:
    """When a metric is asked.

    :param interval: seconds between two looks
    :param initial_delay: seconds before the first
    """

    interval: float
    initial_delay: float = 0.0


class Metric(t.Protocol):
    """A metric under watch; what it saw over time is kept and restored for it."""

    name: str
    schedule: Schedule
    dry_run: bool
    trace: Trace

    @property
    def asks(self) -> t.Sequence[t.Any]:
        """What it asks, and what is claimed of it, as JSON has it: what was seen says nothing of another question."""

    @property
    def provider(self) -> Provider:
        """What it asks, and nothing else does."""

    def look(self) -> None:
        """Ask once more; what goes wrong with that is kept, not raised."""

    def judgement(self, over: bool) -> Judgement:
        """What it comes to so far, or in the end when it is *over*."""

    def report(self) -> t.Dict[str, t.Any]:
        """What was measured, as plain data for people."""

    def state(self) -> State:
        """What it has seen."""

    def restore(self, state: State, ended: bool, /) -> None:
        """Go on from what was seen.

        Evidence is never begun anew: a further look is no further chance of a false alarm.

        :param ended: whether that came to a verdict, and is looked at longer now
        :raises KeyError, TypeError, ValueError: it is no such state
        """


@dataclasses.dataclass(frozen=True)
class Faults:
    """Looks in a row that went wrong.

    :param said: what was said of the last
    """

    count: int = 0
    said: str = ""

    def after(self, error: str) -> Faults:
        """One more."""
        return Faults(self.count + 1, error)

    def judgement(self, limit: int, over: bool, anything_seen: bool) -> t.Optional[Judgement]:
        """An error, when there are more than the *limit*, or when there is nothing else in the end."""
        if self.count > limit or (over and self.count and not anything_seen):
            said = "{0} looks in a row went wrong; the last: {1}"
            return Judgement(Verdict.ERROR, said.format(self.count, self.said))
        return None

    def as_data(self) -> t.Dict[str, t.Any]:
        """They go on in the next part: a source that is gone must not be borne anew in each."""
        return dataclasses.asdict(self)

    @classmethod
    def restored(cls, data: t.Mapping[str, t.Any]) -> Faults:
        """What :meth:`as_data` wrote; raises KeyError, TypeError or ValueError where it is not that."""
        return cls(int(data["count"]), str(data["said"]))


def evidence_report(evidence: Evidence, looks: int, margin: float) -> t.Dict[str, t.Any]:
    """Evidence as plain data; None stands for what has no end, as JSON knows no infinity."""
    return {
        "looks": looks,
        "margin": margin,
        "estimate": finite(evidence.estimate),
        "interval": [evidence.interval.lower, finite(evidence.interval.upper)],
        "e_value": evidence.e_value,
        "p_value": evidence.p_value,
        "samples": {"baseline": evidence.baseline, "canary": evidence.canary},
    }


def finite(ratio: t.Optional[float]) -> t.Optional[float]:
    """The number, or None where it has no end or is none, as JSON knows neither."""
    return ratio if ratio is not None and math.isfinite(ratio) else None
