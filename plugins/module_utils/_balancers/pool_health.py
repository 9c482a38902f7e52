# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a pool can take traffic: asked by this host, and of the balancer where it has a view.

PRIVATE to the collection.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import http.client
import math
import re
import socket
import time
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import UnhealthyPool
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.interface import Endpoint
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import Server
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.seconds import check_seconds
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._quorum import needed

PAUSE = 0.1
"""Seconds between two rounds of asking."""

MOST_AT_ONCE = 32
"""Endpoints that are asked at the same time."""

LONGEST_LINE = 4096
"""Bytes in which the first line of an answer must end."""


@dataclasses.dataclass(frozen=True)
class HealthPolicy:
    """When a pool counts as healthy.

    :param path: what is asked of each endpoint; a 2xx answer is healthy. Empty: a TCP connection is enough
    :param timeout: seconds that one endpoint may take, from the connection to the status of its answer
    :param quorum: ``all``, a count, or a percentage such as ``60%``
    :param wait: seconds to wait for the pool before it counts as unhealthy
    :param check: False for a return in haste: one endpoint that accepts a TCP connection is enough
    """

    path: str = "/readyz"
    timeout: float = 2.0
    quorum: str = "all"
    wait: float = 5.0
    check: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.timeout < math.inf:
            raise InvalidOption("health.timeout is {0:g}; it must be a number of seconds above 0".format(self.timeout))
        check_seconds("health.wait", self.wait)

    def needed(self, total: int) -> int:
        """How many of *total* endpoints must be healthy, at least one; raises InvalidOption."""
        return needed(self.quorum, total, "health.quorum") if self.check else 1


def require_healthy(
    pool: str, servers: t.Sequence[Server], policy: HealthPolicy, balancer_view: t.Callable[[], t.Sequence[Endpoint]]
) -> None:
    """Return as soon as *pool* is healthy, for this host and for the balancer.

    :param balancer_view: the pool's endpoints as the balancer sees them; not asked in haste
    :raises UnhealthyPool: it did not become healthy in time; nothing was changed
    """
    needed = policy.needed(len(servers))
    deadline = time.monotonic() + (policy.wait if policy.check else 0)
    ailments = _ailments(servers, policy, balancer_view)
    while len(servers) - len(ailments) < needed:
        if time.monotonic() >= deadline:
            raise UnhealthyPool(_verdict(pool, needed, servers, ailments), endpoints=ailments)
        time.sleep(PAUSE)
        ailments = _ailments(servers, policy, balancer_view)


def _ailments(
    servers: t.Sequence[Server], policy: HealthPolicy, balancer_view: t.Callable[[], t.Sequence[Endpoint]]
) -> t.Dict[str, str]:
    """What is wrong with each server that is not healthy."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=min(MOST_AT_ONCE, len(servers))) as asking:
        reasons = list(asking.map(lambda server: probe(server.address, policy), servers))
    ailments = {server.name: reason for server, reason in zip(servers, reasons) if reason}
    if policy.check:
        view = {endpoint.name: endpoint.state for endpoint in balancer_view()}
        for server in servers:
            if view.get(server.name) not in ("ready", "unknown"):
                ailments.setdefault(server.name, "the balancer has it as '{0}'".format(view.get(server.name, "absent")))
    return ailments


def probe(address: str, policy: HealthPolicy) -> t.Optional[str]:
    """Why the endpoint at *address* cannot take traffic, or None when it can."""
    host, _colon, port = address.rpartition(":")
    try:
        if policy.check and policy.path:
            return _ask(host.strip("[]"), int(port), policy)
        with socket.create_connection((host.strip("[]"), int(port)), timeout=policy.timeout):
            return None
    except (OSError, http.client.HTTPException) as error:
        return "{0}: {1}".format(address, error or type(error).__name__)


def _ask(host: str, port: int, policy: HealthPolicy) -> t.Optional[str]:
    deadline = time.monotonic() + policy.timeout
    channel = http.client.HTTPConnection(host, port, timeout=policy.timeout)
    try:
        channel.request("GET", policy.path)
        status = _status(channel.sock, deadline)
    finally:
        channel.close()
    return None if 200 <= status < 300 else "{0}:{1}{2} answered {3}".format(host, port, policy.path, status)


def _status(channel: socket.socket, deadline: float) -> int:
    """The status in the first line of the answer; http.client would wait anew for each byte of it."""
    line = b""
    while b"\n" not in line and len(line) < LONGEST_LINE:
        left = deadline - time.monotonic()
        if left <= 0:
            raise socket.timeout("timed out")
        channel.settimeout(left)
        part = channel.recv(LONGEST_LINE)
        if not part:
            raise http.client.RemoteDisconnected("closed the connection without an answer")
        line += part
    found = re.match(rb"HTTP/1\.[01] ([1-5][0-9]{2})\b", line)
    if found is None:
        raise http.client.BadStatusLine(repr(line[:40]))
    return int(found.group(1))


def _verdict(pool: str, needed: int, servers: t.Sequence[Server], ailments: t.Mapping[str, str]) -> str:
    return "pool '{0}' is not healthy: {1} of {2} endpoints are, {3} must be; {4}".format(
        pool,
        len(servers) - len(ailments),
        len(servers),
        needed,
        "; ".join("{0}: {1}".format(name, reason) for name, reason in ailments.items()),
    )
