# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans: which steps a strategy consists of.

PRIVATE to the collection. Pure. To add a strategy, add a dataclass with the
operator's choices that satisfies :class:`Strategy`; the state machine in
``machine.py`` carries out any plan.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import WATCHES, Kind, Options, Step

READY = "ready"
"""Health checks that say whether an instance can take traffic."""
PROMOTION = "promotion"
"""Health checks that a release must pass before it is promoted."""
BAKE = "bake"
"""Health checks watched after promotion."""
WHOLE = 10000

BLUE_GREEN = "blue_green"
CANARY = "canary"
ROLLBACK = "rollback"
"""A rollout whose new release is the earlier one. Its way forward is the way back, so nobody is to turn it round."""


class Strategy(t.Protocol):
    """What an operator chose of a strategy."""

    @property
    def name(self) -> str:
        """What the journal calls it."""

    def plan(self, old: str, new: str, options: Options, first: bool) -> t.Tuple[Step, ...]:
        """The steps by which the pool *new* takes over from *old*.

        :param first: whether nothing was ever delivered, so that there is nothing to compare with and nobody to lose
        """


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

    name: t.ClassVar[str] = BLUE_GREEN

    def plan(self, old: str, new: str, options: Options, first: bool) -> t.Tuple[Step, ...]:
        del first
        steps = _bring_up(new)
        if self.preview:
            steps.append(_shift(old, new, 0, header=new))
        if self.promotion_checks:
            steps.append(Step(Kind.VALIDATE, new, checks=PROMOTION))
        if self.promotion_bake > 0:
            checks = PROMOTION if self.promotion_checks else READY
            steps.append(Step(Kind.BAKE, new, seconds=self.promotion_bake, checks=checks))
        if self.gate:
            steps.append(Step(Kind.GATE, new))
        return (*steps, *_take_over(old, new, self.bake, options))


@dataclasses.dataclass(frozen=True)
class Stage:
    """One entry of a canary's steps: exactly one of these.

    :param share: give the new pool this part of the traffic, 1 to 10000
    :param mirror: before its first share, give it a copy of this part of the requests, 1 to 10000
    :param pause: watch it for so many seconds
    :param gate: end the run and wait for ``promote``
    :param analysis: the name of an analysis to judge it by
    :param health: the name of a set of health checks that it must pass
    :param tasks: a file of tasks to do
    :param seconds: how long that analysis may take
    """

    share: t.Optional[int] = None
    mirror: t.Optional[int] = None
    pause: t.Optional[float] = None
    gate: bool = False
    analysis: str = ""
    health: str = ""
    tasks: str = ""
    seconds: float = 0.0

    def __post_init__(self) -> None:
        numbers = (self.share, self.mirror, self.pause)
        words = (self.gate, self.analysis, self.health, self.tasks)
        if sum(number is not None for number in numbers) + sum(map(bool, words)) != 1:
            raise InvalidOption("steps: each is one of share, mirror, pause, analysis, health and task_file")


