# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Step by step, with a verdict at each.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.batches import Batching, deploy_in_batches
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Kind, Options, Step
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.interface import Pools
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.stages import (
    Stage,
    check_background,
    check_learning,
    check_rising,
    gives_time,
    step_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.steps import (
    BAKE,
    READY,
    WHOLE,
    bring_up,
    leave,
    shift,
    take_over,
)


@dataclasses.dataclass(frozen=True)
class Canary:
    """A growing part of the traffic for the new pool; then all of it, or the release for the old pool, too.

    :param stages: in order; the shares only rise
    :param preview: open a header route to the new pool before it has any share, and until it has all
    :param bake: seconds to watch the pool with all the traffic
    :param background: the name of an analysis that goes on during all pauses and analyses; empty for none
    :param baseline: a third pool that gets the old release afresh, and as much traffic as the new one, to compare the new one with
    :param promotion: how the old pool gets the release in the end and keeps the traffic; None where the new pool takes it all
    :raises InvalidOption: shares that fall, or are none; a background with no time to look
    """

    stages: t.Tuple[Stage, ...]
    preview: bool = False
    bake: float = 60.0
    background: str = ""
    baseline: str = ""
    promotion: t.Optional[Batching] = None

    name: t.ClassVar[str] = "canary"
    in_one_pool: t.ClassVar[bool] = False

    def __post_init__(self) -> None:
        if any(stage.hosts or stage.percent is not None for stage in self.stages):
            raise InvalidOption(
                "steps: a canary gives the new pool shares; hosts are steps of strategy rolling, percent of toggle_ramp"
            )
        shares = [stage.share for stage in self.stages if stage.share is not None]
        if not shares:
            raise InvalidOption("steps: none of them gives the new pool a share")
        check_rising(shares, "a share of {0:g} %")
        self._check_mirrors()
        check_learning(self.stages)
        if shares[-1] == WHOLE and self.stages[-1].share != WHOLE:
            raise InvalidOption("steps: nothing comes after a share of 100 % but the bake; give the bake its seconds")
        if shares[-1] == WHOLE and self.promotion is not None:
            raise InvalidOption(
                "steps: a share of 100 %, but promotion in batches leaves the traffic to the pool that has it; the shares end below"
            )
        check_background(self.stages, self.background)

    def _check_mirrors(self) -> None:
        first_share = next(index for index, stage in enumerate(self.stages) if stage.share is not None)
        for index, stage in enumerate(self.stages):
            if stage.mirror is None:
                continue
            if not 0 < stage.mirror <= WHOLE:
                raise InvalidOption("steps: a mirror of {0:g} %; it is above 0, up to 100 %".format(stage.mirror / 100))
            if index > first_share:
                raise InvalidOption("steps: a mirror after a share; a copy goes only to a pool that has no share yet")

    def plan(self, pools: Pools, options: Options) -> t.Tuple[Step, ...]:
        old, new = pools.old, pools.new
        if pools.release is None:
            return (*bring_up(new), *take_over(old, new, self.bake, options))
        steps = self._beside(pools) + self._learning(pools) + bring_up(new)
        if self.preview:
            steps.append(self._shift(pools, 0))
        for index, stage in enumerate(self.stages):
            if stage.share != WHOLE and not stage.learn:
                steps.append(self._step(index, pools))
        return (*steps, *(self._in_batches(pools, options) if self.promotion else self._over(pools, options)))

    def _beside(self, pools: Pools) -> t.List[Step]:
        """The baseline, started at about the same time as the new release."""
        if not self.baseline:
            return []
        return [
            Step(Kind.RETIRE, self.baseline),
            Step(Kind.DEPLOY, self.baseline, release=pools.release or ""),
            Step(Kind.VALIDATE, self.baseline, checks=READY),
        ]

    def _learning(self, pools: Pools) -> t.List[Step]:
        """The new pool with the old release and the first share, for as long as that is compared."""
        if not self.stages[0].learn:
            return []
        first, new = self.stages[0], pools.new
        share = next(stage.share for stage in self.stages if stage.share is not None)
        return [
            Step(Kind.DEPLOY, new, release=pools.release or ""),
            Step(Kind.VALIDATE, new, checks=READY),
            dataclasses.replace(self._shift(pools, share), header=None),
            Step(Kind.ANALYSE, new, seconds=first.seconds, analysis=first.learn, learns=True),
            dataclasses.replace(self._shift(pools, 0), header=None),
            Step(Kind.DRAIN, new),
        ]

    def _step(self, index: int, pools: Pools) -> Step:
        stage = self.stages[index]
        if stage.share is not None:
            return self._shift(pools, stage.share)
        if stage.mirror is not None:
            return dataclasses.replace(self._shift(pools, 0), mirror=stage.mirror)
        return step_of(stage, pools.new, self.background if gives_time(self.stages, index) else "")

    def _shift(self, pools: Pools, share: int) -> Step:
        """*share* for the new pool, and as much for the baseline, but no more than the old pool keeps."""
        shifted = shift(pools.old, pools.new, share, pools.new if self.preview else None)
        if not self.baseline:
            return shifted
        beside = min(share, (WHOLE - share) // 2)
        return dataclasses.replace(
            shifted, shares={pools.old: WHOLE - share - beside, pools.new: share, self.baseline: beside}
        )

    def _over(self, pools: Pools, options: Options) -> t.Tuple[Step, ...]:
        """The new pool takes it all."""
        whole, *rest = take_over(pools.old, pools.new, self.bake, options)
        if not self.baseline:
            return (whole, *rest)
        shares = {**(whole.shares or {}), self.baseline: 0}
        return (dataclasses.replace(whole, shares=shares), *self._without_baseline(), *rest)

    def _in_batches(self, pools: Pools, options: Options) -> t.Tuple[Step, ...]:
        """The old pool gets the release batch by batch, while the new pool keeps its share, and then has it all."""
        old, new = pools.old, pools.new
        hosts = pools.hosts.get(old, ())
        batches = deploy_in_batches(old, hosts, self.promotion or Batching(), len(hosts))
        shares = {old: WHOLE, new: 0, **({self.baseline: 0} if self.baseline else {})}
        watched = (Step(Kind.BAKE, old, seconds=self.bake, checks=BAKE),) if self.bake > 0 else ()
        ended = (Step(Kind.SHIFT, old, shares=shares), *self._without_baseline(), *watched, *leave(new, options))
        return (*batches, *ended)

    def _without_baseline(self) -> t.Tuple[Step, ...]:
        """The baseline has served its purpose."""
        return (Step(Kind.DRAIN, self.baseline), Step(Kind.RETIRE, self.baseline)) if self.baseline else ()
