# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws a timeline: steps, shares of traffic and metrics below each other on one axis of time.

PRIVATE to the collection. The same timeline gives the same SVG, byte for byte,
with the same version of matplotlib. Texts stay texts, so that the picture can
be searched; the colours are those of Okabe and Ito, and lines and marks differ
in form too.
"""

from __future__ import annotations

import io
import math
import textwrap
import typing as t
import warnings

try:
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator
except ImportError:
    matplotlib = None

from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.layout import (
    MARGIN,
    MOST_METRICS,
    WIDTH,
    Layout,
    Panel,
    lay_out,
    ratio_ticks,
    reach_of,
    text_width,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.observations import Point, SplitSeen
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.time_axis import duration, utc
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.timeline import Course, Timeline, Tone

TONES = {
    Tone.GOOD: ("#007a5a", "✓"),
    Tone.BAD: ("#c04a00", "✗"),
    Tone.DOUBT: ("#946200", "?"),
    Tone.ERROR: ("#a83a7d", "!"),
    Tone.NEUTRAL: ("#444444", "▸"),
}
"""The colour and the sign of a mark."""
_SETTINGS = {
    "svg.hashsalt": "progressive.delivery",
    "svg.fonttype": "none",
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
    "font.size": 8.5,
    # A price or a path may hold what would be taken for a formula.
    "text.parse_math": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#888888",
    "axes.linewidth": 0.8,
    "hatch.linewidth": 0.6,
    "path.simplify": False,
}
_POOL_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9")
_POOLS_BY_NAME = {"blue": "#0072b2", "green": "#009e73"}
"""A pool that has the name of a colour is drawn in it."""
_STEP_COLOURS = {
    "deploy": "#d9d9d9",
    "validate": "#e8e8e8",
    "shift": "#56b4e9",
    "bake": "#cfe8f7",
    "analyse": "#f5e6a8",
    "drain": "#e8e8e8",
    "retire": "#d9d9d9",
}
_BACK = "#f3c6a9"
_GREY = "#666666"
_ON_WHITE = {"facecolor": "white", "edgecolor": "none", "pad": 1}
_TINIEST, _HUGEST = 1e-4, 1e4
"""What stands for a ratio without end on a logarithmic scale."""
_ONE_LOOK = 0.006
"""How wide, as a part of the whole, what one look alone has seen is drawn."""


def draw(timeline: Timeline) -> str:
    """The picture of *timeline* as SVG.

    :raises MissingLibrary: when matplotlib is not installed
    """
    if matplotlib is None:
        raise MissingLibrary("matplotlib")
    layout = lay_out(timeline)
    with matplotlib.rc_context(_SETTINGS), warnings.catch_warnings():
        # A sign that the font has not got is the viewer's to draw.
        warnings.simplefilter("ignore", UserWarning)
        figure = Figure(figsize=(WIDTH, layout.height))
        _draw_title(figure, timeline, layout)
        axes = {panel: figure.add_axes(layout.place(panel)) for panel in layout.panels}
        for panel, axis in axes.items():
            _prepare(axis, timeline, panel, is_last=panel is layout.panels[-1])
            _DRAWN[panel.kind](axis, timeline, panel)
        _draw_marks(axes, timeline, layout)
        written = io.StringIO()
        about = {"Date": None, "Creator": None, "Title": heading(timeline)}
        FigureCanvasSVG(figure).print_svg(written, metadata=about)
    # It ends some lines with spaces, which diffs and editors stumble on.
    return "".join(line.rstrip() + "\n" for line in written.getvalue().splitlines())


def heading(timeline: Timeline) -> str:
    """The one line that says what is seen."""
    return "{0}: {1} → {2} {3}".format(timeline.app, timeline.from_release, timeline.to_release, timeline.result)


def _draw_title(figure: t.Any, timeline: Timeline, layout: Layout) -> None:
    colour, sign = TONES[timeline.tone]
    left = MARGIN / WIDTH
    figure.text(left, layout.up(0.32), "{0} {1}".format(sign, heading(timeline)), size=14, weight="bold", color=colour)
    axis = timeline.axis
    about = "{0} · {1} · {2} UTC, {3}".format(
        timeline.strategy, timeline.id, utc(axis.since), duration(axis.until - axis.since)
    )
    figure.text(left, layout.up(0.54), about, size=8.5, color=_GREY)
    for number, line in enumerate(layout.reason):
        figure.text(left, layout.up(0.76 + 0.17 * number), line, size=8.5)


def _prepare(axis: t.Any, timeline: Timeline, panel: Panel, is_last: bool) -> None:
    """The shared axis of time, the waits that are cut out of it, and the labels below the last panel."""
    time = timeline.axis
    axis.set_xlim(0, time.length)
    ticks = time.ticks(10)
    axis.xaxis.set_major_locator(FixedLocator([tick.place for tick in ticks]))
    axis.tick_params(length=3, color="#888888")
    axis.grid(axis="x", color="#eeeeee", linewidth=0.8)
    axis.set_axisbelow(True)
    if is_last:
        axis.set_xticks([tick.place for tick in ticks], [tick.label for tick in ticks])
        axis.set_xlabel("time (UTC)")
    else:
        axis.xaxis.set_major_formatter(NullFormatter())
    for cut in time.cuts if panel.kind != "marks" else ():
        axis.axvspan(
            time.place(cut.since), time.place(cut.until), facecolor="#f7f7f7", edgecolor="#bbbbbb", hatch="////", lw=0
        )


def _draw_marks(axes: t.Mapping[Panel, t.Any], timeline: Timeline, layout: Layout) -> None:
    """A line through all panels for what happened, and in the first one what it was."""
    for mark in timeline.marks:
        colour, _sign = TONES[mark.tone]
        for panel, axis in axes.items():
            if panel.kind != "marks":
                axis.axvline(timeline.axis.place(mark.at), color=colour, linewidth=1.0, alpha=0.75, zorder=3)
    labels = next(axis for panel, axis in axes.items() if panel.kind == "marks")
    for placed in layout.labels:
        colour, sign = TONES[placed.mark.tone]
        place = timeline.axis.place(placed.mark.at)
        labels.plot([place, place], [0, placed.row + 0.5], color=colour, linewidth=1.0, alpha=0.75)
        labels.text(
            place,
            placed.row + 0.5,
            " {0} {1} ".format(sign, placed.mark.label),
            ha="right" if placed.to_the_left else "left",
            va="center",
            color=colour,
            weight="bold",
            size=8,
            bbox=_ON_WHITE,
        )


def _draw_mark_rows(axis: t.Any, _timeline: Timeline, panel: Panel) -> None:
    axis.set_ylim(0, panel.rows)
    axis.set_axis_off()


def _draw_steps(axis: t.Any, timeline: Timeline, _panel: Panel) -> None:
    _name(axis, "steps")
    axis.set_ylim(0, 1)
    axis.yaxis.set_major_locator(NullLocator())
    inch = timeline.axis.length / (WIDTH - 2 * MARGIN)
    for span in timeline.spans:
        begin, end = timeline.axis.place(span.since), timeline.axis.place(span.until)
        colour = _BACK if span.back else _STEP_COLOURS.get(span.kind, "#d9d9d9")
        axis.broken_barh([(begin, end - begin)], (0.1, 0.8), facecolor=colour, edgecolor="#888888", linewidth=0.5)
        said = [span.label, span.kind] + ([] if span.step is None else [str(span.step + 1)])
        fitting = [text for text in said if text_width(text) <= (end - begin) / inch]
        if fitting:
            axis.text((begin + end) / 2, 0.5, fitting[0], ha="center", va="center", size=8)


def _draw_shares(axis: t.Any, timeline: Timeline, _panel: Panel) -> None:
    _name(axis, "share of traffic")
    axis.set_ylim(0, 100)
    axis.set_yticks([0, 25, 50, 75, 100], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    colours = _colours(timeline)
    ends = [split.at for split in timeline.splits[1:]] + [timeline.axis.until]
    for split, end in zip(timeline.splits, ends):
        _draw_split(axis, timeline, split, (timeline.axis.place(split.at), timeline.axis.place(end)))
    routed = any(split.header for split in timeline.splits)
    for cut in timeline.axis.cuts:
        middle = (timeline.axis.place(cut.since) + timeline.axis.place(cut.until)) / 2
        said = duration(cut.until - cut.since)
        axis.text(middle, 50, said, ha="center", va="center", size=8, rotation=90, bbox=_ON_WHITE, zorder=5)
    for pool in reversed(timeline.pools):
        axis.fill_between([], [], color=colours[pool], label=pool, alpha=_alpha(timeline, pool))
    if routed:
        axis.plot([], [], color="black", linewidth=2, label="header route open")
    _key(axis)


def _draw_split(axis: t.Any, timeline: Timeline, split: SplitSeen, between: t.Tuple[float, float]) -> None:
    colours = _colours(timeline)
    bottom = 0.0
    # The new pool stands on the ground, so that its growth is read from the scale.
    new_first = timeline.pools[1:] + timeline.pools[:1]
    for pool in new_first:
        height = split.shares.get(pool, 0) / 100
        axis.fill_between(
            between, bottom, bottom + height, color=colours[pool], alpha=_alpha(timeline, pool), linewidth=0
        )
        bottom += height
    if not split.shares:
        axis.text(sum(between) / 2, 50, "not readable", ha="center", va="center", rotation=90, color=_GREY)
    if split.header:
        axis.plot(between, [1.5, 1.5], color="black", linewidth=2)


def _draw_levels(axis: t.Any, timeline: Timeline, panel: Panel) -> None:
    course = _course(timeline, panel)
    _name(axis, course.name)
    colours = _colours(timeline)
    for field, pool, style in (("baseline", timeline.pools[0], "o--"), ("canary", timeline.pools[1], "s-")):
        for number, trace in enumerate(course.traces):
            places, values = _line(timeline, trace, field)
            said = pool if number == 0 else None
            (line,) = axis.plot(places, values, style, color=colours[pool], linewidth=1.3, markersize=2.5, label=said)
            line.set_gid(_called(timeline, course, field, number))
    points = [point for trace in course.traces for point in trace]
    values = [value for point in points for value in (point.baseline, point.canary) if value is not None]
    lowest, highest = min([0.0, *values]), max([0.0, *values])
    room = highest - lowest or 1.0
    # None at all is a line that is seen, too.
    axis.set_ylim(lowest - 0.05 * room, highest + 0.1 * room)
    axis.locator_params(axis="y", nbins=4)
    _key(axis)


def _draw_ratio(axis: t.Any, timeline: Timeline, panel: Panel) -> None:
    course = _course(timeline, panel)
    _name(axis, "{0}: {1} ÷ {2}".format(course.name, timeline.pools[1], timeline.pools[0]))
    axis.set_yscale("log")
    for number, trace in enumerate(course.traces):
        first = number == 0
        estimates = _line(timeline, trace, "estimate")
        bounds = [point for point in trace if point.lower is not None or point.upper is not None]
        places = [timeline.axis.place(point.at) for point in bounds]
        if len(bounds) == 1:
            # One look has no width of its own.
            bounds, places = bounds * 2, [places[0] - _ONE_LOOK * timeline.axis.length, places[0]]
        band = axis.fill_between(
            places,
            [max(point.lower or 0.0, _TINIEST) for point in bounds],
            [_HUGEST if point.upper is None else point.upper for point in bounds],
            color="#56b4e9",
            alpha=0.35,
            linewidth=0,
            label="its confidence\nsequence" if first else None,
        )
        band.set_gid(_called(timeline, course, "interval", number))
        said = "estimate" if first else None
        axis.plot(*estimates, ".-", color="#00496f", linewidth=1.5, markersize=3, label=said)
    axis.axhline(1, color=_GREY, linewidth=0.8)
    _draw_margins(axis, timeline, course)
    reach = reach_of(course)
    axis.set_ylim(math.exp(-reach), math.exp(reach))
    ticks = ratio_ticks(reach)
    axis.yaxis.set_minor_locator(NullLocator())
    axis.set_yticks(ticks, ["{0:g} ×".format(ratio) for ratio in ticks])
    _key(axis)


def _draw_margins(axis: t.Any, timeline: Timeline, course: Course) -> None:
    for number, (since, until, margin) in enumerate(course.margins):
        places = [timeline.axis.place(since), timeline.axis.place(until)]
        said = "margin {0:g} ×".format(margin) if number == 0 else None
        axis.plot(places, [margin, margin], "--", color="#c04a00", linewidth=1.2, label=said)


def _line(timeline: Timeline, trace: t.Sequence[Point], field: str) -> t.Tuple[t.List[float], t.List[float]]:
    """A line's places and values; where there is no value, the line has a gap."""
    values = [getattr(point, field) for point in trace]
    gap = float("nan")
    if all(value is None for value in values):
        return [], []
    return [timeline.axis.place(point.at) for point in trace], [gap if value is None else value for value in values]


