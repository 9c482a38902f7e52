# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run's hold on a rollout: lock, journal and state machine brought together.

PRIVATE to the collection. A run opens with one command (begin, promote,
rollback, resume), then advances from action to action until the action is
``end``. Every call is one critical section on the state host: read, decide,
write, and only then answer. Nothing is remembered between calls.
"""

from __future__ import annotations

import dataclasses
import time
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._rollout import begin, commands, lock, machine
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.errors import (
    LockHeld,
    NoRollout,
    RolloutActive,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.journal import Journal
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import (
    Action,
    Kind,
    Outcome,
    Rollout,
    Status,
    World,
)

Opening = t.Callable[[t.Optional[Rollout], World], t.Union[Rollout, begin.Unchanged]]
"""What a command makes of the current rollout and the world."""


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a call tells the run.

    :param before: the rollout before the call; None when there was none
    :param rollout: the rollout now; None when the app has none
    :param action: what to do next
    """

    before: t.Optional[Rollout]
    rollout: t.Optional[Rollout]
    action: Action


def acquire(journal: Journal, wanted: lock.Lock, take_over: bool, wait: float, ask: t.Optional[str]) -> lock.Lock:
    """Take the app's lock, so that what is observed from now on stays true.

    :param wanted: the lock; its times are set when it is taken
    :param take_over: break a live owner's lock
    :param wait: seconds to wait for a lock that another holds
    :param ask: what to ask a running holder for meanwhile: ``rollback``, or None
    :raises LockHeld: by a live owner after the wait
    """
    deadline = time.monotonic() + wait
    while True:
        with journal.guard():
            try:
                return _take(journal, wanted, take_over)
            except LockHeld:
                if time.monotonic() >= deadline:
                    raise
                _ask(journal, ask)
        time.sleep(min(0.5, max(0.0, deadline - time.monotonic())))


def release(journal: Journal, token: str) -> bool:
    """Give the lock back, whatever became of the run; False when it was not this run's."""
    with journal.guard():
        held = journal.lock()
        if held is None or held.token != token:
            return False
        journal.release_lock()
        return True


def open_run(journal: Journal, token: str, world: World, opening: Opening, keep: int) -> Answer:
    """Let *opening* say where the rollout stands, and decide the first action.

    :raises LockLost: when the lock of *token* is not held
    :raises DeliveryError: of the journal or the command; the lock is free again then
    """
    with journal.guard():
        held = _renew(journal, token)
        try:
            before = journal.current()
            opened = opening(before, world)
        except BaseException:
            journal.release_lock()
            raise
        if held.broke and _goes_back_further(before, opened):
            opened = begin.Unchanged(
                "the run that died had begun nothing, so nothing is rolled back; run the rollback playbook again to go "
                "back from the release that serves"
            )
        if isinstance(opened, begin.Unchanged):
            journal.release_lock()
            return _unchanged(before, opened)
        if held.broke:
            opened = opened.noting(world.now, "lock-broken", held.broke)
        return _decide(journal, before, opened, world, keep)


def under_way(journal: Journal, seq: int) -> Action:
    """The action under way, which must be *seq*.

    :raises NoRollout: when the app has no rollout
    :raises InvalidOption: when another action, or none, is under way
    """
    current = journal.current()
    if current is None:
        raise NoRollout("the app has no rollout")
    return machine.action_under_way(current, seq)


def set_aside(journal: Journal, suffix: str) -> t.List[str]:
    """Rename journal files that cannot be read, so that the app is free again; returns their new paths."""
    with journal.guard():
        return journal.set_aside(suffix)


def advance(journal: Journal, token: str, seq: int, outcome: Outcome, world: World, keep: int) -> Answer:
    """Take in what came of the action under way, and decide the next one.

    :raises LockLost: when another run has taken over
    :raises InvalidOption: when the report is for another action
    """
    with journal.guard():
        _renew(journal, token)
        before = journal.current()
        if before is None:
            raise NoRollout("the app's journal is gone")
        return _decide(journal, before, machine.record(before, seq, outcome, world), world, keep)


def request(journal: Journal, what: str) -> Rollout:
    """Ask the run that holds the lock to ``pause`` or to roll back at its next step.

    :raises NoRollout: when nothing is under way
    """
    with journal.guard():
        current = journal.current()
        if current is None or current.status is not Status.RUNNING:
            raise NoRollout("no rollout is running that could {0}".format(what))
        asked = dataclasses.replace(current, request=what).noting(time.time(), "request", what)
        journal.write(asked)
        return asked


