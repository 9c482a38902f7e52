# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HAProxy: the split is a map file, and the same map in the memory of the running process.

PRIVATE to the collection. The file is written first, so that a crash between
the two leaves the newer state where a restart finds it, and the next run sees
that file and memory differ. The map in memory is replaced in one transaction
(``prepare map``, ``add map @version``, ``commit map``; HAProxy 2.4), which no
request sees half done and which also removes what should not be in it.

Servers that are taken out are in a file, too, by the same order; what it looks
like is in ``haproxy_servers.py``.
"""

from __future__ import annotations

import socket
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import (
    BalancerUnreachable,
    CommandRefused,
    LayoutMismatch,
    PermissionMissing,
    UnknownServer,
    Unsupported,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.haproxy_servers import (
    FILE_NAME,
    ServerState,
    Told,
    parse_in_flight,
    parse_server_states,
    parse_told,
    render_told,
    taken_out,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.interface import (
    Command,
    Connection,
    Endpoint,
    Reading,
    Repair,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import Layout
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.split import WHOLE, Split
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.stored_file import text_of
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.writing import writing
from ansible_collections.progressive.delivery.plugins.module_utils._files.atomic import write_file

KEYS = ("share", "header", "sticky")
"""The entries of the map: the second pool's share; 0 or the number of the pool whose header route is open; 0 or 1."""

THIRD = "third_share"
"""A further entry while the third pool has a share: that share. Without it the map is that of two pools."""

ANSWER_TIMEOUT = 10.0
"""Seconds that HAProxy may take over an answer."""


