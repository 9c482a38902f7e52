# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of a rollout: everything is in it, nothing is over anything else, and it is the same each time."""

from __future__ import annotations

import dataclasses
import html
import itertools
import math
import re
import typing as t
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary
from ansible_collections.progressive.delivery.plugins.module_utils._rollout import layout, picture
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Rollout
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.observations import Point, SplitSeen
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.picture_page import page
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.timeline import (
    Course,
    Mark,
    Timeline,
    Tone,
    timeline,
)
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._rollout.deliveries import (
    BEGIN,
    begun,
    promoted_next_day,
    taken_back,
)

SVG = "{http://www.w3.org/2000/svg}"
CHARACTER = 0.07
"""About the width of a bold character of 8 points, in inches."""


def texts_of(svg: str) -> t.List[str]:
    return [html.unescape("".join(text.itertext())).strip() for text in ET.fromstring(svg).iter(SVG + "text")]


def ids_of(svg: str) -> t.Set[str]:
    return {element.attrib["id"] for element in ET.fromstring(svg).iter() if "id" in element.attrib}


def test_a_canary_that_was_taken_back_is_told_by_its_picture() -> None:
    texts = texts_of(picture.draw(timeline(taken_back())))
    assert "✗ shop: 1.4.0 → 1.5.0 rolled back" in texts
    assert "analyse failed: errors: as it is" in texts
    assert {"✗ health failed", "✗ turned back", "✗ rolled back"} <= set(texts)
    assert {"steps", "analyse health", "errors", "margin 1.5 ×", "estimate", "time (UTC)", "08:00:00"} <= set(texts)
    assert {"blue", "green"} <= set(texts)


def test_both_pools_and_the_confidence_sequence_are_drawn_for_each_analysis() -> None:
    ids = ids_of(picture.draw(timeline(promoted_next_day())))
    assert {"metric-1-baseline-1", "metric-1-canary-1", "metric-1-interval-1"} <= ids
    assert "metric-1-canary-2" not in ids


def test_a_wait_that_is_cut_says_how_long_it_was() -> None:
    assert "13 h 53 min" in texts_of(picture.draw(timeline(promoted_next_day())))


@pytest.mark.parametrize("rollout", [taken_back, promoted_next_day])
def test_the_same_rollout_gives_the_same_picture(rollout: t.Callable[[], Rollout]) -> None:
    first, second = (picture.draw(timeline(rollout())) for _number in range(2))
    assert first == second
    assert "matplotlib v" not in first.lower()
    assert not re.search(r"<dc:date>", first)


def test_a_rollout_that_has_only_begun_has_a_picture() -> None:
    texts = texts_of(picture.draw(timeline(begun())))
    assert "▸ shop: 1.4.0 → 1.5.0 running" in texts
    assert "errors" not in texts


def test_what_somebody_wrote_is_text_and_no_formula_and_no_markup() -> None:
    reason = "costs $5_000^2$ & <script>alert(1)</script>"
    hostile = dataclasses.replace(timeline(taken_back()), reason=reason)
    assert reason in texts_of(picture.draw(hostile))
    told = dataclasses.replace(hostile, marks=(Mark(BEGIN, "<b>", reason, Tone.BAD),), app="a<b>")
    assert "<script" not in page(told)
    assert "<b>" not in page(told)


def test_balancers_that_could_not_be_read_leave_a_gap_in_the_shares() -> None:
    lost = dataclasses.replace(timeline(taken_back()), splits=(SplitSeen(BEGIN, {}),))
    assert "not readable" in texts_of(picture.draw(lost))


def test_a_header_route_is_drawn() -> None:
    split = SplitSeen(BEGIN, {"blue": 10000, "green": 0}, "green")
    routed = dataclasses.replace(timeline(taken_back()), splits=(split,))
    assert "header route open" in texts_of(picture.draw(routed))


