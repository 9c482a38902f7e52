# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Combinations of counts and times that cannot mean anything."""

from __future__ import annotations

import math

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._health.policy import Policy


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rise": 0}, "rise is 0; it must be at least 1"),
        ({"fall": -1}, "fall is -1; it must be at least 1"),
        ({"interval": 0}, "interval is 0; it must be a number of seconds above 0"),
        ({"deadline": -5.0}, "deadline is -5.0"),
        ({"deadline": math.nan}, "deadline is nan"),
        ({"interval": math.inf}, "interval is inf"),
        ({"timeout": 0.0}, "timeout is 0.0"),
        ({"hold": -0.1}, "hold is -0.1"),
        ({"hold": math.nan}, "hold is nan"),
        ({"rise": 3, "interval": 30.0, "deadline": 60.0}, "the deadline of 60 s would always come first"),
        (
            {"fall": 3, "interval": 5.0, "hold": 10.0},
            "it takes at least 15 s to see a target fall; a hold of 10 s is too short",
        ),
    ],
)
def test_it_refuses(options: dict[str, float], message: str) -> None:
    with pytest.raises(InvalidOption, match=message):
        Policy(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"rise": 3, "interval": 30.0, "deadline": 60.1},
        {"fall": 3, "interval": 5.0, "hold": 15.0},
        {"fall": 3, "interval": 5.0, "hold": 0.0},
    ],
)
def test_it_takes_what_is_just_possible(options: dict[str, float]) -> None:
    assert Policy(**options)


@pytest.mark.parametrize(("interval", "timeout", "seconds"), [(2.0, 5.0, 16.0), (8.0, 5.0, 25.0)])
def test_how_long_a_fall_may_take_after_the_hold(interval: float, timeout: float, seconds: float) -> None:
    assert Policy(fall=3, interval=interval, timeout=timeout, hold=60.0).settling == seconds
