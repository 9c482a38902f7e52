# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of a balancer from end to end: read, decide, make sure, apply, read back.

PRIVATE to the collection. The caller holds the lock (see ``lock.py``). A
process that is killed anywhere in here leaves what the next call repairs.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.change import (
    Request,
    decide,
    servers_to_change,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import (
    LayoutMismatch,
    ReadBackMismatch,
    Unsupported,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.interface import (
    Balancer,
    Command,
    Endpoint,
    Reading,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import Layout
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.pool_health import (
    HealthPolicy,
    require_healthy,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.split import Split


@dataclasses.dataclass(frozen=True)
class Shift:
    """What became of a request.

    :param before: what the balancer said first
    :param after: what it says now; without `apply`, what it would say
    :param commands: what was done, or would be
    """

    before: Reading
    after: Split
    changed: bool
    repaired: bool
    commands: t.Tuple[Command, ...] = ()


def shift(balancer: Balancer, layout: Layout, request: Request, policy: HealthPolicy, apply: bool) -> Shift:
    """Bring *request* about, or with ``apply=False`` only say what it would take.

    :raises Unsupported: requests are to be mirrored, and this balancer cannot
    :raises LayoutMismatch: it could, had the role laid it down anew
    :raises UnhealthyPool: a pool that is to get more cannot take it; nothing was changed
    :raises ReadBackMismatch: the balancer accepted the change and says something else
    """
    reading = balancer.read()
    change = decide(reading, request, layout)
    if change.wanted.mirror:
        check_mirroring(balancer, layout)
    for pool in change.rising:
        require_healthy(pool, layout.servers(pool), policy, functools.partial(balancer.endpoints, pool))
    commands = balancer.plan(reading, change.wanted)
    if apply and commands:
        balancer.apply(commands)
        _check_read_back(balancer.read(), change.wanted)
    return Shift(reading, change.wanted, change.changed, change.repaired, tuple(commands))


@dataclasses.dataclass(frozen=True)
class ServerChange:
    """What became of servers.

    :param before: the pool's endpoints before
    :param after: the same now
    :param changed: names of the servers that were told something, or would be
    """

    before: t.Sequence[Endpoint]
    after: t.Sequence[Endpoint]
    changed: t.Sequence[str]

    @property
    def repaired(self) -> bool:
        """Whether one of them would have been in another state after a restart."""
        return any(endpoint.name in self.changed and endpoint.restarts_otherwise for endpoint in self.before)


def set_servers(balancer: Balancer, pool: str, names: t.Sequence[str], state: str, apply: bool) -> ServerChange:
    """Put the servers *names* of *pool* into *state*, in one call to the balancer.

    :raises UnknownServer: a name that the pool does not have; nothing was changed
    :raises ReadBackMismatch: a server is in another state afterwards
    """
    split = balancer.read().live
    before = balancer.endpoints(pool)
    changing = servers_to_change(names, state, pool, before, split)
    if not changing or not apply:
        return ServerChange(before, before, changing)
    balancer.set_servers(pool, changing, state)
    after = balancer.endpoints(pool)
    astray = servers_to_change(names, state, pool, after, split)
    if astray:
        raise ReadBackMismatch("servers: {0} of pool '{1}' did not go into state '{2}'".format(astray, pool, state))
    return ServerChange(before, after, changing)


def check_mirroring(balancer: Balancer, layout: Layout) -> None:
    """Refuse copies where there can be none.

    :raises Unsupported: this kind of balancer cannot send any
    :raises LayoutMismatch: this one was laid down without what they need
    """
    if balancer.CANNOT_MIRROR:
        raise Unsupported("mirror: balancer {0} cannot mirror; {1}".format(layout.balancer, balancer.CANNOT_MIRROR))
    if not layout.mirrors:
        raise LayoutMismatch("mirror: this {0} was laid down before it could mirror".format(layout.balancer))


def _check_read_back(reading: Reading, wanted: Split) -> None:
    if reading.live == wanted and reading.consistent:
        return
    raise ReadBackMismatch(
        "wanted {0}; live is {1}, on disk is {2}{3}".format(
            wanted, reading.live, reading.stored, "; ".join(("",) + reading.out_of_order)
        )
    )
