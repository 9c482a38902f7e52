# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All traffic at once.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Kind, Options, Step
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.interface import Pools
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.steps import (
    PROMOTION,
    READY,
    bring_up,
    shift,
    take_over,
)


@dataclasses.dataclass(frozen=True)
class BlueGreen:
    """All traffic at once, watched, with a way back.

    :param preview: open a header route to the new pool before promotion
    :param promotion_checks: whether there are checks to pass before promotion
    :param promotion_bake: seconds to watch the new pool before promotion
    :param gate: end the run before promotion and wait for ``promote``
    :param bake: seconds to watch the new pool after promotion
    """

    preview: bool = False
    promotion_checks: bool = False
    promotion_bake: float = 0.0
    gate: bool = False
    bake: float = 60.0

    name: t.ClassVar[str] = "blue_green"
    in_one_pool: t.ClassVar[bool] = False
    baseline: t.ClassVar[str] = ""

    def plan(self, pools: Pools, options: Options) -> t.Tuple[Step, ...]:
        old, new = pools.old, pools.new
        steps = bring_up(new)
        if self.preview:
            steps.append(shift(old, new, 0, header=new))
        if self.promotion_checks:
            steps.append(Step(Kind.VALIDATE, new, checks=PROMOTION))
        if self.promotion_bake > 0:
            checks = PROMOTION if self.promotion_checks else READY
            steps.append(Step(Kind.BAKE, new, seconds=self.promotion_bake, checks=checks))
        if self.gate:
            steps.append(Step(Kind.GATE, new))
        return (*steps, *take_over(old, new, self.bake, options))
