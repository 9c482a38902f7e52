# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run comes by an app's lock, and what it asks of the run that holds it while it waits.

PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import time
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError
from ansible_collections.progressive.delivery.plugins.module_utils._rollout import lock, operator_requests
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.errors import (
    LockCorrupt,
    LockHeld,
    RolloutOver,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.journal import Journal
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Rollout, Status, World

OUTLASTING = 10.0
"""Seconds that a run waits for longer than the lease of a holder that may be dead."""


@dataclasses.dataclass(frozen=True)
class Asking:
    """What a run that waits for the lock asks of the one that holds it.

    :param what: ``rollback`` or ``pause``
    :param release: for a pause, what is to be delivered instead; a run that delivers it is not asked
    :param in_one_pool: for a pause, whether that needs one pool only
    :param only: for a rollback, the rollout that is meant, where that is not the one that is met
    """

    what: str
    release: t.Optional[str] = None
    in_one_pool: bool = False
    only: t.Optional[str] = None

    def concerns(self, rollout: Rollout, now: float) -> bool:
        """Whether *rollout*, which runs, can do it."""
        blind = World(now, {})
        if self.what == operator_requests.TURN_ROUND:
            return operator_requests.can_turn_round(rollout, blind)
        fits = rollout.to_release != self.release and rollout.in_one_pool == self.in_one_pool
        return fits and operator_requests.can_give_way(rollout, blind)


def acquire(
    journal: Journal,
    wanted: lock.Lock,
    take_over: bool,
    wait: float,
    asking: t.Optional[Asking] = None,
    outlasts: bool = False,
) -> lock.Lock:
    """Take the app's lock, so that what is observed from now on stays true.

    What is asked of the holder is asked of the rollout that it has when it is first met, and of no later one. A
    pause, which is of no use without what it was asked for, is asked for no longer when the wait is over.

    :param wanted: the lock; its times are set when it is taken
    :param take_over: break a live owner's lock, or one that cannot be read, which is set aside
    :param wait: seconds to wait for a lock that another holds; read-only, whether its lease ends by then is foreseen
    :param asking: what to ask of a running holder meanwhile
    :param outlasts: wait until the lease of whoever holds it now is over, if that takes longer
    :raises LockHeld: by a live owner after the wait
    :raises LockCorrupt: by nobody knows whom, unless *take_over*
    :raises RolloutOver: when what was to be rolled back is over, and another rollout has begun
    """
    if journal.read_only:
        return _foresee(journal, wanted, take_over, time.time() + wait, outlasts)
    begun, met = time.monotonic(), _Met(asking.only if asking else None)
    try:
        while True:
            with journal.guard():
                met.check(journal, asking)
                try:
                    return take(journal, wanted, take_over, time.time())
                except LockHeld:
                    held = journal.lock()
                    met.meet(journal, held, asking)
                    patience = max(wait, met.lease_ends + OUTLASTING - met.at) if outlasts else wait
                    left = begun + patience - time.monotonic()
                    if left <= 0:
                        raise
                    _ask(journal, asking, wanted.token, met)
            time.sleep(min(0.5, left))
    except BaseException:
        with contextlib.suppress(DeliveryError):
            _withdraw(journal, asking, wanted.token)
        raise


def take(journal: Journal, wanted: lock.Lock, take_over: bool, now: float) -> lock.Lock:
    """Take the app's lock at once, for a caller that holds the guard.

    :raises LockHeld, LockCorrupt: see :func:`acquire`
    """
    wanted = dataclasses.replace(wanted, since=now, seen=now)
    try:
        taken = lock.take(journal.lock(), wanted, take_over)
    except LockCorrupt as error:
        if not take_over:
            raise
        (kept,) = journal.set_aside(["lock"], now)
        taken = dataclasses.replace(wanted, broke="{0}; kept as {1}".format(error.message, kept))
    journal.write_lock(taken)
    return taken


def keep(journal: Journal, before: Rollout, after: Rollout) -> Rollout:
    """Write *after*, unless nothing has changed."""
    if after != before:
        journal.write(after)
    return after


def mark(token: str) -> str:
    """What the journal, which many may read, calls the run with *token*."""
    return hashlib.sha256(token.encode("utf-8")).hexdigest()[:16]


class _Met:
    """Whom a run that waits for the lock met first."""

    def __init__(self, rollout_id: t.Optional[str]) -> None:
        self.at = self.lease_ends = 0.0
        self.token: t.Optional[str] = None
        self.rollout_id = rollout_id

    def meet(self, journal: Journal, held: t.Optional[lock.Lock], asking: t.Optional[Asking]) -> None:
        """Remember who holds the lock, and the rollout that it has, or has as soon as it begins one."""
        if held is None:
            return
        if self.token is None:
            self.token, self.at, self.lease_ends = held.token, time.time(), held.seen + held.lease
        if asking is not None and self.rollout_id is None and held.token == self.token:
            current = journal.current()
            self.rollout_id = None if current is None or current.status.ended else current.id

    def check(self, journal: Journal, asking: t.Optional[Asking]) -> None:
        """Keep a rollback from taking back what was begun meanwhile; raises RolloutOver."""
        if self.rollout_id is None or asking is None or asking.what != operator_requests.TURN_ROUND:
            return
        current = journal.current()
        if current is not None and current.id != self.rollout_id:
            said = "rollout {0}, which was to be rolled back, is over; rollout {1} to {2} is {3}"
            raise RolloutOver(said.format(self.rollout_id, current.id, current.to_release, current.status.value))


def _foresee(journal: Journal, wanted: lock.Lock, take_over: bool, until: float, outlasts: bool) -> lock.Lock:
    """What a run that waits as long would get, if whoever holds the lock is dead."""
    try:
        return take(journal, wanted, take_over, until)
    except LockHeld:
        held = journal.lock()
        if held is None or not outlasts:
            raise
        return take(journal, wanted, take_over, held.seen + held.lease + OUTLASTING)


def _ask(journal: Journal, asking: t.Optional[Asking], token: str, met: _Met) -> None:
    """Ask the rollout that was met first, while it runs; a rollback is wanted for itself, so it is no request of this run's."""
    current = None if asking is None else journal.current()
    if asking is None or current is None or current.id != met.rollout_id or current.status is not Status.RUNNING:
        return
    now = time.time()
    if asking.concerns(current, now):
        by = "" if asking.what == operator_requests.TURN_ROUND else mark(token)
        keep(journal, current, operator_requests.ask(current, asking.what, by, now))


def _withdraw(journal: Journal, asking: t.Optional[Asking], token: str) -> None:
    """Take back what the run *token*, which waits no longer, has asked."""
    if asking is None:
        return
    with journal.guard():
        current = journal.current()
        if current is not None:
            keep(journal, current, operator_requests.withdraw(current, mark(token), time.time()))
