# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state machine of a rollout: (journal, observed world) -> next action.

PRIVATE to the collection. Pure. ``decide`` says what to do next, ``record``
takes in what came of it; both return a new :class:`Rollout` to be written to
the journal *before* anything outside is touched. The laws that hold for every
history are stated and tested in
``tests/unit/plugins/module_utils/_rollout/test_laws.py``.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._rollout import batches, toggles
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import (
    RETIRING,
    WATCHES,
    Action,
    Kind,
    Outcome,
    Pause,
    Result,
    Rollout,
    Status,
    Step,
    World,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.moves import (
    Proposal,
    abort,
    cannot_read,
    does_not,
    end_watch,
    finish,
    freeze,
    next_step,
    pause,
    with_name,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.operator_requests import heed
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.parts import is_of, part
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.steps import BAKE, READY
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.unwinding import record_unwinding, unwind
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.words import describe


def decide(rollout: Rollout, world: World) -> t.Tuple[Rollout, Action]:
    """The next action, and the rollout with that action as its intent.

    The action ``end`` means that this run is over; its ``result`` is the
    status in which the rollout is left. Every pass moves the position up or
    the status towards an end, so this ends.
    """
    if rollout.ramps:
        world = dataclasses.replace(world, splits={})
    current = heed(rollout.seeing(world), world)
    while True:
        proposal = _BY_STATUS[current.status](current, world)
        if isinstance(proposal, Action):
            return _intend(current, proposal, world)
        current = proposal


def record(rollout: Rollout, seq: int, outcome: Outcome, world: World) -> Rollout:
    """The rollout after the action *seq* ended with *outcome*.

    :raises InvalidOption: when that action is not the one under way
    """
    action = action_under_way(rollout, seq)
    outcome = _with_verdict(action, outcome)
    text = "{0}: {1}".format(outcome.result.value, outcome.reason) if outcome.reason else outcome.result.value
    judged = rollout.judging(action, outcome, world.now)
    noted = dataclasses.replace(judged.noting(world.now, "outcome", text, action), intent=None)
    if outcome.result is Result.ERROR:
        return _count_error(_not_watched(noted, action, world), outcome, world)
    noted = dataclasses.replace(noted, errors=0)
    noted = _keeping(noted, action, outcome)
    if rollout.status is Status.ABORTING:
        return record_unwinding(noted, action, outcome, world)
    if outcome.killed and rollout.ramps:
        return abort(noted, "somebody has killed the toggle {0}".format(rollout.ramps), world)
    if outcome.result is Result.INCONCLUSIVE:
        return pause(noted, Pause.INCONCLUSIVE, outcome.reason, world)
    if outcome.result is Result.FAILED and action.kind is Kind.VALIDATE and action.floor:
        return pause(noted, Pause.WORLD, "too few hosts would be left: {0}".format(outcome.reason), world)
    if outcome.result is Result.FAILED and action.kind not in (Kind.DRAIN, Kind.RETIRE):
        return abort(noted, "{0} failed: {1}".format(action.kind.value, outcome.reason), world)
    if action.kind in (Kind.DEPLOY, Kind.VALIDATE) and _is_late(noted, world):
        return _abort_late(noted, action.kind, world)
    return _record_progress(noted, action, outcome, world)


def _keeping(noted: Rollout, action: Action, outcome: Outcome) -> Rollout:
    """The rollout with what its later actions are to know."""
    if outcome.analysis is not None and action.kind is Kind.ANALYSE:
        noted = dataclasses.replace(noted, analysis=outcome.analysis)
    if outcome.background is not None and action.background:
        noted = dataclasses.replace(noted, background=outcome.background)
    if outcome.was is not None and action.kind is Kind.TOGGLE and action.opens:
        noted = dataclasses.replace(noted, toggled={**noted.toggled, str(noted.position): outcome.was})
    if action.kind is Kind.BACKUP:
        noted = dataclasses.replace(noted, backups={**noted.backups, **outcome.backups})
    if outcome.offsets is not None and action.learns:
        noted = dataclasses.replace(noted, offsets={**noted.offsets, action.analysis: outcome.offsets})
    return noted


def _with_verdict(action: Action, outcome: Outcome) -> Outcome:
    """The outcome, an error where an analysis has ended without a verdict."""
    if action.kind is Kind.ANALYSE and action.closes and outcome.result is Result.SUCCEEDED and not outcome.decided:
        return dataclasses.replace(outcome, result=Result.ERROR, reason="the analysis ended without a verdict")
    return outcome


def action_under_way(rollout: Rollout, seq: int) -> Action:
    """The rollout's intent, when it is the action *seq*.

    :raises InvalidOption: when another action, or none, is under way
    """
    action = rollout.intent
    if action is None or action.seq != seq:
        under_way = "none" if action is None else str(action.seq)
        raise InvalidOption("seq: it is {0}, but the action under way is {1}".format(seq, under_way))
    return action


# -- what to do next, by status ------------------------------------------------


def _run(rollout: Rollout, world: World) -> Proposal:
    step = rollout.step
    if step is None:
        return _succeed(rollout, world)
    if step.kind in (Kind.DEPLOY, Kind.PUT_BACK, Kind.VALIDATE, Kind.SHIFT) and _is_late(rollout, world):
        return _abort_late(rollout, step.kind, world)
    return _STEPS[step.kind](rollout, step, world)


def _deploy(rollout: Rollout, step: Step, world: World) -> Proposal:
    if world.unreadable:
        return pause(rollout, Pause.WORLD, cannot_read(world), world)
    release = step.release or rollout.to_release
    if step.hosts:
        return _spare(rollout, step, world) or Action(0, Kind.DEPLOY, step.pool, step.hosts, release=release)
    if world.highest_share(step.pool) > 0 and rollout.from_release is not None:
        reason = "pool {0} takes traffic already, so nothing is deployed to it".format(step.pool)
        return pause(rollout, Pause.WORLD, reason, world)
    return Action(0, Kind.DEPLOY, step.pool, release=release)


def _spare(rollout: Rollout, batch: Step, world: World) -> t.Optional[Proposal]:
    """What is to be done before *batch* can be changed; None when enough others are healthy and nothing goes to it."""
    others = batches.others(rollout, batch)
    if batch.floor and part(batch.pool, others) not in rollout.vouched:
        return Action(0, Kind.VALIDATE, batch.pool, others, batch.floor, checks=READY)
    if world.all_out(batch.pool, batch.hosts):
        return None
    if rollout.attempts >= rollout.options.attempts:
        return abort(rollout, does_not("take out", batch, rollout), world)
    return Action(0, Kind.TAKE_OUT, batch.pool, batch.hosts)


def _put_back(rollout: Rollout, step: Step, world: World) -> Proposal:
    if world.unreadable:
        return pause(rollout, Pause.WORLD, cannot_read(world), world)
    if batches.name(step) not in rollout.vouched:
        return Action(0, Kind.VALIDATE, step.pool, step.hosts, checks=READY)
    if not world.any_out(step.pool, step.hosts):
        return next_step(rollout, world)
    if rollout.attempts >= rollout.options.attempts:
        return abort(rollout, does_not("put back", step, rollout), world)
    return Action(0, Kind.PUT_BACK, step.pool, step.hosts)


def _validate(rollout: Rollout, step: Step, world: World) -> Proposal:
    return Action(0, Kind.VALIDATE, step.pool, checks=step.checks)


def _tasks(rollout: Rollout, step: Step, world: World) -> Proposal:
    return Action(0, Kind.TASKS, step.pool, file=step.file)


def _toggle(rollout: Rollout, step: Step, world: World) -> Proposal:
    if step.was is not None:
        return Action(0, Kind.TOGGLE, step.pool, toggle=step.toggle, was=step.was, opens=False)
    known = str(rollout.position) in rollout.toggled
    return Action(0, Kind.TOGGLE, step.pool, toggle=step.toggle, opens=not known, closes=known)


def _backup(rollout: Rollout, step: Step, world: World) -> Proposal:
    if rollout.reached > rollout.position:
        # The plan began again; what a release may have done to the data since is not to be taken for what was before it.
        return next_step(rollout.noting(world.now, "observed", "the data was saved before anything was changed"), world)
    return Action(0, Kind.BACKUP, step.pool)


def _gate(rollout: Rollout, step: Step, world: World) -> Proposal:
    return pause(rollout, Pause.GATE, "waiting for promotion", world)


def _shift(rollout: Rollout, step: Step, world: World) -> Proposal:
    shares = step.shares or {}
    if world.agrees(step):
        return next_step(rollout.noting(world.now, "observed", "every balancer carries out the split"), world)
    if world.unreadable:
        done = any(split.shares.get(step.pool) == shares.get(step.pool) for split in world.readable)
        if done and shares.get(step.pool, 0) > 0:
            return abort(rollout, "some balancers shifted, and " + cannot_read(world), world)
        return pause(rollout, Pause.WORLD, cannot_read(world), world)
    if rollout.attempts >= rollout.options.attempts:
        return abort(
            rollout, "the balancers do not carry out the split after {0} tries".format(rollout.attempts), world
        )
    gains = [pool for pool, share in shares.items() if any(share > split.share(pool) for split in world.readable)]
    gains += [step.header] if step.header else []
    gains += [step.pool] if step.mirror else []
    unknown = [pool for pool in gains if pool not in rollout.vouched]
    if unknown:
        return Action(0, Kind.VALIDATE, unknown[0], floor=step.floor, checks=READY)
    return Action(0, Kind.SHIFT, step.pool, floor=step.floor, shares=shares, header=step.header, mirror=step.mirror)


def _watch(rollout: Rollout, step: Step, world: World) -> Proposal:
    if world.unreadable:
        return pause(rollout, Pause.WORLD, cannot_read(world), world)
    split = _split_before(rollout)
    if split is not None and not world.agrees(split):
        reason = "the split is not the one this rollout set: someone else moved traffic"
        return pause(rollout, Pause.WORLD, reason, world)
    since = world.now if rollout.baking_since is None else rollout.baking_since
    left = since + step.seconds - world.now
    if rollout.baking_since is None:
        return dataclasses.replace(rollout, baking_since=since)
    is_over = rollout.closed or (step.kind is Kind.BAKE and step.seconds <= 0)
    if is_over and not rollout.awaits_background:
        return next_step(rollout, world)
    # What is over time has to be closed still, and an analysis asked for its verdict: without one nothing goes on.
    closes = left <= rollout.options.bake_slice and not is_over
    looks_later = any(later.background for later in rollout.steps[rollout.position + 1 :])
    return Action(
        0,
        Kind.BAKE if is_over else step.kind,
        step.pool,
        step.hosts or (batches.with_release(rollout) if rollout.in_one_pool else ()),
        baseline=rollout.baseline_pool or rollout.old_pool,
        seconds=0.0 if is_over else max(0.0, min(left, rollout.options.bake_slice)),
        checks=step.checks or (BAKE if is_over else ""),
        analysis="" if is_over else step.analysis,
        learns=step.learns and not is_over,
        background=step.background,
        opens=left >= step.seconds and not is_over,
        closes=closes,
        ends_background=bool(step.background) and (closes or is_over) and not looks_later,
    )


def _drain(rollout: Rollout, step: Step, world: World) -> Proposal:
    return _when_idle(rollout, step.pool, world) or Action(0, Kind.DRAIN, step.pool)


def _warm(rollout: Rollout, step: Step, world: World) -> Proposal:
    ended_at = rollout.ended_at
    if ended_at is not None and world.now >= ended_at + step.seconds:
        return next_step(rollout, world)
    return _succeed(rollout, world)


def _retire(rollout: Rollout, step: Step, world: World) -> Proposal:
    return _when_idle(rollout, step.pool, world) or Action(0, Kind.RETIRE, step.pool)


def _succeed(rollout: Rollout, world: World) -> Proposal:
    for pool in rollout.pools:
        busy = _when_idle(rollout, pool, world) if pool != rollout.lands_on else None
        if busy is not None:
            return busy
    return finish(rollout, Status.SUCCEEDED, world)


def _when_idle(rollout: Rollout, pool: str, world: World) -> t.Optional[Rollout]:
    """None when no balancer sends *pool* anything, else the rollout paused: capacity never goes before traffic."""
    if world.unreadable:
        return pause(rollout, Pause.WORLD, cannot_read(world), world)
    if world.highest_share(pool) > 0:
        reason = "pool {0} takes traffic again: someone else moved it".format(pool)
        return pause(rollout, Pause.WORLD, reason, world)
    return None


def _rest(rollout: Rollout, world: World) -> Proposal:
    return Action(0, Kind.END, result=rollout.status.value, reason=rollout.reason)


_BY_STATUS: t.Mapping[Status, t.Callable[[Rollout, World], Proposal]] = {
    Status.RUNNING: _run,
    Status.ABORTING: unwind,
    Status.PAUSED: _rest,
    Status.FROZEN: _rest,
    Status.SUCCEEDED: _rest,
    Status.ROLLED_BACK: _rest,
    Status.ABANDONED: _rest,
}

_STEPS: t.Mapping[Kind, t.Callable[[Rollout, Step, World], Proposal]] = {
    Kind.DEPLOY: _deploy,
    Kind.VALIDATE: _validate,
    Kind.GATE: _gate,
    Kind.SHIFT: _shift,
    Kind.BAKE: _watch,
    Kind.ANALYSE: _watch,
    Kind.TASKS: _tasks,
    Kind.DRAIN: _drain,
    Kind.WARM: _warm,
    Kind.RETIRE: _retire,
    Kind.PUT_BACK: _put_back,
    Kind.TOGGLE: _toggle,
    Kind.BACKUP: _backup,
}


# -- what came of it -----------------------------------------------------------


def _record_progress(rollout: Rollout, action: Action, outcome: Outcome, world: World) -> Rollout:
    moved = dataclasses.replace(rollout, progress_at=world.now)
    step = rollout.step
    if action.kind is Kind.VALIDATE:
        moved = dataclasses.replace(moved, vouched=with_name(moved.vouched, part(action.pool, action.hosts)))
        planned = step is not None and step.kind is Kind.VALIDATE and step.pool == action.pool
        return next_step(moved, world) if planned else moved
    if action.kind in (Kind.SHIFT, Kind.TAKE_OUT, Kind.PUT_BACK):
        return dataclasses.replace(moved, attempts=moved.attempts + 1)
    if action.kind is Kind.ANALYSE or action.background or action.kind in (Kind.TASKS, Kind.TOGGLE):
        # It speaks of the release; whether the instances can take more is asked again before they get it.
        moved = dataclasses.replace(moved, vouched=())
    if action.kind is Kind.TOGGLE and not action.closes:
        return moved
    if action.kind is Kind.TOGGLE and rollout.ramps and action.was is None:
        moved = moved.giving(toggles.users_after(action.toggle or {}), world.now)
    if action.ends_background:
        moved = dataclasses.replace(moved, background_open=False)
    if action.kind is Kind.BAKE:
        is_over = action.closes and _is_baked(moved, world)
        return dataclasses.replace(moved, closed=moved.closed or is_over)
    if action.kind is Kind.ANALYSE:
        return end_watch(moved, world) if outcome.decided else moved
    return next_step(moved, world)


def _is_baked(rollout: Rollout, world: World) -> bool:
    """Whether the time of the bake is over; not where its closing action took less than it was to."""
    step, since = rollout.step, rollout.baking_since
    return step is not None and since is not None and world.now >= since + step.seconds


def _not_watched(rollout: Rollout, action: Action, world: World) -> Rollout:
    """A bake lasts longer by the time in which the checks could not be made, an analysis likewise: nobody watched.

    Nor does anybody vouch for what could not be looked at, should the rest of the watch be skipped.
    """
    if action.kind not in WATCHES or rollout.baking_since is None:
        return rollout
    lost = world.now - rollout.progress_at
    return dataclasses.replace(rollout, baking_since=rollout.baking_since + lost, progress_at=world.now, vouched=())


def _count_error(rollout: Rollout, outcome: Outcome, world: World) -> Rollout:
    errors = rollout.errors + 1
    counted = dataclasses.replace(rollout, errors=errors)
    if errors <= rollout.options.error_limit:
        return counted
    reason = "the checks themselves failed {0} times in a row: {1}".format(errors, outcome.reason)
    if rollout.status is Status.ABORTING:
        return freeze(counted, "{0}; {1}".format(rollout.reason, reason), world)
    return pause(counted, Pause.INCONCLUSIVE, reason, world)


# -- small moves ---------------------------------------------------------------


def _intend(rollout: Rollout, proposal: Action, world: World) -> t.Tuple[Rollout, Action]:
    action = dataclasses.replace(proposal, seq=rollout.seq + 1)
    intent = None if action.kind is Kind.END else action
    taken = dataclasses.replace(rollout, seq=action.seq, intent=intent)
    if action.kind in (Kind.DEPLOY, Kind.RETIRE):
        taken = dataclasses.replace(
            taken, vouched=tuple(name for name in taken.vouched if not is_of(action.pool, name))
        )
    if action.kind is Kind.RETIRE and rollout.status is Status.ABORTING:
        taken = dataclasses.replace(taken, unwound=with_name(taken.unwound, RETIRING))
    if action.kind is Kind.TOGGLE and rollout.status is Status.ABORTING:
        taken = dataclasses.replace(taken, unwound=with_name(taken.unwound, toggles.PUTTING_BACK))
    if _serves_by(rollout, action, world):
        taken = dataclasses.replace(taken, shifted=True)
    if action.background:
        taken = dataclasses.replace(taken, background_open=True)
    return taken.noting(world.now, "intent", describe(action), action), action


def _serves_by(rollout: Rollout, action: Action, world: World) -> bool:
    """Whether the new release may get requests by *action*."""
    if rollout.status is Status.ABORTING:
        return False
    if action.kind is Kind.SHIFT and (action.shares or {}).get(rollout.new_pool, 0) > 0:
        return any(
            step.kind is Kind.DEPLOY and step.pool == rollout.new_pool and step.release in ("", rollout.to_release)
            for step in rollout.steps[: rollout.position]
        ) or not any(step.kind is Kind.DEPLOY for step in rollout.steps)
    if rollout.ramps:
        return action.kind is Kind.TOGGLE and not action.opens and action.was is None
    # Where no balancer takes hosts out, an instance may serve as soon as it runs.
    return action.kind is Kind.PUT_BACK or (action.kind is Kind.DEPLOY and bool(action.hosts) and not world.splits)


def _split_before(rollout: Rollout) -> t.Optional[Step]:
    """The shift that made the split of now; None before the first."""
    shifts = [step for step in rollout.steps[: rollout.position] if step.kind is Kind.SHIFT]
    return shifts[-1] if shifts else None


def _is_late(rollout: Rollout, world: World) -> bool:
    deadline = rollout.options.progress_deadline
    return deadline > 0 and world.now - rollout.progress_at > deadline


def _abort_late(rollout: Rollout, kind: Kind, world: World) -> Rollout:
    deadline = rollout.options.progress_deadline
    return abort(rollout, "no progress in {0:g} s at step {1}".format(deadline, kind.value), world)
