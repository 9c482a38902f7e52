# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role ``balancer`` laid down for one app, as it wrote it to ``layout.json``.

PRIVATE to the collection. The layout is what changes only when the role runs:
pools and their endpoints, the names of the preview header and of the cookies,
where the balancer listens. What moves during a rollout (the split) is
never in it.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import json
import os
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import (
    EmptyPool,
    LayoutMismatch,
    NotLaidDown,
    PermissionMissing,
    UnknownPool,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.split import WHOLE, HeaderRoute

FILE_NAME = "layout.json"


@dataclasses.dataclass(frozen=True)
class Server:
    """One endpoint of a pool.

    :param name: unique within its pool; by default the inventory name of the host
    :param address: ``host:port``
    """

    name: str
    address: str


@dataclasses.dataclass(frozen=True)
class Layout:
    """One app on one balancer.

    :param app: the app's name
    :param balancer: ``haproxy``, ``nginx``, ``caddy`` or ``envoy``
    :param directory: where the layout and the files of the mechanism are
    :param pools: the servers of each of two or three pools; the first is the base, which takes what no other pool takes
    :param header: name of the header that a header route looks at
    :param cookie: name of the cookie that keeps a client's bucket
    :param listen: ``host:port`` where requests come in
    :param admin: where the balancer is controlled: a socket's path, ``host:port``, or empty where files are enough
    :param preview_cookie: name of the cookie that a header route looks at, too; empty where it looks at none
    :param mirrors: whether it was laid down so that requests can be mirrored
    """

    app: str
    balancer: str
    directory: str
    pools: t.Mapping[str, t.Sequence[Server]]
    header: str
    cookie: str
    listen: str
    admin: str = ""
    preview_cookie: str = ""
    mirrors: bool = False

    def __post_init__(self) -> None:
        if len(self.pools) not in (2, 3):
            raise LayoutMismatch(
                "the layout names {0} pools, not two or three: {1}".format(len(self.pools), list(self.pools))
            )
        for pool, servers in self.pools.items():
            if not servers:
                raise EmptyPool("pool '{0}' of {1} has no endpoints".format(pool, self.app))

    @property
    def base(self) -> str:
        """The pool that serves when nothing else is said."""
        return next(iter(self.pools))

    @property
    def other(self) -> str:
        """The second pool."""
        return list(self.pools)[1]

    @property
    def third(self) -> str:
        """The third pool; empty where there are two."""
        return "".join(list(self.pools)[2:])

    def division(self, second: int, third: int = 0) -> t.Dict[str, int]:
        """The shares of all pools where the second and the third ask for so many, and the base gets what they leave.

        Of 10000 buckets the second pool has those from 0 on and the third those up to 9999. As one grows it meets the
        base's, so that it takes no client of the other; were both to have a bucket, it is the second's.
        """
        second = min(max(second, 0), WHOLE)
        third = min(max(third, 0), WHOLE - second) if self.third else 0
        return dict(zip(self.pools, (WHOLE - second - third, second, third)))

    @property
    def listener(self) -> str:
        """``host:port`` at which this host reaches the balancer; a wildcard address is reached over loopback."""
        host, _colon, port = self.listen.rpartition(":")
        if host in ("", "*"):
            return "127.0.0.1:{0}".format(port)
        try:
            address = ipaddress.ip_address(host.strip("[]"))
        except ValueError:
            return self.listen
        if not address.is_unspecified:
            return self.listen
        return "{0}:{1}".format("127.0.0.1" if address.version == 4 else "[::1]", port)

    def route_to(self, pool: str) -> HeaderRoute:
        """The header route to *pool*, by the names that the balancer looks at."""
        return HeaderRoute(self.header, pool, self.preview_cookie)

    def path(self, name: str) -> str:
        """The absolute path of a file of the mechanism."""
        return os.path.join(self.directory, name)

    def servers(self, pool: str) -> t.Sequence[Server]:
        """The servers of *pool*; raises UnknownPool."""
        if pool not in self.pools:
            raise UnknownPool("pool '{0}' of {1} does not exist; it has {2}".format(pool, self.app, list(self.pools)))
        return self.pools[pool]


def load(directory: str, app: str, balancer: str) -> Layout:
    """Read the layout of *app* from *directory*.

    :raises NotLaidDown: there is none, or it cannot be understood
    :raises LayoutMismatch: it is that of another app or another kind of balancer
    """
    path = os.path.join(os.path.abspath(directory), FILE_NAME)
    try:
        with open(path, encoding="utf-8") as handle:
            layout = _parse(json.load(handle), os.path.dirname(path))
    except FileNotFoundError:
        raise NotLaidDown("there is no {0}".format(path)) from None
    except PermissionError as error:
        raise PermissionMissing("cannot read {0}: {1}".format(path, error.strerror)) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotLaidDown("{0} cannot be understood: {1!r}".format(path, error)) from error
    if layout.app != app or layout.balancer != balancer:
        raise LayoutMismatch(
            "{0} is for app '{1}' on {2}, not for app '{3}' on {4}".format(
                path, layout.app, layout.balancer, app, balancer
            )
        )
    return layout


def _parse(document: t.Mapping[str, t.Any], directory: str) -> Layout:
    pools = {
        pool["name"]: tuple(Server(server["name"], server["address"]) for server in pool["servers"])
        for pool in document["pools"]
    }
    return Layout(
        app=document["app"],
        balancer=document["balancer"],
        directory=directory,
        pools=pools,
        header=document["header"],
        cookie=document["cookie"],
        listen=document["listen"],
        admin=document.get("admin", ""),
        preview_cookie=document.get("preview_cookie", ""),
        mirrors=document.get("mirrors", False),
    )
