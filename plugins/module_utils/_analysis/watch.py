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
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Verdict
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.whole.interface import Whole, judge_all


class Clock(t.Protocol):
    """What tells the time and passes it, in seconds."""

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


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


def watch(whole: Whole, duration: float, timetable: Timetable, clock: Clock = time) -> Timetable:
    """Ask each metric at its interval until all have a verdict, nothing can change the whole's, or *duration* seconds are over.

    :param duration: of this part alone
    :returns: how far the analysis is now
    """
    origin = clock.monotonic() - timetable.elapsed
    end = timetable.elapsed + duration
    due = {metric.name: timetable.due.get(metric.name, metric.schedule.initial_delay) for metric in whole.metrics}
    asking = [metric for metric in whole.metrics if _is_open(metric, whole)]
    looked, is_over = False, whole.judge(over=False).verdict is Verdict.FAILED
    while asking and not is_over:
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
        if not _is_open(following, whole):
            asking.remove(following)
        is_over = whole.is_over(clock.monotonic() - origin)
    return Timetable(clock.monotonic() - origin, due)


def _is_open(metric: Metric, whole: Whole) -> bool:
    return judge_all([metric], over=False, goes_on=whole.goes_on)[metric.name].verdict is None


def _sleep_until(when: float, clock: Clock) -> None:
    clock.sleep(max(0.0, when - clock.monotonic()))
