# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from load import generator


def test_when_a_request_was_sent_is_right_on_a_machine_that_stops_the_program_halfway(monkeypatch):
    """The clocks are read one after the other, and whatever comes in between puts them apart."""
    now = [100.0]
    stops = iter([3.0, 0.2, 0.0, 0.1, *[0.5] * 40])

    def wall() -> float:
        seen = 5000.0 + now[0]
        now[0] += next(stops)
        return seen

    monkeypatch.setattr(generator.time, "time", wall)

    assert generator._epoch(lambda: now[0]) == pytest.approx(5000.0, abs=1e-6)
