# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans: which steps a strategy consists of.

PRIVATE to the collection. Pure. To add a strategy, add a function that
returns its steps; the state machine in ``machine.py`` carries out any plan.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Kind, Options, Step

READY = "ready"
"""Health checks that say whether an instance can take traffic."""
PROMOTION = "promotion"
"""Health checks that a release must pass before it is promoted."""
BAKE = "bake"
"""Health checks watched after promotion."""
WHOLE = 10000

BLUE_GREEN = "blue_green"
ROLLBACK = "rollback"
"""A rollout whose new release is the earlier one. Its way forward is the way back, so nobody is to turn it round."""


@dataclasses.dataclass(frozen=True)
class BlueGreen:
    """The operator's choices for a blue-green plan.

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


def blue_green(old: str, new: str, choices: BlueGreen, options: Options) -> t.Tuple[Step, ...]:
    """All traffic at once from *old* to *new*, watched, with a way back."""
    steps = [Step(Kind.DEPLOY, new), Step(Kind.VALIDATE, new, checks=READY)]
    if choices.preview:
        steps.append(Step(Kind.SHIFT, new, shares={old: WHOLE, new: 0}, header=new))
    if choices.promotion_checks:
        steps.append(Step(Kind.VALIDATE, new, checks=PROMOTION))
    if choices.promotion_bake > 0:
        checks = PROMOTION if choices.promotion_checks else READY
        steps.append(Step(Kind.BAKE, new, seconds=choices.promotion_bake, checks=checks))
    if choices.gate:
        steps.append(Step(Kind.GATE, new))
    steps.append(Step(Kind.SHIFT, new, shares={old: 0, new: WHOLE}))
    if choices.bake > 0:
        steps.append(Step(Kind.BAKE, new, seconds=choices.bake, checks=BAKE))
    return tuple(steps) + _leave(old, options)


def close_preview(serving: str, idle: str) -> t.Tuple[Step, ...]:
    """Close a header route that an earlier rollout left open, before anything is done to the pool that it leads to."""
    return (Step(Kind.SHIFT, serving, shares={serving: WHOLE, idle: 0}), Step(Kind.DRAIN, idle))


def rollback(old: str, new: str, instant: bool, options: Options) -> t.Tuple[Step, ...]:
    """Back to the release on *new*; *instant*, without another check, when its instances served a short while ago."""
    start = () if instant else (Step(Kind.DEPLOY, new), Step(Kind.VALIDATE, new, checks=READY))
    return start + (
        Step(Kind.SHIFT, new, shares={old: 0, new: WHOLE}),
        *_leave(old, options),
    )


def _leave(old: str, options: Options) -> t.Tuple[Step, ...]:
    drained = (Step(Kind.DRAIN, old),)
    if options.warm < 0:
        return drained
    warm = (Step(Kind.WARM, old, seconds=options.warm),) if options.warm > 0 else ()
    return drained + warm + (Step(Kind.RETIRE, old),)