def test_a_pool_that_has_the_name_of_a_colour_has_that_colour_and_no_two_have_the_same() -> None:
    colours = picture._colours(dataclasses.replace(timeline(taken_back()), pools=("stable", "green", "blue", "canary")))
    assert (colours["green"], colours["blue"]) == ("#009e73", "#0072b2")
    assert len(set(colours.values())) == 4


def test_without_the_library_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "matplotlib", None)
    with pytest.raises(MissingLibrary, match="matplotlib") as failure:
        picture.draw(timeline(taken_back()))
    assert "install the library" in failure.value.remedy


def test_more_metrics_than_anybody_reads_are_named_and_not_drawn() -> None:
    told = timeline(taken_back())
    many = tuple(dataclasses.replace(told.courses[0], name=f"metric {number}") for number in range(14))
    written = page(dataclasses.replace(told, courses=many))
    assert "too many metrics: metric 12, metric 13." in written
    assert "metric-12-canary-1" in written
    assert "metric-13-canary-1" not in written


def test_the_page_holds_the_picture_and_the_same_in_words_and_fetches_nothing() -> None:
    written = page(timeline(promoted_next_day()))
    svg = written[written.index("<svg") : written.index("</svg>") + 6]
    assert "errors" in texts_of(svg)
    assert "<td>2027-01-15 08:00:57</td><td>✓ health successful</td>" in written
    assert "<td>2027-01-15 08:00:27</td><td>4</td><td>analyse health</td><td>30 s</td>" in written
    assert not re.search(r"(?:src|href)=\"(?!#)", written)
    assert "@import" not in written


def marked(times: t.Sequence[float], length: float, labels: t.Sequence[str]) -> Timeline:
    """A timeline with marks at *times*, parts of its length."""
    told = timeline(taken_back())
    axis = dataclasses.replace(told.axis, until=told.axis.since + length)
    marks = [Mark(axis.since + time * length, label, label, Tone.BAD) for time, label in zip(sorted(times), labels)]
    return dataclasses.replace(told, axis=axis, marks=tuple(marks))


@given(
    times=st.lists(st.floats(0, 1), min_size=1, max_size=30),
    labels=st.lists(st.text("abc ", min_size=1, max_size=30), min_size=30, max_size=30),
)
def test_no_label_covers_another_or_the_line_up_to_one(times: t.List[float], labels: t.List[str]) -> None:
    told = marked(times, 600.0, labels)
    placed = layout.lay_out(told).labels
    inch = 600.0 / (layout.WIDTH - 2 * layout.MARGIN)
    boxes = []
    for label in placed:
        at, width = (label.mark.at - told.axis.since) / inch, CHARACTER * len(label.mark.label)
        boxes.append((at - width if label.to_the_left else at, at if label.to_the_left else at + width))
    assert len(placed) == len(told.marks)
    for one, other in itertools.combinations(range(len(placed)), 2):
        if placed[one].row == placed[other].row:
            assert boxes[one][1] <= boxes[other][0] or boxes[other][1] <= boxes[one][0]


def test_panels_follow_each_other_within_the_picture() -> None:
    laid = layout.lay_out(timeline(promoted_next_day()))
    assert [panel.kind for panel in laid.panels] == ["marks", "steps", "shares", "levels", "ratio"]
    places = [laid.place(panel) for panel in laid.panels]
    assert all(bottom > 0 and bottom + height < 1 for _left, bottom, _width, height in places)
    for above, below in itertools.pairwise(places):
        assert below[1] + below[3] <= above[1]


def test_a_reason_that_is_too_long_for_the_picture_ends_visibly() -> None:
    reason = layout.lay_out(dataclasses.replace(timeline(taken_back()), reason="again and " * 200)).reason
    assert len(reason) == 3
    assert reason[-1].endswith(" …")


