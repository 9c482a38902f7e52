# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The axis of time of a picture: in order, whole, and short where nothing went on."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._rollout.time_axis import (
    CUT_WIDTH,
    duration,
    time_axis,
    utc,
)

BEGIN = 1_800_000_000.0
"""2027-01-15 08:00:00 UTC."""


def test_without_waits_a_second_is_a_second() -> None:
    axis = time_axis(BEGIN, BEGIN + 500, [])
    assert [axis.place(BEGIN + second) for second in (-10, 0, 100, 500, 900)] == [0, 0, 100, 500, 500]


def test_a_night_at_a_gate_is_drawn_as_a_gap() -> None:
    axis = time_axis(BEGIN, BEGIN + 50_000, [(BEGIN + 300, BEGIN + 49_700)])
    width = CUT_WIDTH * 600
    assert axis.length == pytest.approx(600 + width)
    assert axis.place(BEGIN + 300) == 300
    assert axis.place(BEGIN + 25_000) == pytest.approx(300 + width / 2)
    assert axis.place(BEGIN + 49_800) == pytest.approx(400 + width)


def test_a_short_wait_stays_as_it_is() -> None:
    assert time_axis(BEGIN, BEGIN + 500, [(BEGIN + 100, BEGIN + 190)]).length == 500


def test_a_rollout_that_has_only_begun_has_an_axis() -> None:
    assert time_axis(BEGIN, BEGIN, []).length == 1.0


WAITS = st.lists(st.tuples(st.floats(1, 1000), st.floats(1, 100_000)), max_size=5)


@given(gaps=WAITS, times=st.lists(st.floats(0, 600_000), min_size=2))
def test_what_was_earlier_is_never_right_of_what_was_later(
    gaps: t.List[t.Tuple[float, float]], times: t.List[float]
) -> None:
    waits, at = [], BEGIN
    for apart, length in gaps:
        waits.append((at + apart, at + apart + length))
        at += apart + length
    axis = time_axis(BEGIN, at + 100, waits)
    places = [axis.place(BEGIN + time) for time in sorted(times)]
    assert all(before <= after + 1e-6 for before, after in itertools.pairwise(places))
    assert places[0] >= 0
    assert places[-1] <= axis.length


@given(length=st.floats(1, 10_000_000), most=st.integers(2, 12))
def test_ticks_are_round_few_and_within_the_axis(length: float, most: int) -> None:
    axis = time_axis(BEGIN, BEGIN + length, [])
    ticks = axis.ticks(most)
    assert len(ticks) <= most + 1
    assert all(0 <= tick.place <= axis.length for tick in ticks)


def test_no_tick_is_in_a_cut_and_the_first_of_another_day_names_it() -> None:
    axis = time_axis(BEGIN, BEGIN + 86_400, [(BEGIN + 290, BEGIN + 86_100)])
    labels = [tick.label for tick in axis.ticks(10)]
    assert labels == [
        "08:00",
        "08:01",
        "08:02",
        "08:03",
        "08:04",
        "07:55\n16 Jan",
        "07:56",
        "07:57",
        "07:58",
        "07:59",
        "08:00",
    ]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (59, "59 s"),
        (466, "7 min 46 s"),
        (3600, "1 h"),
        (58320, "16 h 12 min"),
        (90061, "1 d 1 h"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_times_are_told_in_utc() -> None:
    assert utc(BEGIN) == "2027-01-15 08:00:00"
