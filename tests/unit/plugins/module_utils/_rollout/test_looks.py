# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which parts an action watches."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._rollout.looks import LONGEST, looks
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Action, Kind

SECONDS = st.floats(0, 3000)


@given(SECONDS)
def test_health_alone_is_held_all_the_time(seconds: float) -> None:
    assert looks(Action(1, Kind.BAKE, "green", seconds=seconds)) == (seconds,)


@given(SECONDS, st.sampled_from([{"analysis": "errors"}, {"background": "errors"}]))
def test_metrics_are_never_asked_for_long_without_a_look_at_health(seconds: float, asked: dict[str, str]) -> None:
    parts = looks(Action(1, Kind.ANALYSE, "green", seconds=seconds, **asked))
    assert max(parts) <= LONGEST
    assert abs(sum(parts) - seconds) < 1e-6
    assert len(parts) <= 1 + seconds / LONGEST
