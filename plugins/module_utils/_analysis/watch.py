# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watches metrics until they have come to a verdict, or time is up.

PRIVATE to the collection. It decides only when each metric is asked. An analysis
can be made in parts, each of which goes on where the one before it ended.
"""

from __future__ import annotations

import dataclasses
import time
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.interface import Metric
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Judgement, Verdict, worst


class Clock(t.Protocol):
    """What tells the time and passes it, in seconds."""

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


_ROUNDING = 1e-6
"""Seconds by which a clock's sums are off."""


_ROUNDING = 1e-6
"""Seconds by which a clock's sums may be off."""


@dataclasses.dataclass(frozen=True)
class Timetable:
    """How far an analysis is, in seconds of its own: those between its parts are not among them.

    :param elapsed: how long it was watched so far
    :param due: by metric, when it is asked next; one that is not there is asked after its initial delay
    """

    elapsed: float = 0.0
    due: t.Mapping[str, float] = dataclasses.field(default_factory=dict)


def watch(metrics: t.Sequence[Metric], duration: float, timetable: Timetable, clock: Clock = time) -> Timetable:
    """Ask each metric at its interval until all have a verdict, one that counts has failed, or *duration* seconds are over.

    :param duration: of this part alone
    :returns: how far the analysis is now
    """
    origin = clock.monotonic() - timetable.elapsed
    end = timetable.elapsed + duration
    due = {metric.name: timetable.due.get(metric.name, metric.schedule.initial_delay) for metric in metrics}
    asking = [metric for metric in metrics if metric.judgement(over=False).verdict is None]
    looked = False
    while asking and not _has_failed(metrics):
        following = min(asking, key=lambda metric: due[metric.name])
        _sleep_until(origin + min(due[following.name], end), clock)
        # A source that is slow must not hold up the end: what is due still is asked in the next part, of which it is the first.
        late = looked and clock.monotonic() - origin > end + _ROUNDING
        if due[following.name] > end or late:
            break
        following.look()
        looked = True
        now = clock.monotonic() - origin
        due[following.name] = max(due[following.name] + following.schedule.interval, now)
        if following.judgement(over=False).verdict is not None:
            asking.remove(following)
    return Timetable(clock.monotonic() - origin, due)


def judge_all(metrics: t.Sequence[Metric], over: bool) -> t.Dict[str, Judgement]:
    """What each metric comes to, by its name; in the end each comes to something."""
    return {metric.name: metric.judgement(over) for metric in metrics}


def conclude(metrics: t.Sequence[Metric], judgements: t.Mapping[str, Judgement]) -> Judgement:
    """What the metrics that count come to together, and why; no verdict while one of them has none and none has failed."""
    counted = {metric.name: judgements[metric.name] for metric in metrics if not metric.dry_run}
    verdicts = [judgement.verdict for judgement in counted.values()]
    is_open = None in verdicts and Verdict.FAILED not in verdicts
    verdict = None if is_open else worst(verdict for verdict in verdicts if verdict is not None)
    reasons = ["{0}: {1}".format(name, one.reason) for name, one in counted.items() if one.verdict is verdict]
    return Judgement(verdict, "; ".join(reasons))


def _has_failed(metrics: t.Sequence[Metric]) -> bool:
    return any(metric.judgement(over=False).verdict is Verdict.FAILED for metric in metrics if not metric.dry_run)


def _sleep_until(when: float, clock: Clock) -> None:
    clock.sleep(max(0.0, when - clock.monotonic()))
