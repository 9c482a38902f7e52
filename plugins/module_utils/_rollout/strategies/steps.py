# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pieces of plans that strategies have in common.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import WATCHES, Kind, Options, Step

READY = "ready"
"""Health checks that say whether an instance can take traffic."""
PROMOTION = "promotion"
"""Health checks that a release must pass before it is promoted."""
BAKE = "bake"
"""Health checks watched after promotion."""
WHOLE = 10000

ROLLBACK = "rollback"
"""A rollout whose new release is the earlier one. Its way forward is the way back, so nobody is to turn it round."""


def close_preview(serving: str, idle: str, floor: int = 0) -> t.Tuple[Step, ...]:
    """Close a header route, or end copies, that an earlier rollout left, before anything is done to the pool that they lead to.

    :param floor: how many hosts of *serving* will do; 0 for all
    """
    return (dataclasses.replace(shift(idle, serving, WHOLE), floor=floor), Step(Kind.DRAIN, idle))


def rollback(old: str, new: str, instant: bool, options: Options) -> t.Tuple[Step, ...]:
    """Back to the release on *new*; *instant*, without another check, when its instances served a short while ago."""
    start = [] if instant else bring_up(new)
    return (*start, shift(old, new, WHOLE), *leave(old, options))


def unjudged(steps: t.Tuple[Step, ...], position: int) -> t.Tuple[Step, ...]:
    """The plan without what judges the release from *position* on; whether its instances are ready is still asked.

    Of the shifts the last is left, which gives it all, and those that take traffic from a pool before something is done to it.
    """
    ahead = steps[position:]
    last_shift = max((place for place, step in enumerate(ahead) if step.kind is Kind.SHIFT), default=0)
    last_deploy = max(
        (place for place, step in enumerate(ahead) if step.kind is Kind.DEPLOY and not step.hosts), default=-1
    )
    judges = [
        step.kind in (Kind.GATE, *WATCHES)
        or (step.kind is Kind.VALIDATE and step.checks != READY)
        or (step.kind is Kind.SHIFT and last_deploy < place < last_shift)
        for place, step in enumerate(ahead)
    ]
    return steps[:position] + tuple(step for step, is_judge in zip(ahead, judges) if not is_judge)


def bring_up(new: str) -> t.List[Step]:
    """The release on the hosts of *new*, ready."""
    return [Step(Kind.DEPLOY, new), Step(Kind.VALIDATE, new, checks=READY)]


def give_all(pool: str, other: str) -> t.Tuple[Step, ...]:
    """All traffic to *pool*, whose release serves already, once its instances are ready."""
    return Step(Kind.VALIDATE, pool, checks=READY), shift(other, pool, WHOLE)


def shift(old: str, new: str, share: int, header: t.Optional[str] = None) -> Step:
    """*share* for *new*, and the rest for *old*."""
    return Step(Kind.SHIFT, new, shares={old: WHOLE - share, new: share}, header=header)


def take_over(old: str, new: str, bake: float, options: Options) -> t.Tuple[Step, ...]:
    """All traffic for *new*, watched."""
    watched = (Step(Kind.BAKE, new, seconds=bake, checks=BAKE),) if bake > 0 else ()
    return (shift(old, new, WHOLE), *watched, *leave(old, options))


def leave(old: str, options: Options) -> t.Tuple[Step, ...]:
    """What becomes of a pool that has lost its traffic."""
    drained = (Step(Kind.DRAIN, old),)
    if options.warm < 0:
        return drained
    warm = (Step(Kind.WARM, old, seconds=options.warm),) if options.warm > 0 else ()
    return drained + warm + (Step(Kind.RETIRE, old),)
