# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where each part of a rollout's picture goes: as many panels as there is something to show, and no label over another.

PRIVATE to the collection. Pure. Lengths are inches; rows are counted from below.
"""

from __future__ import annotations

import dataclasses
import math
import textwrap
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._rollout.timeline import Course, Mark, Timeline

WIDTH = 13.0
MARGIN = 1.45
"""Left of the panels for their names, right of them for their keys."""
MOST_METRICS = 12
"""How many metrics are drawn; a picture of more is not read by anybody."""
MOST_LABELS = 40
"""How many marks have a label; the others are lines."""
_ROW = 0.19
_GAP = 0.12
_FOOT = 0.62
_REASON_LINES = 3
_CHARACTER = 0.075
"""The width of a character of the labels, a generous one."""
_RATIOS = (1, 1.5, 1.25, 1.1, 1.05, 2, 5, 10, 20, 50, 100)
"""Round ratios, the ones that say most first; to each belongs the one with which it makes 1."""
_NARROWEST, _WIDEST = math.log(1.15), math.log(100)
_TICKS_APART = 0.25
"""How far apart two ratios are at least, as a part of the way from 1 to the end of the scale."""
_HEIGHTS = {"steps": 0.34, "shares": 1.5, "levels": 1.05, "ratio": 1.25}


@dataclasses.dataclass(frozen=True)
class Panel:
    """One strip of the picture.

    :param kind: ``marks``, ``steps``, ``shares``, ``levels`` or ``ratio``
    :param metric: for the last two: of which metric
    :param rows: for marks: how many rows of labels there are
    """

    kind: str
    metric: str = ""
    rows: int = 1

    @property
    def height(self) -> float:
        return self.rows * _ROW if self.kind == "marks" else _HEIGHTS[self.kind]


@dataclasses.dataclass(frozen=True)
class Label:
    """Where the label of a mark stands.

    :param to_the_left: of its mark, because right of it the picture ends
    """

    mark: Mark
    row: int
    to_the_left: bool


@dataclasses.dataclass(frozen=True)
class Layout:
    """The whole picture.

    :param reason: the lines below the title
    :param panels: from above to below
    """

    reason: t.Tuple[str, ...]
    labels: t.Tuple[Label, ...]
    panels: t.Tuple[Panel, ...]

    @property
    def height(self) -> float:
        return self._top + sum(panel.height + _GAP for panel in self.panels) + _FOOT

    def up(self, inches: float) -> float:
        """A place so far below the upper edge, as a part of the height."""
        return 1 - inches / self.height

    def place(self, panel: Panel) -> t.Tuple[float, float, float, float]:
        """Left, bottom, width and height of *panel*, as parts of the whole."""
        above = self.panels[: self.panels.index(panel)]
        bottom = self._top + sum(other.height + _GAP for other in above) + panel.height
        return (MARGIN / WIDTH, self.up(bottom), 1 - 2 * MARGIN / WIDTH, panel.height / self.height)

    @property
    def _top(self) -> float:
        return 0.68 + 0.17 * len(self.reason)


def lay_out(timeline: Timeline) -> Layout:
    """Where everything on *timeline* goes."""
    labels = _labels(timeline)
    rows = max((label.row + 1 for label in labels), default=1)
    panels = [Panel("marks", rows=rows), Panel("steps"), Panel("shares")]
    for course in timeline.courses[:MOST_METRICS]:
        panels += _panels_of(course)
    reason = textwrap.wrap(timeline.reason, round((WIDTH - 2 * MARGIN) / _CHARACTER * 1.05))
    if len(reason) > _REASON_LINES:
        reason = reason[: _REASON_LINES - 1] + [reason[_REASON_LINES - 1] + " …"]
    return Layout(tuple(reason), tuple(labels), tuple(panels))


def text_width(text: str) -> float:
    """How much room *text* takes as a label."""
    return len(text) * _CHARACTER


def reach_of(course: Course) -> float:
    """How far, as a logarithm, the scale of a ratio goes to either side of 1: to all that was concluded, and some way on.

    That is each estimate, each margin and the interval with which an analysis ended. The first intervals are without measure.
    """
    ends = [trace[-1] for trace in course.traces]
    points = [point for trace in course.traces for point in trace]
    ratios = [point.estimate for point in points] + [bound for end in ends for bound in (end.lower, end.upper)]
    ratios += [margin for _since, _until, margin in course.margins]
    farthest = max((abs(math.log(ratio)) for ratio in ratios if ratio and ratio > 0), default=0.0)
    return min(max(1.25 * farthest, _NARROWEST), _WIDEST)


def ratio_ticks(reach: float) -> t.List[float]:
    """Ratios to label on a scale that goes so far, in order and none too near to another."""
    kept: t.List[float] = []
    for ratio in _RATIOS:
        far = math.log(ratio)
        apart = min((abs(far - math.log(other)) for other in kept), default=reach)
        if far <= reach and apart >= _TICKS_APART * reach:
            kept.append(ratio)
    below = [float("{0:.2g}".format(1 / ratio)) for ratio in kept if ratio > 1]
    return sorted(below + kept)


def _panels_of(course: Course) -> t.List[Panel]:
    levels = [Panel("levels", course.name)] if course.has("baseline", "canary") else []
    ratio = [Panel("ratio", course.name)] if course.has("estimate", "lower", "upper") else []
    return levels + ratio


def _labels(timeline: Timeline) -> t.List[Label]:
    """The labels, each in the lowest row in which it covers neither a label nor a line that goes up to one.

    The last of them stand lowest: the line of a label passes the rows below it, where those of earlier marks have ended.
    """
    room = WIDTH - 2 * MARGIN
    inch = timeline.axis.length / room
    taken: t.List[t.Tuple[int, float, float]] = []
    labels: t.List[Label] = []
    for mark in reversed(timeline.marks[-MOST_LABELS:]):
        at = timeline.axis.place(mark.at) / inch
        width = text_width(mark.label) + 0.35
        to_the_left = at + width > room + MARGIN
        begin, end = (at - width, at) if to_the_left else (at, at + width)
        row = next(
            row
            for row in range(len(taken) + 1)
            if not any(row <= other and begin < right and left < end for other, left, right in taken)
        )
        taken.append((row, begin, end))
        labels.append(Label(mark, row, to_the_left))
    return labels[::-1]
