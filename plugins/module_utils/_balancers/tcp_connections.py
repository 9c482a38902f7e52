# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many TCP connections a process has open to given endpoints, from Linux's ``/proc``.

PRIVATE to the collection. For a balancer that opens one connection for each
request, this is the number of requests in flight.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import Unsupported

TABLES = ("/proc/net/tcp", "/proc/net/tcp6")

_OPEN = {"01", "02", "08"}
"""ESTABLISHED, SYN_SENT, and CLOSE_WAIT: answered by the endpoint, still being read here."""


class Open(t.NamedTuple):
    """One open connection of this host.

    :param peer: address and port of the far end
    :param inode: the kernel's number of the socket
    """

    peer: t.Tuple[str, int]
    inode: str


def count_to(addresses: t.Sequence[str], process: t.Optional[int]) -> t.Dict[str, int]:
    """The open connections to each of *addresses* (``host:port``).

    :param process: only those of this process and its children, where this user may look into them; otherwise,
        and with None, those of the whole host
    :raises Unsupported: the kernel offers no table of connections, or a name cannot be resolved
    """
    connections = [connection for table in TABLES for connection in parse_table(_read(table))]
    own = None if process is None else _sockets_of(process)
    peers = [connection.peer for connection in connections if own is None or connection.inode in own]
    return {address: sum(peers.count(peer) for peer in _resolved(address)) for address in addresses}


def parse_table(text: str) -> t.List[Open]:
    """The open connections in one table."""
    rows = [line.split() for line in text.splitlines()[1:]]
    return [Open(_peer(row[2]), row[9]) for row in rows if len(row) > 9 and row[3] in _OPEN]


def _peer(field: str) -> t.Tuple[str, int]:
    digits, _colon, port = field.partition(":")
    # The kernel prints each 32-bit word in the machine's byte order.
    words = [bytes.fromhex(digits[start : start + 8]) for start in range(0, len(digits), 8)]
    packed = b"".join(word[::-1] if sys.byteorder == "little" else word for word in words)
    address = ipaddress.ip_address(packed)
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address), int(port, 16)


def _resolved(address: str) -> t.Set[t.Tuple[str, int]]:
    host, _colon, port = address.rpartition(":")
    try:
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise Unsupported("cannot count connections to {0}: {1}".format(address, error)) from error
    return {(str(ipaddress.ip_address(entry[4][0])), int(entry[4][1])) for entry in found}


def _sockets_of(process: int) -> t.Optional[t.Set[str]]:
    """The inodes of the sockets of *process* and its children; None when this user may not know."""
    try:
        links = [link for pid in [process] + _children(process) for link in _open_files("/proc/{0}/fd".format(pid))]
    except PermissionError:
        return None
    return {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}


def _open_files(folder: str) -> t.List[str]:
    """What the entries of *folder* link to, without those that are closed meanwhile."""
    links = []
    for name in _listed(folder):
        try:
            links.append(os.readlink(os.path.join(folder, name)))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return links


def _listed(folder: str) -> t.List[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, ProcessLookupError):
        return []


def _children(process: int) -> t.List[int]:
    return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if _parent(pid) == process]


def _parent(pid: int) -> t.Optional[int]:
    try:
        with open("/proc/{0}/stat".format(pid), encoding="utf-8", errors="replace") as handle:
            return int(handle.read().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def _read(table: str) -> str:
    try:
        with open(table, encoding="ascii") as handle:
            return handle.read()
    except FileNotFoundError:
        if table == TABLES[0]:
            raise Unsupported(
                "requests in flight are counted from {0}, which this host has not".format(table)
            ) from None
        return ""