def _course(timeline: Timeline, panel: Panel) -> Course:
    return next(course for course in timeline.courses[:MOST_METRICS] if course.name == panel.metric)


def _called(timeline: Timeline, course: Course, what: str, number: int) -> str:
    """What a line is called in the SVG, by which tests and style sheets find it."""
    return "metric-{0}-{1}-{2}".format(timeline.courses.index(course) + 1, what, number + 1)


def _colours(timeline: Timeline) -> t.Dict[str, str]:
    """A colour for each pool."""
    taken = [_POOLS_BY_NAME[pool] for pool in timeline.pools if pool in _POOLS_BY_NAME]
    free = [colour for colour in _POOL_COLOURS if colour not in taken]
    return {
        pool: _POOLS_BY_NAME.get(pool) or free[number % len(free)]
        for number, pool in enumerate(sorted(timeline.pools, key=lambda pool: pool in _POOLS_BY_NAME))
    }


def _alpha(timeline: Timeline, pool: str) -> float:
    """The old pool is paler, so that the new one stands out without its colour."""
    return 0.35 if pool == timeline.pools[0] else 0.9


def _name(axis: t.Any, name: str) -> None:
    axis.set_ylabel("\n".join(textwrap.wrap(name, 12)), rotation=0, ha="right", va="center", weight="bold")
    axis.yaxis.set_label_coords(-0.05, 0.5)


def _key(axis: t.Any) -> None:
    axis.legend(
        loc="center left", bbox_to_anchor=(1.005, 0.5), frameon=False, borderpad=0, handlelength=1.8, fontsize=8
    )


_DRAWN: t.Mapping[str, t.Callable[[t.Any, Timeline, Panel], None]] = {
    "marks": _draw_mark_rows,
    "steps": _draw_steps,
    "shares": _draw_shares,
    "levels": _draw_levels,
    "ratio": _draw_ratio,
}
