# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task asks of a balancer, and whether it may have it.

PRIVATE to the collection. Pure: no I/O.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import (
    EmptyPool,
    LayoutMismatch,
    PoolStillServing,
    UnknownPool,
    UnknownServer,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.interface import Endpoint, Reading
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import Layout
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.split import (
    HeaderRoute,
    Mirror,
    Split,
    parse_mirror,
    parse_shares,
)
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

_SATISFIES = {"ready": ("ready", "down"), "drain": ("drain",), "maint": ("maint",)}
"""A server that is to be ready and fails the balancer's checks (``down``) has nothing left to be told."""


@dataclasses.dataclass(frozen=True)
class Request:
    """The wishes of one task; None is no wish: it stays as it is.

    :param split: per cent by pool, as a person wrote it
    :param header: ``name`` and ``pool`` of the header route to open; empty to close it
    :param sticky: whether clients keep their buckets
    :param mirror: ``pool`` and ``percent`` of the copy to send; empty to end it
    """

    split: t.Optional[t.Mapping[str, t.Any]] = None
    header: t.Optional[t.Mapping[str, t.Any]] = None
    sticky: t.Optional[bool] = None
    mirror: t.Optional[t.Mapping[str, t.Any]] = None

    def wanted(self, live: Split, layout: Layout) -> Split:
        """The whole split that this request makes of *live*; a copy to a pool that gets a share ends with it.

        :raises InvalidOption: shares, a header or a mirror that cannot be
        :raises UnknownPool: a pool that the layout does not have
        """
        shares = live.shares if self.split is None else self._shares(layout)
        kept = live.mirror if live.mirror and not shares[live.mirror.pool] else None
        return Split(
            shares=shares,
            header=live.header if self.header is None else self._route(self.header, layout),
            sticky=live.sticky if self.sticky is None else self.sticky,
            mirror=kept if self.mirror is None else self._copy(self.mirror, layout),
        )

    def _shares(self, layout: Layout) -> t.Dict[str, int]:
        per_cent = self.split or {}
        for pool in per_cent:
            layout.servers(pool)
        return parse_shares(per_cent, list(layout.pools))

    def _route(self, header: t.Mapping[str, t.Any], layout: Layout) -> t.Optional[HeaderRoute]:
        if all(value is None for value in header.values()):
            return None
        pool, name = header.get("pool"), header.get("name") or layout.header
        cookie = header.get("cookie") or layout.preview_cookie
        if not pool:
            raise InvalidOption("header: name the pool that requests with '{0}' go to".format(name))
        layout.servers(pool)
        if name.lower() != layout.header.lower():
            raise LayoutMismatch("header: the balancer looks at '{0}', not at '{1}'".format(layout.header, name))
        if cookie != layout.preview_cookie:
            raise LayoutMismatch(
                "header: the balancer looks at {0}, not at the cookie '{1}'".format(
                    "the cookie '{0}'".format(layout.preview_cookie) if layout.preview_cookie else "no cookie", cookie
                )
            )
        return layout.route_to(pool)

    def _copy(self, mirror: t.Mapping[str, t.Any], layout: Layout) -> t.Optional[Mirror]:
        if all(value is None for value in mirror.values()):
            return None
        if not mirror.get("pool") or mirror.get("percent") is None:
            raise InvalidOption("mirror: name the pool that gets a copy, and the percent of requests that are copied")
        layout.servers(mirror["pool"])
        return parse_mirror(mirror["pool"], mirror["percent"])


@dataclasses.dataclass(frozen=True)
class Change:
    """What a request comes to, given what is.

    :param wanted: the split that is to be live and stored
    :param rising: pools that get more than they have, which must be healthy for it
    :param repaired: live and stored differed before
    """

    wanted: Split
    rising: t.Tuple[str, ...]
    repaired: bool
    changed: bool


def decide(reading: Reading, request: Request, layout: Layout) -> Change:
    """Compare what is with what is asked; without a wish only what is inconsistent is put right, to what is live."""
    wanted = request.wanted(reading.live, layout)
    return Change(
        wanted=wanted,
        rising=tuple(reading.live.rising(wanted)),
        repaired=not reading.consistent,
        changed=reading.live != wanted or not reading.consistent,
    )


def check_pools(pools: t.Sequence[t.Mapping[str, t.Any]], layout: Layout) -> None:
    """Compare the pools that a task names with those that the balancer was laid down with.

    :param pools: ``name`` and, optionally, ``endpoints`` (``host:port``) of each pool, the base first
    :raises UnknownPool: a pool that the layout does not have
    :raises EmptyPool: a pool without endpoints
    :raises LayoutMismatch: another order, a pool too few, or other endpoints
    """
    names = [pool["name"] for pool in pools]
    for pool in pools:
        if pool["name"] not in layout.pools:
            raise UnknownPool("pools: '{0}' is none of {1}".format(pool["name"], list(layout.pools)))
        if pool.get("endpoints") == []:
            raise EmptyPool("pools: '{0}' has no endpoints".format(pool["name"]))
    if names and names != list(layout.pools):
        raise LayoutMismatch("pools: the balancer has {0} (the base first), not {1}".format(list(layout.pools), names))
    for pool in pools:
        known = sorted(server.address for server in layout.servers(pool["name"]))
        named = sorted(pool["endpoints"]) if pool.get("endpoints") is not None else known
        if named != known:
            raise LayoutMismatch(
                "pools: the balancer has the endpoints {0} in '{1}', not {2}".format(known, pool["name"], named)
            )


def check_drained_pool(pool: str, split: Split, layout: Layout) -> None:
    """A pool can be drained only when nothing new goes to it; raises UnknownPool or PoolStillServing."""
    layout.servers(pool)
    if split.shares[pool]:
        raise PoolStillServing("drain: pool '{0}' still has {1} % of the traffic".format(pool, split.per_cent()[pool]))
    if split.header is not None and split.header.pool == pool:
        raise PoolStillServing("drain: the header route '{0}' to pool '{1}' is open".format(split.header.name, pool))
    if split.mirrored_to(pool):
        raise PoolStillServing("drain: pool '{0}' gets a copy of requests; end it with an empty mirror".format(pool))


def servers_to_change(
    names: t.Sequence[str], state: str, pool: str, endpoints: t.Sequence[Endpoint], split: Split
) -> t.List[str]:
    """The servers that are not in *state* yet, or would not be after a restart.

    :raises UnknownServer: a name that the pool does not have
    :raises PoolStillServing: no ready server would be left of a pool that gets traffic
    """
    known = {endpoint.name: endpoint for endpoint in endpoints}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UnknownServer("servers: pool '{0}' has no {1}; it has {2}".format(pool, unknown, sorted(known)))
    left = [name for name, endpoint in known.items() if endpoint.state == "ready" and name not in names]
    moving = [name for name in names if known[name].state not in _SATISFIES[state]]
    traffic = _traffic_of(pool, split)
    if moving and state != "ready" and traffic and not left:
        raise PoolStillServing(
            "servers: no ready server would be left in pool '{0}', which has {1}".format(pool, traffic)
        )
    return [name for name in names if name in moving or known[name].stored not in (state, None)]


def _traffic_of(pool: str, split: Split) -> str:
    """What goes to *pool*, in words; empty when nothing does."""
    if split.shares[pool]:
        return "{0} % of the traffic".format(split.per_cent()[pool])
    if split.header is not None and split.header.pool == pool:
        return "the requests with the header '{0}'".format(split.header.name)
    return ""
