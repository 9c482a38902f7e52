# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run's hold on a rollout: lock, journal and state machine brought together.

PRIVATE to the collection. A run opens with one command (begin, promote,
rollback, resume, abandon), then advances from action to action until the
action is ``end``. Every call is one critical section on the state host: read,
decide, write, and only then answer. Nothing is remembered between calls.

With a :class:`ReadOnlyJournal` a call answers the same and writes nothing. A
run in check mode has not taken the lock, so it may come without a token; it
is answered as if it had taken the lock over from whoever holds it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import time
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError
from ansible_collections.progressive.delivery.plugins.module_utils._rollout import (
    begin,
    lock,
    machine,
    opening,
    operator_requests,
    parameters,
    reports,
    waiting,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.errors import (
    JournalCorrupt,
    JournalTooNew,
    LockCorrupt,
    NoRollout,
    NoRun,
    NothingToRollBackTo,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.journal import Journal
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import (
    Action,
    Kind,
    Pause,
    Rollout,
    Status,
    World,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.steps import ROLLBACK

NOTHING_BEGUN = begin.Unchanged(
    "the run that died had begun nothing, so nothing is rolled back; run the rollback playbook again to go "
    "back from the release that serves"
)


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a call tells the run.

    :param before: the rollout before the call; None when there was none
    :param rollout: the rollout now; None when the app has none
    :param action: what to do next
    :param aside: what could not be read, by the path under which it is kept
    """

    before: t.Optional[Rollout]
    rollout: t.Optional[Rollout]
    action: Action
    aside: t.Tuple[str, ...] = ()


def release(journal: Journal, token: t.Optional[str]) -> t.Tuple[bool, t.Optional[Rollout]]:
    """Give the lock back, whatever became of the run.

    :returns: whether it was this run's; and the rollout that was paused for this run, which has not taken its place
    """
    with journal.guard():
        held = journal.lock()
        is_own = held is not None and held.token == token
        if held is not None and is_own:
            _give_back(journal, held, began=_has_begun(journal, held))
        return is_own, _paused_for(journal, token)


def renew(journal: Journal, token: t.Optional[str]) -> None:
    """Hold the lock for another lease.

    :raises LockLost: when another run has taken over
    """
    with journal.guard():
        _renew(journal, token)


def open_run(
    journal: Journal,
    token: t.Optional[str],
    world: World,
    command: opening.Opening,
    keep: int,
    lease: float = math.inf,
) -> Answer:
    """Let *command* say where the rollout stands, and decide the first action.

    :param lease: of a lock that is not held, in check mode
    :raises LockLost: when the lock of *token* is not held
    :raises DeliveryError: of the journal or the command; the lock is free again then, or whose it was before
    """
    with journal.guard():
        held = _renew(journal, token, lease)
        with _given_back_on_failure(journal, held):
            before = journal.current()
            died_idle = bool(held.broke) and not _was_at_work(held.broken, before)
            try:
                opened = command(before, world)
            except NothingToRollBackTo:
                if not died_idle:
                    raise
                opened = NOTHING_BEGUN
            if isinstance(opened, Rollout):
                parameters.check_lease(held.lease, opened)
        if died_idle and _goes_back_further(before, opened):
            opened = NOTHING_BEGUN
        if isinstance(opened, begin.Unchanged):
            journal.release_lock()
            return Answer(before, before, Action(0, Kind.END, result="unchanged", reason=opened.reason))
        if held.broke:
            opened = opened.noting(world.now, "lock-broken", held.broke)
        answer = _decide(journal, before, opened, world, keep)
        _close_superseded(journal, opened, world)
        return answer


def _close_superseded(journal: Journal, rollout: Rollout, world: World) -> None:
    """End the rollouts whose place was taken, and which their own files still call open, as a run may have died before it said so.

    What cannot be read stays as it is: it is to keep nobody from the way back.
    """
    history = journal.history()
    while rollout.supersedes in history:
        by = rollout.id
        try:
            rollout = journal.rollout(rollout.supersedes)
        except (JournalCorrupt, JournalTooNew):
            return
        if not rollout.status.ended:
            reason = "superseded by {0}".format(by)
            ended = dataclasses.replace(
                rollout,
                status=Status.SUPERSEDED,
                reason=reason,
                ended_at=world.now,
                intent=None,
                request=None,
                request_by="",
                pause=None,
            )
            journal.write(ended.noting(world.now, "end", reason))


def abandon(journal: Journal, token: t.Optional[str], world: World, keep: int) -> Answer:
    """End the rollout with the world as it is; what cannot be read is set aside, which frees the app.

    :raises LockLost: when the lock of *token* is not held; one that cannot be read is nobody's
    :raises DeliveryError: of the journal or the command; the lock is free again then, or whose it was before
    """
    with journal.guard():
        aside = []
        held = None
        try:
            held = _renew(journal, token)
        except LockCorrupt:
            aside += journal.set_aside(["lock"], world.now)
        with _given_back_on_failure(journal, held):
            unreadable = journal.unreadable()
            aside += journal.set_aside(unreadable, world.now)
            before = None if unreadable else journal.current()
            if aside and (before is None or before.status.ended):
                journal.release_lock()
                return Answer(before, before, _set_aside(journal, aside), tuple(aside))
            ended = opening.abandon(before, world)
        for path in aside:
            ended = ended.noting(world.now, "set-aside", path)
        answer = _decide(journal, before, ended, world, keep)
        _close_superseded(journal, ended, world)
        return dataclasses.replace(answer, aside=tuple(aside))


def advance(journal: Journal, token: t.Optional[str], account: reports.Account, world: World, keep: int) -> Answer:
    """Take in what came of the action under way, and decide the next one.

    :raises LockLost: when another run has taken over
    :raises NoRollout: when the app has no rollout
    :raises InvalidOption: when *account* is of another action
    """
    with journal.guard():
        _renew(journal, token)
        before = journal.current()
        if before is None:
            raise NoRollout("the app has no rollout")
        action = machine.action_under_way(before, account.seq)
        outcome = reports.judge(action, account.expected, reports.of_rollout(before.id, account.reports))
        return _decide(journal, before, machine.record(before, account.seq, outcome, world), world, keep)


def request(journal: Journal, what: str) -> t.Tuple[Rollout, Rollout]:
    """Ask the run that holds the lock to ``pause``, to roll back, to skip its step, or to go on without verdicts.

    :returns: the rollout before and after; the same when that, or what is more careful, is asked for already
    :raises NoRollout: when nothing is under way
    :raises NoRun: when the run died, so that nobody would hear it
    """
    with journal.guard():
        current = journal.current()
        if current is None or current.status is not Status.RUNNING:
            raise NoRollout("no rollout is running that could {0}".format(what.replace("_", " ")))
        held, now = journal.lock(), time.time()
        if held is None or held.expired(now):
            gone = "nobody holds the app" if held is None else "the app is " + held.describe(now)
            raise NoRun(
                "no run would hear it: rollout {0} is under way by the journal, but {1}".format(current.id, gone)
            )
        return current, waiting.keep(journal, current, operator_requests.ask(current, what, "", now))


def _goes_back_further(before: t.Optional[Rollout], opened: t.Union[Rollout, begin.Unchanged]) -> bool:
    """Whether a rollback of a finished delivery was opened, where a rollback of the run that died was meant."""
    if isinstance(opened, begin.Unchanged) or before is None:
        return False
    return opened.strategy == ROLLBACK and opened.id != before.id


def _was_at_work(holder: t.Optional[lock.Lock], current: t.Optional[Rollout]) -> bool:
    """Whether the run with the lock *holder* began *current*, or carried it on."""
    return holder is not None and current is not None and any(entry.at > holder.since for entry in current.entries)


def _has_begun(journal: Journal, held: lock.Lock) -> bool:
    """Whether the run that holds the lock has written anything to the journal; to one that cannot be read, it has not."""
    try:
        return _was_at_work(held, journal.current())
    except DeliveryError:
        return False


def _give_back(journal: Journal, held: t.Optional[lock.Lock], began: bool) -> None:
    """Let the lock go; put back the one that it broke when this run has begun nothing, as that run may be alive."""
    if held is not None and held.broken is not None and not began:
        journal.write_lock(held.broken)
    else:
        journal.release_lock()


@contextlib.contextmanager
def _given_back_on_failure(journal: Journal, held: t.Optional[lock.Lock]) -> t.Iterator[None]:
    """Give the lock back when the run cannot open."""
    try:
        yield
    except BaseException:
        _give_back(journal, held, began=False)
        raise


def _renew(journal: Journal, token: t.Optional[str], lease: float = math.inf) -> lock.Lock:
    now = time.time()
    if journal.read_only and not token:
        return waiting.take(journal, lock.Lock(lock.Owner("", "", ""), "", now, now, lease), take_over=True, now=now)
    renewed = lock.renew(journal.lock(), token, now)
    journal.write_lock(renewed)
    return renewed


def _paused_for(journal: Journal, token: t.Optional[str]) -> t.Optional[Rollout]:
    """The rollout that was paused for the run *token*, and waits still; None when there is none, or it cannot be read."""
    try:
        current = journal.current()
    except DeliveryError:
        return None
    if not token or current is None or current.pause is not Pause.REQUEST or current.request_by != waiting.mark(token):
        return None
    return current


def _set_aside(journal: Journal, paths: t.Sequence[str]) -> Action:
    said = "would set aside as" if journal.read_only else "set aside as"
    return Action(0, Kind.END, result="abandoned", reason="{0} {1}".format(said, ", ".join(paths)))


def _decide(journal: Journal, before: t.Optional[Rollout], current: Rollout, world: World, keep: int) -> Answer:
    after, action = machine.decide(current, world)
    journal.write(after, begins=before is None or before.id != after.id)
    if action.kind is not Kind.END:
        return Answer(before, after, action)
    journal.release_lock()
    journal.prune(keep)
    return Answer(before, after, action)
