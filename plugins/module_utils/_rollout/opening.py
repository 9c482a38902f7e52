# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each command with which a run opens makes of the rollout that the journal has.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._rollout import begin, commands
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.errors import NoRollout, RolloutActive
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import (
    Rollout,
    World,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.operator_requests import can_give_way
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.steps import ROLLBACK
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.toggle_ramp import ToggleRamp
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.users import Users

Opening = t.Callable[[t.Optional[Rollout], World], t.Union[Rollout, begin.Unchanged]]
"""What a command makes of the current rollout and the world."""


def begin_or_resume(wanted: begin.Delivery, fleet: begin.Fleet, supersede: bool = False) -> Opening:
    """Begin a rollout; the same one under way is resumed instead.

    :param supersede: take the place of another one under way, where traffic can still go back from it
    """

    def opening(current: t.Optional[Rollout], world: World) -> t.Union[Rollout, begin.Unchanged]:
        begin.check_names(wanted.app, wanted.release)
        if current is None or current.status.ended:
            return begin.begin_delivery(wanted, fleet, world)
        if current.to_release == wanted.release and current.strategy == wanted.strategy.name:
            return commands.resume(current, world)
        if supersede and current.in_one_pool == wanted.strategy.in_one_pool and can_give_way(current, world):
            if begin.release_before(current, fleet) == wanted.release:
                return commands.roll_back(current, world)
            return begin.begin_in_place_of(current, wanted, fleet, world)
        raise _still_active(current)

    return opening


def begin_ramp_or_resume(wanted: begin.Delivery, ramp: ToggleRamp, seen: t.Mapping[str, Users]) -> Opening:
    """Begin a ramp; the same one under way is resumed instead.

    :param seen: who has the toggle's variant now
    """

    def opening(current: t.Optional[Rollout], world: World) -> t.Union[Rollout, begin.Unchanged]:
        if current is None or current.status.ended:
            return begin.begin_ramp(wanted, ramp, seen, world)
        if current.to_release == wanted.release and current.strategy == wanted.strategy.name:
            return commands.resume(current, world)
        raise _still_active(current)

    return opening


def roll_back(wanted: begin.Delivery) -> Opening:
    """Turn the active rollout round, or begin one back to the release before the last."""

    def opening(current: t.Optional[Rollout], world: World) -> t.Union[Rollout, begin.Unchanged]:
        if current is not None and not current.status.ended:
            return (commands.return_again if current.strategy == ROLLBACK else commands.roll_back)(current, world)
        return begin.begin_rollback(current, wanted, world)

    return opening


def resume(current: t.Optional[Rollout], world: World) -> t.Union[Rollout, begin.Unchanged]:
    """Carry the current rollout on; an ended one stays as it is."""
    if current is None:
        return begin.Unchanged("the app has no rollout")
    resumed = commands.resume(current, world)
    if resumed.status.ended:
        return begin.Unchanged("rollout {0} has ended: {1}".format(current.id, current.status.value))
    return resumed


def promote(full: bool) -> Opening:
    """Accept the step at which the rollout waits; *full*, everything that would judge the release later too."""

    def opening(current: t.Optional[Rollout], world: World) -> Rollout:
        return commands.promote(_active(current), world, full)

    return opening


def abandon(current: t.Optional[Rollout], world: World) -> Rollout:
    """End the rollout with the world as it is."""
    return commands.abandon(_active(current), world)


def _active(current: t.Optional[Rollout]) -> Rollout:
    if current is None or current.status.ended:
        raise NoRollout("no rollout is under way")
    return current


def _still_active(current: Rollout) -> RolloutActive:
    return RolloutActive(
        "rollout {0} to {1} is {2}: {3}".format(
            current.id, current.to_release, current.status.value, current.reason or "not ended"
        )
    )
