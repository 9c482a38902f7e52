# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import itertools

import pytest

from analyze_all.document import take_apart
from analyze_all.health import Limits, components, worst
from analyze_all.recent import RecentCount
from analyze_all.scoring import assess

GOOD = assess(take_apart("The door is open."))
POOR = assess(take_apart("{{ door }}"))
QUIET = RecentCount(10.0, total=0, errors=0)
LIMITS = Limits(error_ratio=0.5, memory_bytes=1000)


def test_components_carry_the_figures_behind_their_status() -> None:
    assert components(RecentCount(10.0, total=300, errors=15), 900, GOOD, LIMITS) == {
        "requests": {"status": "healthy", "window_seconds": 10.0, "total": 300, "errors": 15, "error_ratio": 0.05},
        "memory": {"status": "healthy", "resident_bytes": 900, "limit_bytes": 1000},
        "scoring": {"status": "healthy", "reference_score": 100.0},
    }


@pytest.mark.parametrize(
    ("component", "expected", "found"),
    [
        ("requests", "degraded", components(RecentCount(10.0, 3, 2), 900, GOOD, LIMITS)),
        ("requests", "healthy", components(RecentCount(10.0, 2, 1), 900, GOOD, LIMITS)),
        ("memory", "degraded", components(QUIET, 1001, GOOD, LIMITS)),
        ("memory", "healthy", components(QUIET, 1000, GOOD, LIMITS)),
        ("scoring", "unhealthy", components(QUIET, 900, POOR, LIMITS)),
    ],
)
def test_a_component_beyond_its_limit_says_so_and_the_others_do_not(component: str, expected: str, found: dict) -> None:
    assert found[component]["status"] == expected
    assert {found[other]["status"] for other in found.keys() - {component}} == {"healthy"}


def test_a_whole_is_as_well_as_its_worst_part() -> None:
    for statuses in itertools.product(("healthy", "degraded", "unhealthy"), repeat=3):
        assert worst(statuses) == next(status for status in ("unhealthy", "degraded", "healthy") if status in statuses)
    assert worst([]) == "healthy"
