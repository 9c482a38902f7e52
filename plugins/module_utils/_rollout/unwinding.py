# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way back of a rollout: what is to be done next while it is aborting, and what came of it.

PRIVATE to the collection. Pure. First all traffic goes to the old pool, then
the hosts that were changed in batches get the earlier release again.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._rollout import batches, toggles
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import (
    Action,
    Kind,
    Outcome,
    Result,
    Rollout,
    Status,
    Step,
    World,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.moves import (
    Proposal,
    cannot_read,
    does_not,
    finish,
    freeze,
    with_name,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.parts import part
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.steps import READY


def unwind(rollout: Rollout, world: World) -> Proposal:
    back = None if rollout.in_one_pool else _unwind_traffic(rollout, world)
    if back is not None:
        return back
    if world.unreadable:
        return _give_up(rollout, cannot_read(world))
    for _name, toggle in toggles.to_put_back(rollout):
        return Action(0, Kind.TOGGLE, toggle.pool, toggle=toggle.toggle, was=toggle.was, opens=False)
    undone = _unwind_batches(rollout, world)
    if undone is not None or rollout.in_one_pool:
        return undone or finish(rollout, Status.ROLLED_BACK, world)
    if (rollout.shifted or rollout.supersedes or _reached_early(rollout)) and "drain" not in rollout.unwound:
        return Action(0, Kind.DRAIN, rollout.new_pool)
    if rollout.options.stop_on_abort and "retire" not in rollout.unwound:
        return Action(0, Kind.RETIRE, rollout.new_pool)
    return finish(rollout, Status.ROLLED_BACK, world)


def _unwind_traffic(rollout: Rollout, world: World) -> t.Optional[Proposal]:
    """How all traffic comes back to the old pool; None when it is there."""
    old = rollout.old_pool
    others = [pool for pool in rollout.pools if pool != old]
    if any(split.header is not None or split.touches.intersection(others) for split in world.readable):
        if rollout.attempts >= rollout.options.attempts:
            return _give_up(rollout, "traffic could not be moved back in {0} tries".format(rollout.attempts))
        if any(world.highest_share(pool) > 0 for pool in others):
            if _needs_deploy(rollout, world):
                return Action(0, Kind.DEPLOY, old, release=rollout.from_release or "")
            if old not in rollout.vouched:
                return Action(0, Kind.VALIDATE, old, floor=batches.rest_of(rollout, old), checks=READY)
        return Action(0, Kind.SHIFT, old, floor=batches.rest_of(rollout, old), shares=rollout.all_on(old))
    return None


def _unwind_batches(rollout: Rollout, world: World) -> t.Optional[Proposal]:
    """How the hosts that were changed get the earlier release again; None when they have it."""
    for batch in batches.touched(rollout):
        name = batches.name(batch)
        if batches.UNDONE + name in rollout.unwound:
            continue
        if batches.DEPLOYED + name not in rollout.unwound:
            spared = _spare_to_undo(rollout, batch, world)
            return spared or Action(0, Kind.DEPLOY, batch.pool, batch.hosts, release=rollout.from_release or "")
        if name not in rollout.vouched:
            return Action(0, Kind.VALIDATE, batch.pool, batch.hosts, checks=READY)
        if not world.any_out(batch.pool, batch.hosts):
            return dataclasses.replace(
                rollout, attempts=0, unwound=with_name(rollout.unwound, batches.UNDONE + name), vouched=()
            )
        if rollout.attempts >= rollout.options.attempts:
            return _give_up(rollout, does_not("put back", batch, rollout))
        return Action(0, Kind.PUT_BACK, batch.pool, batch.hosts)
    return None


def _spare_to_undo(rollout: Rollout, batch: Step, world: World) -> t.Optional[Proposal]:
    """What is to be done before *batch* can be put back; where too few others are healthy, it can when it is ill itself."""
    name, others = batches.name(batch), batches.others(rollout, batch)
    if batch.floor and part(batch.pool, others) not in rollout.vouched and batches.SPARE + name not in rollout.unwound:
        if batches.SHORT + name in rollout.unwound:
            return Action(0, Kind.VALIDATE, batch.pool, batch.hosts, 1, checks=READY)
        return Action(0, Kind.VALIDATE, batch.pool, others, batch.floor, checks=READY)
    if world.all_out(batch.pool, batch.hosts):
        return None
    if rollout.attempts >= rollout.options.attempts:
        return _give_up(rollout, does_not("take out", batch, rollout))
    return Action(0, Kind.TAKE_OUT, batch.pool, batch.hosts)


def _reached_early(rollout: Rollout) -> bool:
    """Whether a header route, copies of requests, or traffic for the old release led to the new pool."""
    return any(
        step.header is not None or step.mirror or (step.shares or {}).get(rollout.new_pool)
        for step in rollout.steps[: rollout.furthest + 1]
    )


def _needs_deploy(rollout: Rollout, world: World) -> bool:
    """Whether the old pool may have been retired before the rollout turned round, and may be touched."""
    reached = rollout.steps[: rollout.furthest + 1]
    retired = any(step.kind is Kind.RETIRE and step.pool == rollout.old_pool for step in reached)
    idle = not world.unreadable and world.highest_share(rollout.old_pool) == 0
    return retired and idle and "deploy" not in rollout.unwound


def _give_up(rollout: Rollout, why: str) -> Action:
    """End the run with the abort unfinished; the next ``resume`` or ``rollback`` goes on from here."""
    return Action(0, Kind.END, result=rollout.status.value, reason="{0}; {1}".format(rollout.reason, why))


def record_unwinding(rollout: Rollout, action: Action, outcome: Outcome, world: World) -> Rollout:
    good = outcome.result is Result.SUCCEEDED
    if action.kind is Kind.VALIDATE:
        if action.hosts and action.floor:
            return _record_floor(rollout, action, good, world)
        if good:
            return dataclasses.replace(rollout, vouched=with_name(rollout.vouched, part(action.pool, action.hosts)))
        reason = "{0}; pool {1} is not healthy either: {2}".format(rollout.reason, action.pool, outcome.reason)
        return freeze(rollout, reason, world)
    if action.kind in (Kind.SHIFT, Kind.TAKE_OUT, Kind.PUT_BACK):
        return dataclasses.replace(rollout, attempts=rollout.attempts + 1)
    if action.kind is Kind.DEPLOY and not good:
        reason = "{0}; {1} could not be put back on pool {2}: {3}".format(
            rollout.reason, action.release, action.pool, outcome.reason
        )
        return freeze(rollout, reason, world)
    if action.kind is Kind.TOGGLE:
        if not good:
            return freeze(
                rollout, "{0}; a toggle could not be put back: {1}".format(rollout.reason, outcome.reason), world
            )
        name, _toggle = toggles.to_put_back(rollout)[0]
        if rollout.ramps:
            rollout = rollout.giving(rollout.splits_seen[0].shares, world.now)
        return dataclasses.replace(rollout, unwound=with_name(rollout.unwound, name))
    done = batches.DEPLOYED + part(action.pool, action.hosts) if action.hosts else action.kind.value
    return dataclasses.replace(rollout, attempts=0, unwound=with_name(rollout.unwound, done))


def _record_floor(rollout: Rollout, action: Action, good: bool, world: World) -> Rollout:
    """Whether a batch can be taken out on the way back: since enough others are healthy, or since it is no loss."""
    batch = next(
        batch for batch in batches.touched(rollout) if batches.UNDONE + batches.name(batch) not in rollout.unwound
    )
    name = batches.name(batch)
    if action.hosts != batch.hosts:
        if good:
            return dataclasses.replace(rollout, vouched=with_name(rollout.vouched, part(action.pool, action.hosts)))
        return dataclasses.replace(rollout, unwound=with_name(rollout.unwound, batches.SHORT + name))
    if not good:
        return dataclasses.replace(rollout, unwound=with_name(rollout.unwound, batches.SPARE + name))
    reason = "{0}; {1} cannot be taken out to get {2} again, as too few others of pool {3} are healthy".format(
        rollout.reason, ", ".join(batch.hosts), rollout.from_release, batch.pool
    )
    return freeze(rollout, reason, world)
