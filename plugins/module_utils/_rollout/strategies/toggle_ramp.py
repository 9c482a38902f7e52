# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A canary over users instead of traffic: a feature toggle that is on for more and more of them.

PRIVATE to the collection. Pure. No release is put on any host, and no balancer
has a part in it.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Kind, Options, Step
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.interface import Pools
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.stages import (
    Stage,
    check_background,
    check_rising,
    gives_time,
    step_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.steps import BAKE, WHOLE
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.toggles import check_toggle
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.users import Users, described

USERS = "users"
"""What stands for a pool: all who use the app, wherever their requests go."""


@dataclasses.dataclass(frozen=True)
class ToggleRamp:
    """A variant of a toggle for a growing part of the users, with verdicts in between.

    :param toggle: the toggle, as the module ``feature_toggle`` takes it, without a share
    :param stages: in order; the shares of users only rise
    :param bake: seconds to watch the app with the last share
    :param background: the name of an analysis that goes on during all pauses and analyses; empty for none
    :raises InvalidOption: a toggle that is none; a step that is none of a ramp; shares that fall, or are none
    """

    toggle: t.Mapping[str, t.Any]
    stages: t.Tuple[Stage, ...]
    bake: float = 60.0
    background: str = ""

    name: t.ClassVar[str] = "toggle_ramp"
    in_one_pool: t.ClassVar[bool] = True
    baseline: t.ClassVar[str] = ""

    def __post_init__(self) -> None:
        check_toggle(self.toggle, "toggle")
        self._check_toggle_ramps()
        stages = self.stages
        if any(stage.gives and stage.percent is None for stage in stages) or any(
            stage.learn or stage.toggle is not None for stage in stages
        ):
            raise InvalidOption(
                "steps: those of strategy toggle_ramp are percent, pause, analysis, health and task_file"
            )
        shares = [stage.percent for stage in stages if stage.percent is not None]
        if not shares:
            raise InvalidOption("steps: none of them gives users the variant; put percent among them")
        check_rising(shares, "{0:g} % of the users")
        for index, stage in enumerate(stages):
            if stage.analysis and not 0 < self._share_at(index) < WHOLE:
                raise InvalidOption(
                    "steps: the analysis {0} comes while {1} users have the variant, so there is nothing to compare".format(
                        stage.analysis, "all" if self._share_at(index) else "no"
                    )
                )
        check_background(stages, self.background)

    @property
    def goal(self) -> str:
        """What the users have at the end, in words."""
        return described(str(self.toggle["variant"]), self._share_at(len(self.stages)))

    def plan(self, pools: Pools, options: Options) -> t.Tuple[Step, ...]:
        del pools, options
        steps = []
        for index, stage in enumerate(self.stages):
            if stage.percent is not None:
                toggle = {**self.toggle, "percent": stage.percent / 100}
                steps.append(Step(Kind.TOGGLE, USERS, toggle=toggle))
            else:
                compares = gives_time(self.stages, index) and self._share_at(index) < WHOLE
                steps.append(step_of(stage, USERS, self.background if compares else ""))
        watched = (Step(Kind.BAKE, USERS, seconds=self.bake, checks=BAKE),) if self.bake > 0 else ()
        return (*steps, *watched)

    @property
    def first_share(self) -> int:
        """The share of users with which it begins, 1/100 %."""
        return next(stage.percent for stage in self.stages if stage.percent is not None)

    def is_reached(self, seen: Users) -> bool:
        """Whether *seen* is how it ends, as far as it says anything of it."""
        asked = {name: self.toggle[name] for name in ("variant", "bucket_by") if name in self.toggle}
        named = {name: sorted(self.toggle[name]) for name in ("allow", "deny") if name in self.toggle}
        return (
            seen.is_on
            and seen.share == self._share_at(len(self.stages))
            and all(seen.audience.get(name) == value for name, value in asked.items())
            and all(sorted(seen.audience.get(name) or ()) == value for name, value in named.items())
        )

    def _share_at(self, index: int) -> int:
        """The share that the users have before the stage *index*."""
        shares = [stage.percent for stage in self.stages[:index] if stage.percent is not None]
        return shares[-1] if shares else 0

    def _check_toggle_ramps(self) -> None:
        taken = sorted({"percent", "rules", "from", "until"}.intersection(self.toggle))
        if taken:
            raise InvalidOption(
                "toggle: it has {0}; for whom it is on, the steps say, and when".format(", ".join(taken))
            )
        if self.toggle.get("state", "enabled") not in ("present", "enabled"):
            raise InvalidOption("toggle: state {0} gives nobody the variant".format(self.toggle["state"]))
        if not self.toggle.get("variant"):
            raise InvalidOption("toggle: it has no variant, which is what more and more users are to get")
