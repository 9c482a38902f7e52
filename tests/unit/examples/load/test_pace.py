# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from load.pace import Pace


@given(rate=st.floats(0.1, 10_000), start=st.floats(0, 1e6), limit=st.integers(0, 200))
def test_requests_are_due_evenly_from_the_start_on(rate: float, start: float, limit: int) -> None:
    pace = Pace(rate, start, limit)

    taken = list(itertools.takewhile(lambda due: due is not None, (pace.take() for _number in range(limit + 5))))

    assert taken == pytest.approx([start + number / rate for number in range(limit)])
    assert pace.take() is None


def test_without_a_limit_it_goes_on() -> None:
    pace = Pace(rate=4, start=10)

    assert [pace.take() for _number in range(5)] == [10, 10.25, 10.5, 10.75, 11]


def test_it_does_not_drift() -> None:
    pace = Pace(rate=3, start=0)

    assert [pace.take() for _number in range(300_001)][-1] == 100_000
