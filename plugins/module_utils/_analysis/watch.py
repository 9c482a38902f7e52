# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watches metrics until they have come to a verdict, or time is up.

PRIVATE to the collection. It decides only when each metric is asked.
"""

from __future__ import annotations

import time
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metric import Metric
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Judgement, Verdict, worst


class Clock(t.Protocol):
    """What tells the time and passes it, in seconds."""

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


def watch(metrics: t.Sequence[Metric], duration: float, clock: Clock = time) -> t.Dict[str, Judgement]:
    """Ask each metric at its interval until all have a verdict, one that counts has failed, or *duration* seconds are over.

    :returns: the final judgement of each metric by its name
    """
    started = clock.monotonic()
    due = {metric.name: started + metric.schedule.initial_delay for metric in metrics}
    open_metrics = list(metrics)
    while open_metrics:
        following = min(open_metrics, key=lambda metric: due[metric.name])
        wait = due[following.name] - clock.monotonic()
        if due[following.name] > started + duration:
            clock.sleep(max(0.0, started + duration - clock.monotonic()))
            break
        if wait > 0:
            clock.sleep(wait)
        following.look()
        due[following.name] = max(due[following.name] + following.schedule.interval, clock.monotonic())
        verdict = following.judgement(over=False).verdict
        if verdict is not None:
            open_metrics.remove(following)
        if verdict is Verdict.FAILED and not following.dry_run:
            break
    return {metric.name: metric.judgement(over=True) for metric in metrics}


def conclude(metrics: t.Sequence[Metric], judgements: t.Mapping[str, Judgement]) -> Judgement:
    """What the metrics that count come to together, and why."""
    counted = {metric.name: judgements[metric.name] for metric in metrics if not metric.dry_run}
    verdict = worst(judgement.verdict for judgement in counted.values() if judgement.verdict is not None)
    reasons = ["{0}: {1}".format(name, one.reason) for name, one in counted.items() if one.verdict is verdict]
    return Judgement(verdict, "; ".join(reasons))