class HAProxy:
    """The driver for one app on one HAProxy; satisfies ``Balancer``."""

    REACHED_BY: t.ClassVar[t.Tuple[str, ...]] = ("socket",)
    CANNOT_MIRROR: t.ClassVar[str] = (
        "HAProxy sends copies only with the help of an SPOE agent beside it or of a Lua script, which takes milliseconds of "
        "each request; nginx and Envoy can"
    )
    CANNOT_TAKE_OUT: t.ClassVar[str] = ""

    def __init__(self, layout: Layout, connection: Connection) -> None:
        self._layout = layout
        self._socket = RuntimeSocket(connection.socket or layout.admin)
        self._map = layout.path("split.map")
        self._servers = layout.path(FILE_NAME)

    def read(self) -> Reading:
        entries = parse_runtime_map(self._ask("show map {0}".format(self._map)))
        faults = entry_faults(entries, self._layout)
        servers = self._server_states()
        told = taken_out(servers)
        stored = self._stored_told()
        repairs = [] if told == stored else [self._repair(told, stored, servers)]
        return Reading(split_from(entries, self._layout), self._stored(), faults, tuple(repairs))

    def generation(self) -> str:
        return parse_description(self._ask("show info"))

    def plan(self, current: Reading, wanted: Split) -> t.List[Command]:
        if current.live == wanted and current.consistent:
            return []
        entries = entries_for(wanted, self._layout)
        commands = []
        if current.stored != wanted:
            commands.append(Command("write", self._map, render_map(entries, self._layout)))
        if current.live != wanted or current.faults:
            commands.append(Command("commit map", self._map, ", ".join("{0} {1}".format(*entry) for entry in entries)))
        return commands + [repair.command for repair in current.repairs]

    def apply(self, commands: t.Sequence[Command]) -> None:
        # One that knows no transactions is found out before the file says what will not be live.
        version = "" if all(command.verb == "write" for command in commands) else self._prepare()
        for command in commands:
            if command.verb == "write":
                self._write(command.target, command.content)
            else:
                self._commit(version, command.content.split(", "))

    def endpoints(self, pool: str) -> t.List[Endpoint]:
        self._layout.servers(pool)
        backend = self._backend(pool)
        servers = parse_server_states(self._ask("show servers state {0}".format(backend)))
        in_flight = parse_in_flight(self._ask("show stat {0} 4 -1".format(backend)))
        stored = self._stored_told() or {}
        return [
            Endpoint(
                server.name,
                server.address,
                server.state,
                in_flight.get(server.name, 0),
                stored.get((backend, server.name), "ready"),
            )
            for server in servers
        ]

    def set_servers(self, pool: str, names: t.Sequence[str], state: str) -> None:
        backend = self._backend(pool)
        servers = self._server_states()
        known = [server.name for server in servers if server.backend == backend]
        unknown = [name for name in names if name not in known]
        if unknown:
            raise UnknownServer("pool '{0}' has no server {1}; it has {2}".format(pool, unknown, sorted(known)))
        told = {**taken_out(servers), **{(backend, name): state for name in names}}
        self._write(self._servers, render_told(told, servers))
        # A server of weight 0 is `ready` and serves nothing, so the weight goes back with the state.
        forms = ["set server {0}/{1} state {2}"]
        if state == "ready":
            forms.append("set server {0}/{1} weight 100%")
        self._tell("; ".join(form.format(backend, name, state) for name in names for form in forms))

    def _backend(self, pool: str) -> str:
        return "{0}.{1}".format(self._layout.app, pool)

    def _server_states(self) -> t.List[ServerState]:
        """The servers of the app's pools, as they are."""
        backends = [self._backend(pool) for pool in self._layout.pools]
        servers = parse_server_states(self._ask("show servers state"))
        return [server for server in servers if server.backend in backends]

    def _prepare(self) -> str:
        """Begin a transaction on the map; the number of its version."""
        answer = self._socket.ask("prepare map {0}".format(self._map))
        version = answer.rpartition(" ")[2].strip()
        if answer.startswith("Unknown command"):
            raise Unsupported("HAProxy 2.4 or newer is needed; it answered 'prepare map' with {0!r}".format(answer))
        if not version.isdigit():
            raise CommandRefused("HAProxy answered 'prepare map' with {0!r}".format(_shortened(answer)))
        return version

    def _commit(self, version: str, entries: t.Sequence[str]) -> None:
        additions = ["add map @{0} {1} {2}".format(version, self._map, entry) for entry in entries]
        self._tell("; ".join(additions + ["commit map @{0} {1}".format(version, self._map)]))

    def _tell(self, line: str) -> None:
        answer = self._socket.ask(line).strip()
        if answer:
            raise CommandRefused("HAProxy answered '{0}' with {1!r}".format(_shortened(line), answer))

    def _ask(self, line: str) -> str:
        answer = self._socket.ask(line)
        if answer.startswith(("Unknown map", "Can't find backend", "No such proxy")):
            raise LayoutMismatch(
                "HAProxy behind {0} answered '{1}' with {2!r}: it runs another configuration".format(
                    self._socket.path, line, answer.strip()
                )
            )
        if answer.startswith(("Permission denied", "Unknown command")):
            raise CommandRefused("HAProxy answered '{0}' with {1!r}".format(line, answer.strip()))
        return answer

    def _stored(self) -> t.Optional[Split]:
        entries = parse_map_file(text_of(self._map) or "")
        return split_from(entries, self._layout) if not entry_faults(entries, self._layout) else None

    def _stored_told(self) -> t.Optional[Told]:
        return parse_told(text_of(self._servers))

    def _repair(self, told: Told, stored: t.Optional[Told], servers: t.Sequence[ServerState]) -> Repair:
        fault = "HAProxy has taken out {0}, and a restart would take out {1}".format(_named(told), _named(stored or {}))
        return Repair(fault, Command("write", self._servers, render_told(told, servers)))

    def _write(self, path: str, content: str) -> None:
        with writing(path):
            write_file(path, content)


class RuntimeSocket:
    """HAProxy's runtime API over its unix socket, one line a connection.

    :param path: the socket; map commands work on it whatever its ``level``
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def ask(self, line: str) -> str:
        """Send *line* (commands joined by ``;``) and return the whole answer.

        :raises BalancerUnreachable: nobody listens, or there is no answer in time
        :raises PermissionMissing: this user may not use the socket
        """
        try:
            return self._exchange(line)
        except PermissionError as error:
            raise PermissionMissing(
                "may not use HAProxy's socket {0}: {1}".format(self.path, error.strerror)
            ) from error
        except OSError as error:
            raise BalancerUnreachable("HAProxy's socket {0} does not answer: {1}".format(self.path, error)) from error

    def _exchange(self, line: str) -> str:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
            channel.settimeout(ANSWER_TIMEOUT)
            channel.connect(self.path)
            channel.sendall(line.encode("utf-8") + b"\n")
            parts = []
            part = channel.recv(65536)
            while part:
                parts.append(part)
                part = channel.recv(65536)
        return b"".join(parts).decode("utf-8", "replace")


Entries = t.Sequence[t.Tuple[str, str]]


def entries_for(split: Split, layout: Layout) -> t.List[t.Tuple[str, str]]:
    """The map's entries for *split*."""
    if split.header is not None and split.header.name.lower() != layout.header.lower():
        raise LayoutMismatch(
            "header: the balancer looks at '{0}', not at '{1}'".format(layout.header, split.header.name)
        )
    route = list(layout.pools).index(split.header.pool) + 1 if split.header else 0
    entries = [("share", str(split.shares[layout.other])), ("header", str(route)), ("sticky", str(int(split.sticky)))]
    third = split.shares.get(layout.third, 0)
    return entries + ([(THIRD, str(third))] if third else [])


