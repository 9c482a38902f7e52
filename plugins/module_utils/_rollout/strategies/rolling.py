# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A canary over hosts instead of shares, for an app whose hosts are one pool, with or without a balancer.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._quorum import needed
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.batches import Batching, deploy_in_batches
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Kind, Options, Step
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.interface import Pools
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.stages import (
    Stage,
    check_background,
    check_learning,
    gives_time,
    step_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.steps import BAKE, bring_up


@dataclasses.dataclass(frozen=True)
class Rolling:
    """The release for more and more hosts of a pool, batch by batch, with verdicts in between; at the end, for all.

    :param stages: in order; the numbers of hosts only rise
    :param bake: seconds to watch the pool with the release on all its hosts
    :param background: the name of an analysis that goes on during all pauses and analyses; empty for none
    :param batching: how many hosts are changed at once
    :raises InvalidOption: a step that is none of a rolling rollout; a background with no time to look
    """

    stages: t.Tuple[Stage, ...] = ()
    bake: float = 60.0
    background: str = ""
    batching: Batching = dataclasses.field(default_factory=Batching)

    name: t.ClassVar[str] = "rolling"
    in_one_pool: t.ClassVar[bool] = True
    baseline: t.ClassVar[str] = ""

    def __post_init__(self) -> None:
        if any(stage.gives and not stage.hosts for stage in self.stages):
            raise InvalidOption(
                "steps: strategy rolling goes by hosts; share and mirror are steps of a canary, percent of toggle_ramp"
            )
        check_learning(self.stages)
        given = False
        for stage in self.stages:
            given = given or bool(stage.hosts)
            if stage.analysis and not given:
                raise InvalidOption(
                    "steps: the analysis {0} comes before any hosts have the release; put hosts before it".format(
                        stage.analysis
                    )
                )
        check_background(self.stages, self.background)

    def plan(self, pools: Pools, options: Options) -> t.Tuple[Step, ...]:
        del options
        pool = pools.new
        watched = (Step(Kind.BAKE, pool, seconds=self.bake, checks=BAKE),) if self.bake > 0 else ()
        if pools.release is None:
            return (*bring_up(pool), *watched)
        hosts = pools.hosts[pool]
        steps: t.List[Step] = []
        done = 0
        for index, stage in enumerate(self.stages):
            if stage.hosts:
                reached = self._reached(stage, done, len(hosts))
                steps += deploy_in_batches(pool, hosts[done:reached], self.batching, len(hosts))
                done = reached
            elif stage.learn:
                compared = hosts[: self._reached(self._first_hosts(), 0, len(hosts))]
                learning = Step(Kind.ANALYSE, pool, compared, seconds=stage.seconds, analysis=stage.learn, learns=True)
                steps.append(learning)
            else:
                if stage.analysis and done == len(hosts):
                    raise InvalidOption(
                        "steps: the analysis {0} comes when all {1} hosts have the release, so there is nothing left to compare them with".format(
                            stage.analysis, done
                        )
                    )
                is_compared = gives_time(self.stages, index) and 0 < done < len(hosts)
                steps.append(step_of(stage, pool, self.background if is_compared else ""))
        steps += deploy_in_batches(pool, hosts[done:], self.batching, len(hosts))
        return (*steps, *watched)

    def _first_hosts(self) -> Stage:
        return next(stage for stage in self.stages if stage.hosts)

    def _reached(self, stage: Stage, done: int, members: int) -> int:
        reached = needed(stage.hosts, members, "steps: hosts")
        if reached < done:
            raise InvalidOption(
                "steps: hosts {0} comes to {1} of {2} hosts, where {3} have the release already; the numbers rise".format(
                    stage.hosts, reached, members, done
                )
            )
        return reached
