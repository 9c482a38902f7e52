# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans and options of any kind, for Hypothesis to draw."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Options
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.blue_green import BlueGreen
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.canary import Canary
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.stages import Stage

BLUE_GREENS = st.builds(
    BlueGreen,
    preview=st.booleans(),
    promotion_checks=st.booleans(),
    promotion_bake=st.sampled_from([0.0, 35.0]),
    gate=st.booleans(),
    bake=st.sampled_from([0.0, 45.0]),
)
STAGES = st.lists(
    st.builds(Stage, share=st.sampled_from([100, 2500, 5000, 10000]))
    | st.just(Stage(pause=45.0))
    | st.just(Stage(gate=True))
    | st.just(Stage(analysis="errors", seconds=45.0))
    | st.just(Stage(mirror=1000))
    | st.just(Stage(health="deep"))
    | st.just(Stage(tasks="/announce.yml")),
    max_size=6,
)


def canary(stages: t.Sequence[Stage], preview: bool, bake: float, background: bool) -> Canary:
    """One whose shares rise, whatever was drawn."""
    mirrors = [stage for stage in stages if stage.mirror]
    kept: t.List[Stage] = [*mirrors, Stage(share=50)]
    highest = 50
    for stage in (stage for stage in stages if not stage.mirror):
        if highest < 10000 and (stage.share is None or stage.share > highest):
            kept.append(stage)
            highest = max(highest, stage.share or 0)
    watched = any(stage.pause or stage.analysis for stage in kept)
    return Canary(tuple(kept), preview, bake, "errors" if background and watched else "")


STRATEGIES = BLUE_GREENS | st.builds(canary, STAGES, st.booleans(), st.sampled_from([0.0, 45.0]), st.booleans())
OPTIONS = st.builds(
    Options,
    warm=st.sampled_from([-1.0, 0.0, 100.0]),
    stop_on_abort=st.booleans(),
    progress_deadline=st.sampled_from([0.0, 300.0]),
)
