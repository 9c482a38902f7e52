# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept of an analysis for pictures."""

from __future__ import annotations

import json
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.evidence import (
    Evidence,
    Interval,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.trace import (
    MOST,
    Point,
    Trace,
    point_now,
    restored,
)


def traced(looks: int) -> Trace:
    """A look each second, of which the first is at 1."""
    trace = Trace()
    for look in range(1, looks + 1):
        trace = trace.after(Point(look, look / 1000, None))
    return trace


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_few_points_are_kept_at_equal_distances_and_always_the_last(looks: int, handed_on_after: int) -> None:
    trace = traced(min(looks, handed_on_after))
    trace = restored(json.loads(json.dumps(trace.as_data())))
    for look in range(trace.looks + 1, looks + 1):
        trace = trace.after(Point(look, look / 1000, None))

    assert trace == traced(looks)
    times = [point.at for point in trace.points]
    assert len(times) <= MOST
    assert times == sorted({*range(trace.every, looks + 1, trace.every), *([looks] if looks else [])})
    assert trace.every == 1 or len(times) >= MOST // 2


def test_a_point_is_told_in_six_digits_and_without_ends_that_there_are_not() -> None:
    evidence = Evidence(1.23456789, Interval(0.0, math.inf), 3.0, 0.0, 100, 100)
    before = time.time()
    point = point_now(0.0123456789, 0.02, evidence)
    assert before - 0.001 <= point.at <= time.time() + 0.001
    assert Trace((point,), 1, 1).report() == [
        {"at": point.at, "baseline": 0.0123457, "canary": 0.02, "estimate": 1.23457, "lower": 0.0, "upper": None}
    ]
    assert point_now(None, 1.0, None) == Point(pytest.approx(point.at, abs=60), None, 1.0, None, None, None)


@pytest.mark.parametrize(
    "broken", [{"trace": []}, {"trace": [{"at": 1}], "traced": {}}, {"trace": [], "traced": {"every": 1, "looks": 2}}]
)
def test_what_was_not_kept_is_refused(broken: dict) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        restored(broken)
