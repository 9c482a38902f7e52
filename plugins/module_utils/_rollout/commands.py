# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator can ask of a rollout that was begun.

PRIVATE to the collection. Pure. Each command returns the rollout from which
``machine.decide`` goes on, so a crash, a manual gate and a job that must not
sit waiting are all continued in the same way.
"""

from __future__ import annotations

import dataclasses

from ansible_collections.progressive.delivery.plugins.module_utils._rollout import batches
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.begin import serving_pool
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.errors import (
    Irreversible,
    NoRollout,
    NotPaused,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import (
    RETIRING,
    WATCHES,
    Kind,
    Pause,
    Rollout,
    Status,
    World,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.moves import (
    abort,
    at_its_start,
    at_step,
    must_stay,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.steps import (
    give_all,
    rollback,
    unjudged,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.toggles import PUTTING_BACK


def resume(rollout: Rollout, world: World) -> Rollout:
    """Carry on where the last run stopped: after a crash, a pause, or a fault that is mended.

    A gate stays shut (only ``promote`` opens it), and an irreversible release
    stays frozen. An ended rollout whose warm time is over goes on to retire
    the old pool.
    """
    if rollout.status.ended:
        return _resume_ended(rollout, world)
    awake = _awake(rollout, world, "resume")
    if rollout.status is Status.PAUSED and rollout.pause is not Pause.GATE:
        return dataclasses.replace(awake, status=Status.RUNNING, pause=None, reason="")
    if rollout.status is Status.FROZEN and not rollout.irreversible and rollout.from_release is not None:
        return dataclasses.replace(awake, status=Status.ABORTING)
    return awake


def promote(rollout: Rollout, world: World, full: bool = False) -> Rollout:
    """Accept the step at which the rollout is paused or frozen, and go on.

    Only checks and gates are accepted this way: a deploy or a shift that did
    not happen is done again, and so is the last shift when somebody else moved
    the traffic since. What analyses have seen stays, but for that of one that
    has come to the verdict that is accepted.

    :param full: take every later gate, promotion check and bake out of the plan
    :raises NotPaused: when it is neither
    """
    if rollout.status not in (Status.PAUSED, Status.FROZEN):
        raise NotPaused("rollout {0} is {1}".format(rollout.id, rollout.status.value))
    step = rollout.step
    judged = rollout.pause in (Pause.GATE, Pause.INCONCLUSIVE) or rollout.status is Status.FROZEN
    passes = judged and step is not None and step.kind in (Kind.GATE, Kind.VALIDATE, *WATCHES)
    running = dataclasses.replace(
        _awake(rollout, world, "promote in full" if full else "promote"),
        status=Status.RUNNING,
        pause=None,
        reason="",
        unwound=(),
    )
    if judged and (rollout.background or {}).get("ended"):
        # What the background said is accepted, so that it does not say it again at the next look. Otherwise it was not what was doubtful.
        running = dataclasses.replace(running, background=None, background_open=False)
    undone = {RETIRING, PUTTING_BACK}.intersection(rollout.unwound)
    if undone or any(name.startswith(batches.DEPLOYED) for name in rollout.unwound):
        # Its instances may be stopped, or hosts may have the earlier release or toggle again, so the plan begins again.
        running = at_its_start(dataclasses.replace(running, position=0, reached=running.furthest, seen_before={}))
    elif passes and running.awaits_background and not rollout.closed and not full:
        # What the step watches for itself is accepted; the background, which was not heard, is still to say something.
        running = dataclasses.replace(running, closed=True)
    elif passes:
        others = {index: seen for index, seen in running.seen_before.items() if index != str(rollout.position)}
        unheard = running.background_open and not rollout.closed
        accepted = dataclasses.replace(running, analysis=None, seen_before=others, background_open=unheard)
        running = at_step(accepted, rollout.position + 1)
    elif rollout.pause is Pause.WORLD and _is_moved_by_others(rollout, world):
        running = at_step(running, _last_shift(rollout))
    if full:
        steps = unjudged(running.steps, running.position)
        running = dataclasses.replace(running, steps=steps, seen_before={}, closed=False, background_open=False)
    return running


def roll_back(rollout: Rollout, world: World) -> Rollout:
    """Turn an unfinished rollout round.

    :raises Irreversible: once an irreversible release has had traffic
    :raises NoRollout: when it has ended
    """
    if rollout.status.ended:
        raise NoRollout("rollout {0} has ended: {1}".format(rollout.id, rollout.status.value))
    if must_stay(rollout, world):
        raise Irreversible("release {0} was declared irreversible and has had traffic".format(rollout.to_release))
    awake = _awake(rollout, world, "rollback")
    if rollout.status is Status.ABORTING:
        return awake
    return abort(awake, "an operator asked for a rollback", world)


def return_again(rollout: Rollout, world: World) -> Rollout:
    """Carry on a rollout that is itself the way back; one that has turned round, or is frozen, is begun anew.

    Where somebody has given traffic to the pool to which it is to deploy, that goes back to the other one first. Where somebody
    has moved traffic since its last shift, that is done again.
    """
    if rollout.status not in (Status.ABORTING, Status.FROZEN):
        resumed = resume(rollout, world)
        if _last_shift(rollout) < rollout.position and _is_moved_by_others(rollout, world):
            return at_step(resumed, _last_shift(rollout))
        if not _is_in_the_way(rollout, world):
            return resumed
        done, ahead = rollout.steps[: rollout.position], rollout.steps[rollout.position :]
        return dataclasses.replace(resumed, steps=(*done, *give_all(rollout.old_pool, rollout.new_pool), *ahead))
    # Nothing is deployed to a pool that has part of the traffic; one that has none may have been stopped meanwhile.
    started = world.highest_share(rollout.new_pool) > 0
    steps = rollback(rollout.old_pool, rollout.new_pool, started, rollout.options)
    return dataclasses.replace(
        _awake(rollout, world, "rollback"),
        status=Status.RUNNING,
        pause=None,
        reason="",
        position=0,
        reached=rollout.furthest,
        analysis=None,
        closed=False,
        steps=rollout.steps if batches.in_batches(rollout) or rollout.ramps else steps,
        unwound=(),
    )


def _is_in_the_way(rollout: Rollout, world: World) -> bool:
    """Whether a deploy to a whole pool waits, as that pool has traffic."""
    step = rollout.step
    if rollout.status is not Status.PAUSED or rollout.pause is not Pause.WORLD or step is None:
        return False
    return step.kind is Kind.DEPLOY and not step.hosts and world.highest_share(step.pool) > 0


def abandon(rollout: Rollout, world: World) -> Rollout:
    """End the rollout with the world as it is, which must be sound.

    :raises TrafficUnclear: while no pool takes all traffic
    :raises NoRollout: when it has ended
    """
    if rollout.status.ended:
        raise NoRollout("rollout {0} has ended: {1}".format(rollout.id, rollout.status.value))
    if rollout.ramps:
        left = "toggle {0} stays as it is".format(rollout.ramps)
    else:
        is_elsewhere = rollout.in_one_pool and not world.splits
        left = "pool {0} serves".format(rollout.lands_on if is_elsewhere else serving_pool(world, list(rollout.pools)))
    reason = "abandoned by an operator; {0}".format(left)
    ended = dataclasses.replace(
        rollout,
        status=Status.ABANDONED,
        reason=reason,
        ended_at=world.now,
        intent=None,
        request=None,
        request_by="",
        pause=None,
    )
    return ended.noting(world.now, "end", reason)


def _is_moved_by_others(rollout: Rollout, world: World) -> bool:
    """Whether a balancer carries out what this rollout has not set, which is told only when all of them can be read."""
    last = _last_shift(rollout)
    asked = [
        step
        for step in rollout.steps[last : last + 1] + rollout.steps[rollout.position :][:1]
        if step.kind is Kind.SHIFT
    ]
    each = [World(world.now, {name: split}) for name, split in world.splits.items()]
    return not world.unreadable and not all(any(one.agrees(shift) for shift in asked) for one in each)


def _last_shift(rollout: Rollout) -> int:
    """The position of the last shift up to the present step; the present one where there was none."""
    shifts = [index for index in range(rollout.position) if rollout.steps[index].kind is Kind.SHIFT]
    return shifts[-1] if shifts else rollout.position


def _resume_ended(rollout: Rollout, world: World) -> Rollout:
    step = rollout.step
    warm = rollout.status is Status.SUCCEEDED and step is not None and step.kind is Kind.WARM
    if warm and step is not None and world.now >= (rollout.ended_at or 0.0) + step.seconds:
        return dataclasses.replace(_awake(rollout, world, "resume"), status=Status.RUNNING)
    return rollout


def _awake(rollout: Rollout, world: World, command: str) -> Rollout:
    """The rollout at the start of a new run: nothing vouched for, no time baked, the interrupted action noted.

    What an analysis has seen stays: begun anew, it would have a further chance of a false alarm.
    """
    # Whether there are hosts enough is asked anew.
    unwound = tuple(name for name in rollout.unwound if not name.startswith((batches.SHORT, batches.SPARE)))
    awake = dataclasses.replace(
        rollout,
        unwound=unwound,
        intent=None,
        vouched=(),
        attempts=0,
        errors=0,
        request=None,
        request_step=None,
        request_by="",
        baking_since=None,
        closed=rollout.closed and rollout.awaits_background,
        progress_at=world.now,
    )
    if rollout.request is not None:
        said = "{0} was asked of the run before, which ended without hearing it".format(rollout.request)
        awake = awake.noting(world.now, "refused", said)
    if rollout.intent is not None:
        awake = awake.noting(world.now, "interrupted", "the run ended before a report came", rollout.intent)
    return awake.noting(world.now, "command", command)