@dataclasses.dataclass(frozen=True)
class Canary:
    """Step by step, with a verdict at each.

    :param stages: in order; the shares only rise
    :param preview: open a header route to the new pool before it has any share, and until it has all
    :param bake: seconds to watch the new pool with all the traffic
    :param background: the name of an analysis that goes on during all pauses and analyses; empty for none
    :raises InvalidOption: shares that fall, or are none; a background with no time to look
    """

    stages: t.Tuple[Stage, ...]
    preview: bool = False
    bake: float = 60.0
    background: str = ""

    name: t.ClassVar[str] = CANARY

    def __post_init__(self) -> None:
        shares = [stage.share for stage in self.stages if stage.share is not None]
        if not shares:
            raise InvalidOption("steps: none of them gives the new pool a share")
        for before, share in zip([0, *shares], shares):
            if not before < share <= WHOLE:
                raise InvalidOption(
                    "steps: a share of {0:g} % after {1:g} %; shares rise, up to 100 %".format(
                        share / 100, before / 100
                    )
                )
        self._check_mirrors()
        if shares[-1] == WHOLE and self.stages[-1].share != WHOLE:
            raise InvalidOption("steps: nothing comes after a share of 100 % but the bake; give the bake its seconds")
        if self.background and not any(self._gives_time(index) for index in range(len(self.stages))):
            raise InvalidOption(
                "background: there is no pause of some seconds and no analysis after the first share or mirror in which {0} could look".format(
                    self.background
                )
            )

    def _check_mirrors(self) -> None:
        first_share = next(index for index, stage in enumerate(self.stages) if stage.share is not None)
        for index, stage in enumerate(self.stages):
            if stage.mirror is None:
                continue
            if not 0 < stage.mirror <= WHOLE:
                raise InvalidOption("steps: a mirror of {0:g} %; it is above 0, up to 100 %".format(stage.mirror / 100))
            if index > first_share:
                raise InvalidOption("steps: a mirror after a share; a copy goes only to a pool that has no share yet")

    def _gives_time(self, index: int) -> bool:
        """Whether there is time at the stage *index* for the analysis in the background, and requests to look at."""
        stage = self.stages[index]
        is_reached = any(earlier.share is not None or earlier.mirror is not None for earlier in self.stages[:index])
        return is_reached and (bool(stage.pause) or bool(stage.analysis))

    def plan(self, old: str, new: str, options: Options, first: bool) -> t.Tuple[Step, ...]:
        if first:
            return (*_bring_up(new), *_take_over(old, new, self.bake, options))
        header = new if self.preview else None
        steps = _bring_up(new)
        if self.preview:
            steps.append(_shift(old, new, 0, header))
        steps += [
            self._step(index, old, new, header) for index, stage in enumerate(self.stages) if stage.share != WHOLE
        ]
        return (*steps, *_take_over(old, new, self.bake, options))

    def _step(self, index: int, old: str, new: str, header: t.Optional[str]) -> Step:
        stage = self.stages[index]
        background = self.background if self._gives_time(index) else ""
        if stage.share is not None:
            return _shift(old, new, stage.share, header)
        if stage.mirror is not None:
            return dataclasses.replace(_shift(old, new, 0, header), mirror=stage.mirror)
        if stage.pause is not None:
            return Step(Kind.BAKE, new, seconds=stage.pause, checks=BAKE, background=background)
        if stage.gate:
            return Step(Kind.GATE, new)
        if stage.health:
            return Step(Kind.VALIDATE, new, checks=stage.health)
        if stage.tasks:
            return Step(Kind.TASKS, new, file=stage.tasks)
        return Step(Kind.ANALYSE, new, seconds=stage.seconds, analysis=stage.analysis, background=background)


def close_preview(serving: str, idle: str) -> t.Tuple[Step, ...]:
    """Close a header route, or end copies, that an earlier rollout left, before anything is done to the pool that they lead to."""
    return (_shift(idle, serving, WHOLE), Step(Kind.DRAIN, idle))


def rollback(old: str, new: str, instant: bool, options: Options) -> t.Tuple[Step, ...]:
    """Back to the release on *new*; *instant*, without another check, when its instances served a short while ago."""
    start = [] if instant else _bring_up(new)
    return (*start, _shift(old, new, WHOLE), *_leave(old, options))


def unjudged(steps: t.Tuple[Step, ...], position: int) -> t.Tuple[Step, ...]:
    """The plan without what judges the release from *position* on; whether its instances are ready is still asked.

    Of the shifts only the last is left, which gives it all.
    """
    ahead = steps[position:]
    last_shift = max((place for place, step in enumerate(ahead) if step.kind is Kind.SHIFT), default=0)
    judges = [
        step.kind in (Kind.GATE, *WATCHES)
        or (step.kind is Kind.VALIDATE and step.checks != READY)
        or (step.kind is Kind.SHIFT and place < last_shift)
        for place, step in enumerate(ahead)
    ]
    return steps[:position] + tuple(step for step, is_judge in zip(ahead, judges) if not is_judge)


def _bring_up(new: str) -> t.List[Step]:
    return [Step(Kind.DEPLOY, new), Step(Kind.VALIDATE, new, checks=READY)]


def _shift(old: str, new: str, share: int, header: t.Optional[str] = None) -> Step:
    return Step(Kind.SHIFT, new, shares={old: WHOLE - share, new: share}, header=header)


def _take_over(old: str, new: str, bake: float, options: Options) -> t.Tuple[Step, ...]:
    watched = (Step(Kind.BAKE, new, seconds=bake, checks=BAKE),) if bake > 0 else ()
    return (_shift(old, new, WHOLE), *watched, *_leave(old, options))


def _leave(old: str, options: Options) -> t.Tuple[Step, ...]:
    drained = (Step(Kind.DRAIN, old),)
    if options.warm < 0:
        return drained
    warm = (Step(Kind.WARM, old, seconds=options.warm),) if options.warm > 0 else ()
    return drained + warm + (Step(Kind.RETIRE, old),)
