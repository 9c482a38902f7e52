# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one interface behind which every balancer is driven.

PRIVATE to the collection. To add a balancer: write ``<name>.py`` beside this
file with a class that satisfies :class:`Balancer`, and name it in
``registry.py``. A driver does I/O and decides nothing: which split is wanted,
and whether it is safe, has been decided before it is called.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import Layout
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.split import Split


@dataclasses.dataclass(frozen=True)
class Command:
    """One change that a plan makes, in the balancer's own terms.

    :param verb: what is done, for example ``write`` or ``set map``
    :param target: what it is done to: a file, a map, a server
    :param content: what is written or sent; never a secret
    """

    verb: str
    target: str
    content: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.verb, self.target, self.content) if part)


@dataclasses.dataclass(frozen=True)
class Repair:
    """Something that is out of order, in words, and the command that puts it right."""

    fault: str
    command: Command


@dataclasses.dataclass(frozen=True)
class Reading:
    """What a balancer says of one app.

    :param live: the split that requests meet now
    :param stored: the split that a restart would bring back; None when it is absent or unreadable
    :param faults: what else of the split is out of order and a plan would put right, in words, such as duplicate entries
    :param repairs: what is out of order apart from the split, such as the states of servers; a plan ends with them
    """

    live: Split
    stored: t.Optional[Split]
    faults: t.Tuple[str, ...] = ()
    repairs: t.Tuple[Repair, ...] = ()

    @property
    def consistent(self) -> bool:
        """Whether a restart would change nothing."""
        return self.live == self.stored and not self.out_of_order

    @property
    def out_of_order(self) -> t.Tuple[str, ...]:
        """All that is, in words."""
        return self.faults + tuple(repair.fault for repair in self.repairs)


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """One instance of a pool, as the balancer sees it.

    :param name: the server's name within its pool
    :param address: ``host:port``
    :param state: ``ready``, ``drain``, ``maint``, ``down``, or ``unknown`` where the balancer cannot tell
    :param in_flight: requests (connections where the balancer cannot tell requests) open to it now
    :param stored: what a restart would make of it, ``ready``, ``drain``, ``maint`` or ``absent``; None where it has no state
    """

    name: str
    address: str
    state: str
    in_flight: int
    stored: t.Optional[str] = None

    @property
    def restarts_otherwise(self) -> bool:
        """Whether a restart would bring another state; whether it answers its checks is not one."""
        return self.stored not in (None, "ready" if self.state == "down" else self.state)


@dataclasses.dataclass(frozen=True)
class Connection:
    """Where a task says that the balancer is reached, when not where the layout says.

    :param socket: path of HAProxy's runtime socket
    :param admin: URL, ``host:port`` or socket of Caddy's or Envoy's admin interface
    :param probe: URL of the listener
    """

    socket: str = ""
    admin: str = ""
    probe: str = ""


class Balancer(t.Protocol):
    """A balancer that carries out splits for one app without dropping a request.

    A driver is built from a :class:`Layout` and a :class:`Connection`, without
    I/O. Every method raises a :class:`DeliveryError` when the balancer cannot
    be reached or refuses; none retries.
    """

    REACHED_BY: t.ClassVar[t.Tuple[str, ...]]
    """The fields of a :class:`Connection` that it looks at."""

    CANNOT_MIRROR: t.ClassVar[str]
    """Why it cannot send a copy of requests to a second pool, in words; empty where it can."""

    CANNOT_TAKE_OUT: t.ClassVar[str]
    """Why it cannot take single servers out of a pool, in words; empty where it can."""

    def __init__(self, layout: Layout, connection: Connection) -> None: ...

    def read(self) -> Reading:
        """The split in force now, and the one on disk."""

    def generation(self) -> str:
        """Which configuration the running process has, in the words that the role laid down with it."""

    def plan(self, current: Reading, wanted: Split) -> t.List[Command]:
        """The commands that lead from *current* to *wanted*; empty when nothing is to be done. No I/O."""

    def apply(self, commands: t.Sequence[Command]) -> None:
        """Carry out a plan; safe to kill at any instant and to repeat."""

    def endpoints(self, pool: str) -> t.List[Endpoint]:
        """The instances of *pool* as this balancer knows them; raises UnknownPool."""

    def set_servers(self, pool: str, names: t.Sequence[str], state: str) -> None:
        """Put servers of *pool* into ``ready``, ``drain`` or ``maint`` in one call; raises Unsupported where it cannot."""
