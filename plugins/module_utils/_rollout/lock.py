# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may act on an app: a lock with an owner and a lease.

PRIVATE to the collection. Pure; ``journal.py`` keeps it on disk. A lease that
is renewed at every step tells a live run from a dead one, whichever machine
the run was started from.
"""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._rollout.errors import LockHeld, LockLost


@dataclasses.dataclass(frozen=True)
class Owner:
    """Who holds a lock, for a person to find.

    :param name: who started the run
    :param host: the controller it runs on
    :param run: its process or job
    """

    name: str
    host: str
    run: str

    def __str__(self) -> str:
        return "{0} on {1} ({2})".format(self.name, self.host, self.run)


@dataclasses.dataclass(frozen=True)
class Lock:
    """One run's hold on an app.

    :param token: what the run shows to prove that it still holds the lock
    :param since: when it was taken, seconds since the epoch
    :param seen: when it was last renewed
    :param lease: seconds for which it holds after that
    :param broke: how the lock of a dead or overruled run stood when this one broke it; empty when none was
    :param broken: that lock, to be put back when this run may not begin; None when there was none that could be read
    """

    owner: Owner
    token: str
    since: float
    seen: float
    lease: float
    broke: str = ""
    broken: t.Optional[Lock] = None

    def expired(self, now: float) -> bool:
        return now > self.seen + self.lease

    def describe(self, now: float) -> str:
        """Who, since when, last seen, and for how long still."""
        return "held by {0} since {1}, last seen {2:.0f} s ago, its lease ends in {3:.0f} s".format(
            self.owner, utc(self.since), now - self.seen, max(0.0, self.seen + self.lease - now)
        )


def take(existing: t.Optional[Lock], wanted: Lock, take_over: bool) -> Lock:
    """The lock for a new run; it says whose lock it broke, if any.

    :param wanted: the lock as it would be, ``seen`` being now
    :raises LockHeld: by a live owner, unless *take_over*
    """
    if existing is None or existing.token == wanted.token:
        return wanted
    if take_over or existing.expired(wanted.seen):
        return dataclasses.replace(
            wanted, broke=existing.describe(wanted.seen), broken=dataclasses.replace(existing, broken=None)
        )
    raise LockHeld("the app is " + existing.describe(wanted.seen), owner=dataclasses.asdict(existing.owner))


def renew(existing: t.Optional[Lock], token: t.Optional[str], now: float) -> Lock:
    """The same lock, seen now.

    :raises LockLost: when it is gone or another's; even an expired lease is
        renewed as long as nobody else took the lock
    """
    if existing is None:
        raise LockLost("this run's lock is gone: it was released or broken by another run")
    if existing.token != token:
        raise LockLost("this run has lost its lock, which is now " + existing.describe(now))
    return dataclasses.replace(existing, seen=now)


def utc(at: float) -> str:
    """A time as people and logs read it: UTC, to the second."""
    return datetime.datetime.fromtimestamp(at, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