def split_from(entries: Entries, layout: Layout) -> Split:
    """What requests meet under *entries*: the first entry of a key counts, and 0 where there is none."""
    values = {key: _number(value) for key, value in reversed(entries)}
    pools = list(layout.pools)
    route = values.get("header", 0)
    header = layout.route_to(pools[route - 1]) if 1 <= route <= len(pools) else None
    return Split(
        shares=layout.division(values.get("share", 0), values.get(THIRD, 0)),
        header=header,
        sticky=values.get("sticky", 0) == 1,
    )


def entry_faults(entries: Entries, layout: Layout) -> t.Tuple[str, ...]:
    """What *entries* has that :func:`entries_for` would never write."""
    limits = {"share": range(WHOLE + 1), "header": range(len(layout.pools) + 1), "sticky": range(2)}
    if layout.third:
        limits[THIRD] = range(1, WHOLE - split_from(entries, layout).shares[layout.other] + 1)
    keys = [key for key, value in entries]
    wrong = [key for key in (*KEYS, THIRD) if keys.count(key) != 1 and (key in KEYS or key in keys)]
    faults = ["{0} entries for {1}".format(keys.count(key), key) for key in wrong]
    faults += ["unknown entry {0}".format(key) for key in keys if key not in limits]
    faults += [
        "{0} is {1!r}".format(key, value)
        for key, value in entries
        if key in limits and not (value.isdigit() and int(value) in limits[key])
    ]
    return tuple(faults)


def render_map(entries: Entries, layout: Layout) -> str:
    """The map file's text: a heading for people, then the entries."""
    numbered = ", ".join("{0} {1}".format(number, pool) for number, pool in enumerate(layout.pools, 1))
    shares = "share of {0}".format(layout.other)
    if layout.third:
        shares += " and {0} of {1}".format(THIRD, layout.third)
    heading = "# {0}: {1} in 1/100 %; header route: 0 closed, {2}; sticky: 0 or 1\n"
    lines = ["{0} {1}\n".format(key, value) for key, value in entries]
    return heading.format(layout.app, shares, numbered) + "".join(lines)


def parse_map_file(text: str) -> t.List[t.Tuple[str, str]]:
    """The entries of a map file, in order."""
    lines = (line.strip() for line in text.splitlines())
    return [_entry(line) for line in lines if line and not line.startswith("#")]


def parse_runtime_map(answer: str) -> t.List[t.Tuple[str, str]]:
    """The entries of ``show map``, whose lines begin with an address."""
    return [_entry(line.partition(" ")[2]) for line in answer.splitlines() if line.strip()]


def parse_description(answer: str) -> str:
    """The ``description`` in ``show info``, or empty where the configuration has none."""
    fields = (line.partition(": ") for line in answer.splitlines())
    return next((value.strip() for name, _colon, value in fields if name.lower() == "description"), "")


def _named(told: Told) -> str:
    """Servers in words."""
    return ", ".join("{0} ({1})".format(name, state) for (_backend, name), state in told.items()) or "no server"


def _entry(line: str) -> t.Tuple[str, str]:
    key, _space, value = line.partition(" ")
    return key, value.strip()


def _number(value: str) -> int:
    try:
        return int(value)
    except ValueError:
        return 0


def _shortened(text: str, limit: int = 200) -> str:
    return text if len(text) <= limit else text[:limit] + "…"
