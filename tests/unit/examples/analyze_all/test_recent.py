# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyze_all.recent import SLOTS, RecentCount, RecentRequests

WINDOW = 10.0
SLOT = WINDOW / SLOTS

histories = st.lists(st.tuples(st.floats(0, 5), st.booleans()), max_size=60)


def test_nothing_happened_is_no_failure() -> None:
    count = RecentRequests(WINDOW).count(now=1000.0)

    assert count == RecentCount(WINDOW, total=0, errors=0)
    assert count.error_ratio == 0


def test_requests_and_errors_are_counted() -> None:
    recent = RecentRequests(WINDOW)
    for number in range(20):
        recent.record(100 + number / 10, failed=number < 5)

    assert recent.count(102) == RecentCount(WINDOW, total=20, errors=5)
    assert recent.count(102).error_ratio == 0.25


def test_what_is_older_than_the_window_is_forgotten() -> None:
    recent = RecentRequests(WINDOW)
    recent.record(100, failed=True)
    recent.record(105, failed=False)

    assert recent.count(109).errors == 1
    assert recent.count(111) == RecentCount(WINDOW, total=1, errors=0)
    assert recent.count(116) == RecentCount(WINDOW, total=0, errors=0)


@pytest.mark.parametrize("seed_time", [0.0, 12345.678])
@given(history=histories, wait=st.floats(0, 15))
def test_it_counts_what_the_window_holds_give_or_take_a_slot(
    seed_time: float, history: list[tuple[float, bool]], wait: float
) -> None:
    recent = RecentRequests(WINDOW)
    now = seed_time
    events = []
    for pause, failed in history:
        now += pause
        recent.record(now, failed)
        events.append((now, failed))
    now += wait

    count = recent.count(now)

    def held(age: float) -> tuple[int, int]:
        inside = [failed for instant, failed in events if now - instant <= age]
        return len(inside), sum(inside)

    tolerance = 1e-6
    assert held(WINDOW - SLOT - tolerance) <= (count.total, count.errors) <= held(WINDOW + tolerance)
    assert held(WINDOW - SLOT - tolerance)[1] <= count.errors <= held(WINDOW + tolerance)[1]
    assert 0 <= count.error_ratio <= 1