def foresee(current: t.Optional[Rollout], world: World, opening: Opening) -> Answer:
    """What :func:`open_run` would answer; writes nothing."""
    opened = opening(current, world)
    if isinstance(opened, begin.Unchanged):
        return _unchanged(current, opened)
    after, action = machine.decide(opened, world)
    return Answer(current, after, action)


def begin_opening(wanted: begin.Delivery, fleet: begin.Fleet) -> Opening:
    """Begin a blue-green rollout; the same one under way is resumed instead."""

    def opening(current: t.Optional[Rollout], world: World) -> t.Union[Rollout, begin.Unchanged]:
        begin.check_names(wanted.app, wanted.release)
        if current is None or current.status.ended:
            return begin.begin_blue_green(wanted, fleet, world)
        if current.to_release == wanted.release and current.strategy == "blue_green":
            return commands.resume(current, world)
        raise RolloutActive(
            "rollout {0} to {1} is {2}: {3}".format(
                current.id, current.to_release, current.status.value, current.reason or "not ended"
            )
        )

    return opening


def rollback_opening(wanted: begin.Delivery) -> Opening:
    """Turn the active rollout round, or begin one back to the release before the last."""

    def opening(current: t.Optional[Rollout], world: World) -> t.Union[Rollout, begin.Unchanged]:
        if current is not None and not current.status.ended:
            if current.strategy == "rollback" and current.status is not Status.FROZEN:
                return commands.resume(current, world)
            return commands.roll_back(current, world)
        return begin.begin_rollback(current, wanted, world)

    return opening


def resume_opening(current: t.Optional[Rollout], world: World) -> t.Union[Rollout, begin.Unchanged]:
    """Carry the current rollout on; an ended one stays as it is."""
    if current is None:
        return begin.Unchanged("the app has no rollout")
    resumed = commands.resume(current, world)
    if resumed.status.ended:
        return begin.Unchanged("rollout {0} has ended: {1}".format(current.id, current.status.value))
    return resumed


def promote_opening(current: t.Optional[Rollout], world: World) -> Rollout:
    """Accept the step at which the rollout waits."""
    return commands.promote(_active(current), world)


def abandon_opening(current: t.Optional[Rollout], world: World) -> Rollout:
    """End the rollout with the world as it is."""
    return commands.abandon(_active(current), world)


def _active(current: t.Optional[Rollout]) -> Rollout:
    if current is None or current.status.ended:
        raise NoRollout("no rollout is under way")
    return current


def _goes_back_further(before: t.Optional[Rollout], opened: t.Union[Rollout, begin.Unchanged]) -> bool:
    """Whether a rollback of a finished delivery was opened, where a rollback of the run that died was meant."""
    if isinstance(opened, begin.Unchanged) or before is None:
        return False
    return opened.strategy == "rollback" and opened.id != before.id


def _take(journal: Journal, wanted: lock.Lock, take_over: bool) -> lock.Lock:
    now = time.time()
    taken = lock.take(journal.lock(), dataclasses.replace(wanted, since=now, seen=now), take_over)
    journal.write_lock(taken)
    return taken


def _renew(journal: Journal, token: str) -> lock.Lock:
    renewed = lock.renew(journal.lock(), token, time.time())
    journal.write_lock(renewed)
    return renewed


def _ask(journal: Journal, what: t.Optional[str]) -> None:
    current = journal.current() if what else None
    if current is not None and current.status is Status.RUNNING and current.request != what:
        journal.write(dataclasses.replace(current, request=what).noting(time.time(), "request", what or ""))


def _decide(journal: Journal, before: t.Optional[Rollout], current: Rollout, world: World, keep: int) -> Answer:
    after, action = machine.decide(current, world)
    journal.write(after, begins=before is None or before.id != after.id)
    if action.kind is not Kind.END:
        return Answer(before, after, action)
    journal.release_lock()
    journal.prune(keep)
    return Answer(before, after, action)


def _unchanged(current: t.Optional[Rollout], unchanged: begin.Unchanged) -> Answer:
    return Answer(current, current, Action(0, Kind.END, result="unchanged", reason=unchanged.reason))
