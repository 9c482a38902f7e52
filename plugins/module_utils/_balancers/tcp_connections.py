# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many TCP connections this host has open to given endpoints, from Linux's ``/proc/net/tcp``.

PRIVATE to the collection. For a balancer that opens one connection for each
request, this is the number of requests in flight. Connections of other
processes of the host to the same endpoints are counted too.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import Unsupported

TABLES = ("/proc/net/tcp", "/proc/net/tcp6")

_OPEN = {"01", "02", "08"}
"""ESTABLISHED, SYN_SENT, and CLOSE_WAIT: answered by the endpoint, still being read here."""

Peer = t.Tuple[str, int]


def count_to(addresses: t.Sequence[str]) -> t.Dict[str, int]:
    """The open connections from this host to each of *addresses* (``host:port``).

    :raises Unsupported: the kernel offers no table of connections, or a name cannot be resolved
    """
    peers = [peer for table in TABLES for peer in parse_table(_read(table))]
    return {address: sum(peers.count(peer) for peer in _resolved(address)) for address in addresses}


def parse_table(text: str) -> t.List[Peer]:
    """The remote ends of the open connections in one table, as (address, port)."""
    rows = [line.split() for line in text.splitlines()[1:]]
    return [_peer(row[2]) for row in rows if len(row) > 3 and row[3] in _OPEN]


def _peer(field: str) -> Peer:
    digits, _colon, port = field.partition(":")
    # The kernel prints each 32-bit word in the machine's byte order.
    words = [bytes.fromhex(digits[start : start + 8]) for start in range(0, len(digits), 8)]
    packed = b"".join(word[::-1] if sys.byteorder == "little" else word for word in words)
    address = ipaddress.ip_address(packed)
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address), int(port, 16)


def _resolved(address: str) -> t.Set[Peer]:
    host, _colon, port = address.rpartition(":")
    try:
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise Unsupported("cannot count connections to {0}: {1}".format(address, error)) from error
    return {(str(ipaddress.ip_address(entry[4][0])), int(entry[4][1])) for entry in found}


def _read(table: str) -> str:
    try:
        with open(table, encoding="ascii") as handle:
            return handle.read()
    except FileNotFoundError:
        if table == TABLES[0]:
            raise Unsupported("requests in flight are counted from {0}, which this host has not".format(table)) from None
        return ""
