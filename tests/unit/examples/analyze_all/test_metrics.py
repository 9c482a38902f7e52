# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from analyze_all.metrics import Metrics


def test_errors_are_counted_from_none_on() -> None:
    """Who reads a counter that is not there cannot know whether there were none or its name is wrong."""
    assert b'analyze_all_requests_total{code="500"} 0.0\n' in Metrics("1.0.0", "blue-1").exposition()


def test_answers_are_counted_by_their_code() -> None:
    metrics = Metrics("1.0.0", "blue-1")
    metrics.answered(200, 0.01)
    metrics.answered(500, 0.01)
    metrics.answered(500, 0.01)
    shown = metrics.exposition()
    assert b'analyze_all_requests_total{code="200"} 1.0\n' in shown
    assert b'analyze_all_requests_total{code="500"} 2.0\n' in shown
