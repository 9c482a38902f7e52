# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a comparison saw over time, for pictures: few points, however long it took.

PRIVATE to the collection.
"""

from __future__ import annotations

import dataclasses
import math
import time
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.evidence import Evidence

MOST = 120
"""Points that are kept."""


@dataclasses.dataclass(frozen=True)
class Point:
    """One look, and what all up to it came to.

    :param at: seconds since the epoch
    :param baseline: what was measured of the baseline in this look, None where nothing was
    :param canary: the same of the canary
    :param estimate: how many times as much the canary has; None where that has no end or is not estimated
    :param lower: where the interval of that begins
    :param upper: where it ends; None as for the estimate
    """

    at: float
    baseline: t.Optional[float]
    canary: t.Optional[float]
    estimate: t.Optional[float] = None
    lower: t.Optional[float] = None
    upper: t.Optional[float] = None


@dataclasses.dataclass(frozen=True)
class Trace:
    """Points in the order of time: one of so many looks, and the last.

    :param every: of how many looks one is kept
    :param looks: how many there were
    """

    points: t.Tuple[Point, ...] = ()
    every: int = 1
    looks: int = 0

    def after(self, point: Point) -> Trace:
        """The same with one more look. When there are too many points, every other one goes."""
        settled = self.points[: self.looks // self.every]
        every, looks = self.every, self.looks + 1
        while len(settled) >= MOST:
            every *= 2
            settled = settled[1::2]
        return Trace((*settled, point), every, looks)

    def report(self) -> t.List[t.Dict[str, t.Optional[float]]]:
        """The points as plain data."""
        return [dataclasses.asdict(point) for point in self.points]

    def as_data(self) -> t.Dict[str, t.Any]:
        """All of it, as JSON has it."""
        return {"trace": self.report(), "traced": {"every": self.every, "looks": self.looks}}


def restored(data: t.Mapping[str, t.Any]) -> Trace:
    """What :meth:`Trace.as_data` wrote; raises KeyError, TypeError or ValueError where it is not that."""
    points = tuple(Point(**point) for point in data["trace"])
    every, looks = int(data["traced"]["every"]), int(data["traced"]["looks"])
    if every < 1 or len(points) != math.ceil(looks / every):
        raise ValueError("it has {0} points of {1} looks".format(len(points), looks))
    return Trace(points, every, looks)


def point_now(baseline: t.Optional[float], canary: t.Optional[float], evidence: t.Optional[Evidence] = None) -> Point:
    """What was measured just now, to six digits, and what all looks came to."""
    at, before, after = round(time.time(), 3), _rounded(baseline), _rounded(canary)
    if evidence is None or evidence.estimate is None:
        return Point(at, before, after)
    interval = evidence.interval
    return Point(at, before, after, *map(_rounded, (evidence.estimate, interval.lower, interval.upper)))


def _rounded(value: t.Optional[float]) -> t.Optional[float]:
    return float("{0:.6g}".format(value)) if value is not None and math.isfinite(value) else None
