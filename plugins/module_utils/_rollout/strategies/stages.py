# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a canary, a rolling rollout or a ramp, as an operator writes them.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Kind, Step
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.steps import BAKE, WHOLE
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.toggles import check_toggle


@dataclasses.dataclass(frozen=True)
class Stage:
    """One entry of the steps: exactly one of these.

    :param share: of a canary: give the new pool this part of the traffic, 1 to 10000
    :param mirror: of a canary: before its first share, give it a copy of this part of the requests, 1 to 10000
    :param hosts: of a rolling rollout: give the release to so many hosts of the pool in all, a count or a percentage
    :param percent: of a ramp: give the variant to this part of the users, 1 to 10000
    :param learn: the name of an analysis for which it is learned, before the release is on any host, by how much the hosts differ
    :param pause: watch it for so many seconds
    :param gate: end the run and wait for ``promote``
    :param analysis: the name of an analysis to judge it by
    :param health: the name of a set of health checks that it must pass
    :param tasks: a file of tasks to do
    :param toggle: a feature toggle to change, as the module ``feature_toggle`` takes it
    :param seconds: how long that analysis may take
    """

    share: t.Optional[int] = None
    mirror: t.Optional[int] = None
    hosts: str = ""
    percent: t.Optional[int] = None
    learn: str = ""
    pause: t.Optional[float] = None
    gate: bool = False
    analysis: str = ""
    health: str = ""
    tasks: str = ""
    toggle: t.Optional[t.Mapping[str, t.Any]] = None
    seconds: float = 0.0

    def __post_init__(self) -> None:
        numbers = (self.share, self.mirror, self.percent, self.pause)
        words = (self.hosts, self.learn, self.gate, self.analysis, self.health, self.tasks, self.toggle is not None)
        if sum(number is not None for number in numbers) + sum(map(bool, words)) != 1:
            raise InvalidOption(
                "steps: each is one of share, mirror, hosts, percent, learn, pause, analysis, health, toggle and task_file"
            )
        if self.toggle is not None:
            check_toggle(self.toggle, "steps")

    @property
    def gives(self) -> bool:
        """Whether requests come to what is new by it."""
        return any(part is not None for part in (self.share, self.mirror, self.percent)) or bool(self.hosts)

    @property
    def takes_time(self) -> bool:
        """Whether an analysis in the background can look meanwhile."""
        return bool(self.pause) or bool(self.analysis)


def check_background(stages: t.Sequence[Stage], background: str) -> None:
    """Refuse an analysis in the background that would never look."""
    if background and not any(gives_time(stages, index) for index in range(len(stages))):
        raise InvalidOption(
            "background: there is no pause of some seconds and no analysis after the first share, mirror, hosts or percent in which {0} could look".format(
                background
            )
        )


def check_rising(shares: t.Sequence[int], said: str) -> None:
    """Refuse shares, 1/100 %, that do not rise from above 0 up to all.

    :param said: one of them in words, with a place for it in per cent
    """
    for before, share in zip([0, *shares], shares):
        if not before < share <= WHOLE:
            raise InvalidOption(
                "steps: {0} after {1:g} %; shares rise, up to 100 %".format(said.format(share / 100), before / 100)
            )


def check_learning(stages: t.Sequence[Stage]) -> None:
    """Refuse to learn once the release may be on a host."""
    if any(stage.learn for stage in stages[1:]):
        raise InvalidOption("steps: learn is the first step, as it compares hosts that all have the old release")
    learned = [stage.learn for stage in stages if stage.learn]
    if learned and learned[0] not in [stage.analysis for stage in stages]:
        raise InvalidOption("steps: what is learned for {0} is for a later analysis of that name".format(learned[0]))


def gives_time(stages: t.Sequence[Stage], index: int) -> bool:
    """Whether there is time at the stage *index* for the analysis in the background, and requests to look at."""
    return stages[index].takes_time and any(earlier.gives for earlier in stages[:index])


def step_of(stage: Stage, pool: str, background: str) -> Step:
    """The step of a *stage* that judges, waits or does something, for a release on *pool*."""
    if stage.pause is not None:
        return Step(Kind.BAKE, pool, seconds=stage.pause, checks=BAKE, background=background)
    if stage.gate:
        return Step(Kind.GATE, pool)
    if stage.health:
        return Step(Kind.VALIDATE, pool, checks=stage.health)
    if stage.toggle is not None:
        return Step(Kind.TOGGLE, pool, toggle=stage.toggle)
    if stage.tasks:
        return Step(Kind.TASKS, pool, file=stage.tasks)
    return Step(Kind.ANALYSE, pool, seconds=stage.seconds, analysis=stage.analysis, background=background)
