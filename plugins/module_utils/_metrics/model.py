# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured, and how measurements add up.

PRIVATE to the collection. Pure. Names and units follow
https://prometheus.io/docs/practices/naming/: seconds, bytes and ratios, and
``_total`` at the end of a counter's name.
"""

from __future__ import annotations

import bisect
import dataclasses
import typing as t

SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""Bounds for durations, from a local task to a long bake."""

Labels = t.Tuple[t.Tuple[str, str], ...]
"""By name, in order of names."""


@dataclasses.dataclass(frozen=True)
class Metric:
    """One thing that is measured.

    :param name: with its unit; a counter's ends with ``_total``
    :param kind: ``gauge``, ``counter`` or ``histogram``
    :param about: one sentence for people
    :param bounds: of a histogram's buckets, each the highest value that is counted in it, rising; one more is without end
    """

    name: str
    kind: str
    about: str
    bounds: t.Tuple[float, ...] = ()


@dataclasses.dataclass(frozen=True)
class Point:
    """What was measured once.

    :param value: a gauge's value, what a counter rose by, or one observation of a histogram
    :param at: seconds since the epoch
    """

    metric: Metric
    value: float
    at: float
    labels: Labels = ()


@dataclasses.dataclass(frozen=True)
class Distribution:
    """Observations of a histogram.

    :param counts: how many fell into each bucket, one more than bounds
    """

    bounds: t.Tuple[float, ...]
    counts: t.Tuple[int, ...]
    total: float

    @property
    def count(self) -> int:
        return sum(self.counts)

    @property
    def cumulative(self) -> t.Tuple[t.Tuple[str, int], ...]:
        """By bound, how many were at most that; the last is ``+Inf``."""
        found, so_far = [], 0
        for bound, count in zip([*map(repr, self.bounds), "+Inf"], self.counts):
            so_far += count
            found.append((bound, so_far))
        return tuple(found)

    def plus(self, value: float) -> Distribution:
        place = bisect.bisect_left(self.bounds, value)
        counts = [count + (at == place) for at, count in enumerate(self.counts)]
        return dataclasses.replace(self, counts=tuple(counts), total=self.total + value)


@dataclasses.dataclass(frozen=True)
class Sum:
    """What all points with the same metric and labels have come to.

    :param since: when the first was, from which on a counter counts
    :param at: when the last was
    """

    metric: Metric
    labels: Labels
    value: t.Union[float, Distribution]
    since: float
    at: float


class Sums:
    """All points so far, added up. It never changes: :meth:`plus` makes another one.

    :param limit: of different labels a metric; a point with others is left out, and counted
    """

    def __init__(self, limit: int = 1000) -> None:
        self.limit = limit
        self.left_out = 0
        self._sums: t.Dict[t.Tuple[str, Labels], Sum] = {}
        self._sizes: t.Dict[str, int] = {}

    def plus(self, points: t.Iterable[Point]) -> Sums:
        """These with *points*, in the order of their times for a gauge."""
        more = Sums(self.limit)
        more.left_out, more._sums, more._sizes = self.left_out, dict(self._sums), dict(self._sizes)
        for point in points:
            more._add(point)
        return more

    def __iter__(self) -> t.Iterator[Sum]:
        return iter(self._sums.values())

    def _add(self, point: Point) -> None:
        name = point.metric.name
        before = self._sums.get((name, point.labels))
        if before is None:
            if self._sizes.get(name, 0) >= self.limit:
                self.left_out += 1
                return
            self._sizes[name] = self._sizes.get(name, 0) + 1
        self._sums[(name, point.labels)] = _added(before, point)


def _added(before: t.Optional[Sum], point: Point) -> Sum:
    metric = point.metric
    since, at = (before.since, max(before.at, point.at)) if before else (point.at, point.at)
    value: t.Union[float, Distribution]
    if metric.kind == "gauge":
        value = before.value if before and point.at < before.at else point.value
    elif metric.kind == "counter":
        value = t.cast(float, before.value if before else 0.0) + point.value
    else:
        empty = Distribution(metric.bounds, (0,) * (len(metric.bounds) + 1), 0.0)
        value = t.cast(Distribution, before.value if before else empty).plus(point.value)
    return Sum(metric, point.labels, value, since, at)


def labels_of(labels: t.Mapping[str, str]) -> Labels:
    """In order of names, without those that are empty, which for Prometheus is the same."""
    return tuple(sorted((name, value) for name, value in labels.items() if value))
