# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rollout keeps of what it has seen: splits as they changed, and analyses with their course.

PRIVATE to the collection. Pure. Times are seconds since the epoch on the state
host's clock. A journal is written again at each step, so all of this is bounded:
of what would be too much, points in between are left out.
"""

from __future__ import annotations

import dataclasses
import math
import typing as t

MAX_SPLITS = 200
"""How many changes of the split are kept: the latest."""
MAX_POINTS = 120
"""How many points the course of one metric in one analysis has at most."""
MAX_ALL_POINTS = 3000
"""The same for all courses of a rollout together, about 400 kB of journal."""
MAX_ANALYSES = 200
"""How many analyses are kept: the latest. One that is resumed counts anew."""

Data = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Entry:
    """One line of the journal: what was intended, what came of it, or what was noticed.

    :param step: of an action: the index of the step in the plan that asked for it; None on the way back
    """

    at: float
    what: str
    seq: t.Optional[int] = None
    kind: str = ""
    text: str = ""
    step: t.Optional[int] = None


@dataclasses.dataclass(frozen=True)
class SplitSeen:
    """What the balancers carried out from a time on.

    :param shares: by pool, the mean over the balancers that could be read; empty when none could
    :param header: the pool of an open header route
    """

    at: float
    shares: t.Mapping[str, int]
    header: t.Optional[str] = None


@dataclasses.dataclass(frozen=True)
class Point:
    """A metric at one look; None is what could not be said then.

    :param baseline: how frequent, or how high, it was in the baseline
    :param canary: the same of the canary
    :param estimate: how many times as much that is, over the whole analysis so far
    :param lower: where the interval of the estimate begins
    :param upper: where it ends; None where it has no end
    """

    at: float
    baseline: t.Optional[float] = None
    canary: t.Optional[float] = None
    estimate: t.Optional[float] = None
    lower: t.Optional[float] = None
    upper: t.Optional[float] = None


@dataclasses.dataclass(frozen=True)
class MetricSeen:
    """What an analysis came to about one metric.

    :param verdict: as the module analysis has it; None while it is open
    :param reason: why, with the numbers, in words
    :param margin: how many times as much is too little to matter; None where that is not how it is judged
    :param e_value: the evidence that the canary is worse; None where there is none
    :param trace: its course
    """

    name: str
    verdict: t.Optional[str] = None
    reason: str = ""
    dry_run: bool = False
    margin: t.Optional[float] = None
    e_value: t.Optional[float] = None
    trace: t.Tuple[Point, ...] = ()


@dataclasses.dataclass(frozen=True)
class Judged:
    """One analysis, from its first look to the last so far.

    :param step: the index of its step in the plan
    :param verdict: of all metrics together; None while it is open
    :param background: whether it is the one that goes from step to step
    """

    since: float
    until: float
    step: int
    analysis: str
    verdict: t.Optional[str]
    metrics: t.Tuple[MetricSeen, ...]
    background: bool = False

    @property
    def of(self) -> t.Tuple[int, str, bool]:
        """What tells it from others."""
        return self.step, self.analysis, self.background


def metrics_in(data: t.Optional[Data], at: float) -> t.Tuple[MetricSeen, ...]:
    """The metrics that the module analysis returned at the time *at*, by name.

    One without a course has one point, made of its estimate, where that is a ratio with an e-value.

    :raises KeyError, TypeError, ValueError, AttributeError: when they are not of that form
    """
    return tuple(_metric_in(str(name), metric, at) for name, metric in (data or {}).items())


def with_split(splits: t.Tuple[SplitSeen, ...], seen: SplitSeen) -> t.Tuple[SplitSeen, ...]:
    """*splits* with *seen*, if that is another than the last."""
    if splits and (splits[-1].shares, splits[-1].header) == (seen.shares, seen.header):
        return splits
    return (splits + (seen,))[-MAX_SPLITS:]


def with_judged(judged: t.Tuple[Judged, ...], part: Judged, goes_on: bool) -> t.Tuple[Judged, ...]:
    """*judged* with one more part of an analysis.

    :param goes_on: whether it goes on with what was seen before; where the last one of its step is open, it is one with that
    """
    place = max((index for index, one in enumerate(judged) if one.of == part.of), default=None)
    if place is not None and goes_on and judged[place].verdict in (None, "error"):
        return _bounded(judged[:place] + (_joined(judged[place], part),) + judged[place + 1 :])
    return _bounded(judged + (_since(part.since, part),))


def thin(trace: t.Sequence[Point], most: int) -> t.Tuple[Point, ...]:
    """*most* points of *trace* at even distances, 2 or more, the first and the last among them."""
    if len(trace) <= most:
        return tuple(trace)
    return tuple(trace[round(number * (len(trace) - 1) / (most - 1))] for number in range(most))


def _metric_in(name: str, metric: Data, at: float) -> MetricSeen:
    measured = metric.get("measured") or {}
    points = [_point(point) for point in metric.get("trace") or ()]
    if not points and measured.get("e_value") is not None:
        # Other judges have estimates too, but of shifts and not of ratios.
        lower, upper = measured["interval"]
        points = [Point(at, None, None, _number(measured["estimate"]), _number(lower), _number(upper))]
    verdict = metric.get("verdict")
    return MetricSeen(
        name,
        None if verdict is None else str(verdict),
        str(metric.get("reason") or ""),
        bool(metric.get("dry_run")),
        _number(metric.get("margin", measured.get("margin"))),
        _number(measured.get("e_value")),
        thin([point for point in points if point != Point(point.at)], MAX_POINTS),
    )


def _point(data: Data) -> Point:
    at = _number(data["at"])
    if at is None:
        raise ValueError("a point of a trace has the time {0!r}".format(data["at"]))
    return Point(at, *(_number(data.get(field.name)) for field in dataclasses.fields(Point) if field.name != "at"))


def _number(value: t.Any) -> t.Optional[float]:
    """A number as it is drawn; None for one that is none or without end."""
    number = None if value is None else float(value)
    return number if number is not None and math.isfinite(number) else None


def _joined(earlier: Judged, part: Judged) -> Judged:
    """An analysis with its next part, which may tell its whole course or only its own."""
    before = {metric.name: metric.trace for metric in earlier.metrics}
    metrics = tuple(
        dataclasses.replace(metric, trace=_continued(before.get(metric.name, ()), metric.trace))
        for metric in part.metrics
    )
    return _since(earlier.since, dataclasses.replace(part, metrics=metrics or earlier.metrics))


def _since(since: float, part: Judged) -> Judged:
    """*part* from *since* on; what was seen before belongs to an analysis that has its verdict, though evidence goes on."""
    metrics = tuple(
        dataclasses.replace(metric, trace=tuple(point for point in metric.trace if point.at >= since))
        for metric in part.metrics
    )
    return dataclasses.replace(part, since=since, metrics=metrics)


def _continued(before: t.Tuple[Point, ...], trace: t.Tuple[Point, ...]) -> t.Tuple[Point, ...]:
    kept = [point for point in before if not trace or point.at < trace[0].at]
    return thin([*kept, *trace], MAX_POINTS)


def _bounded(judged: t.Tuple[Judged, ...]) -> t.Tuple[Judged, ...]:
    kept = judged[-MAX_ANALYSES:]
    traces = [metric.trace for one in kept for metric in one.metrics]
    if sum(map(len, traces)) <= MAX_ALL_POINTS:
        return kept
    most = max(2, MAX_ALL_POINTS // len(traces))
    return tuple(
        dataclasses.replace(
            one,
            metrics=tuple(dataclasses.replace(metric, trace=thin(metric.trace, most)) for metric in one.metrics),
        )
        for one in kept
    )