def test_a_metric_without_levels_or_without_a_ratio_has_one_panel() -> None:
    told = timeline(taken_back())
    (course,) = told.courses
    levels = tuple(tuple(dataclasses.replace(p, estimate=None, lower=None) for p in trace) for trace in course.traces)
    ratio = tuple(tuple(dataclasses.replace(p, baseline=None, canary=None) for p in trace) for trace in course.traces)
    for traces, kind in ((levels, "levels"), (ratio, "ratio")):
        one = dataclasses.replace(told, courses=(dataclasses.replace(course, traces=traces),))
        assert [panel.kind for panel in layout.lay_out(one).panels][3:] == [kind]
        assert "errors" in " ".join(texts_of(picture.draw(one)))


@given(farthest=st.floats(0.001, 0.999) | st.floats(1.001, 1000), bound=st.floats(0.001, 1000))
def test_the_scale_of_a_ratio_shows_what_was_concluded_and_few_labels(farthest: float, bound: float) -> None:
    course = Course("errors", ((BEGIN, BEGIN + 1, 1.5),), ((Point(BEGIN, estimate=farthest, lower=bound),),))
    reach = layout.reach_of(course)
    ticks = layout.ratio_ticks(reach)
    assert reach >= min(max(abs(math.log(ratio)) for ratio in (farthest, bound, 1.5)), math.log(100)) - 1e-9
    assert 3 <= len(ticks) <= 9
    assert 1 in ticks
    assert ticks == sorted(ticks)


@pytest.mark.parametrize(("baseline", "canary"), [(-5.0, -3.0), (-2.0, 8.0), (0.0, 0.0), (1.0, 3.0)])
def test_a_line_is_within_its_panel_also_below_zero(baseline: float, canary: float) -> None:
    told = timeline(taken_back())
    trace = tuple(Point(BEGIN + at, baseline, canary) for at in (40, 50, 60))
    one = dataclasses.replace(told.courses[0], traces=(trace,))
    drawn = ET.fromstring(picture.draw(dataclasses.replace(told, courses=(one,))))
    (panel,) = (
        group
        for group in drawn.iter()
        if group.attrib.get("id", "").startswith("axes_")
        and any(part.attrib.get("id") == "metric-1-canary-1" for part in group.iter())
    )
    top, *_others, bottom = sorted(heights_in(panel[0]))
    for name in ("baseline", "canary"):
        (line,) = (part for part in panel.iter() if part.attrib.get("id") == f"metric-1-{name}-1")
        assert all(top < height < bottom for height in heights_in(line[0]))
    assert (baseline < canary) == (line_height(panel, "canary") < line_height(panel, "baseline"))


def heights_in(element: ET.Element) -> t.List[float]:
    """How far below the upper edge each point of the paths in *element* is."""
    paths = " ".join(part.attrib.get("d", "") for part in element.iter())
    return [float(y) for y in re.findall(r"[ML] [-\d.]+ ([-\d.]+)", paths)]


def line_height(panel: ET.Element, name: str) -> float:
    (line,) = (part for part in panel.iter() if part.attrib.get("id") == f"metric-1-{name}-1")
    return heights_in(line[0])[0]


def test_a_ratio_below_zero_has_no_place_on_the_scale_and_ends_nothing() -> None:
    told = timeline(taken_back())
    one = dataclasses.replace(told.courses[0], traces=((Point(BEGIN + 50, estimate=-2.0, lower=-3.0, upper=-1.0),),))
    assert "errors" in " ".join(texts_of(picture.draw(dataclasses.replace(told, courses=(one,)))))


def test_an_analysis_of_one_look_is_seen() -> None:
    told = timeline(taken_back())
    one = dataclasses.replace(told.courses[0], traces=((Point(BEGIN + 50, lower=1.46),),))
    drawn = ET.fromstring(picture.draw(dataclasses.replace(told, courses=(one,))))
    (band,) = (group for group in drawn.iter() if group.attrib.get("id") == "metric-1-interval-1")
    places = {float(x) for x in re.findall(r"[ML] ([\d.]+)", "".join(part.attrib.get("d", "") for part in band.iter()))}
    assert max(places) - min(places) > 2
