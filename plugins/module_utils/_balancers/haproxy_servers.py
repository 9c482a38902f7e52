# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HAProxy's servers: what it says of them, and the file by which a restart finds those that were taken out.

PRIVATE to the collection. Pure: no I/O. The file has the form of HAProxy's own
server-state file, ``show servers state``, but names only servers that were told
``drain`` or ``maint``: an old file can then take no server for up or down.
"""

from __future__ import annotations

import csv
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import CommandRefused

FILE_NAME = "servers.state"

COLUMNS = (
    "be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight"
    " srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state"
    " bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord"
)

_MAINTENANCE = 0x01 | 0x02 | 0x04 | 0x20 | 0x40
_DRAIN = 0x08 | 0x10
_STOPPED = 0
_ADMIN_STATE = {"drain": 0x08, "maint": 0x01}


class ServerState(t.NamedTuple):
    """One server as a line of ``show servers state`` has it.

    :param state: ``ready``, ``down``, ``drain`` or ``maint``
    """

    backend: str
    name: str
    host: str
    port: str
    state: str

    @property
    def address(self) -> str:
        """``host:port``, an IPv6 host in brackets."""
        return "{0}:{1}".format("[{0}]".format(self.host) if ":" in self.host else self.host, self.port)


Told = t.Mapping[t.Tuple[str, str], str]
"""The state of each server that was taken out, by backend and name."""


def parse_server_states(answer: str) -> t.List[ServerState]:
    """The servers in ``show servers state``, or in the file."""
    lines = [line for line in answer.splitlines() if line.strip()]
    if len(lines) < 2 or not lines[1].startswith("# "):
        raise CommandRefused("HAProxy answered 'show servers state' with {0!r}".format(answer[:200]))
    columns = lines[1][2:].split()
    try:
        return [_server(dict(zip(columns, line.split()))) for line in lines[2:]]
    except (KeyError, ValueError) as error:
        raise CommandRefused("HAProxy's list of servers cannot be understood: {0!r}".format(error)) from error


def parse_in_flight(answer: str) -> t.Dict[str, int]:
    """Requests at each server in ``show stat``: those it works on and those queued for it."""
    rows = csv.DictReader(answer.lstrip("# ").splitlines())
    return {row["svname"]: int(row["scur"] or 0) + int(row["qcur"] or 0) for row in rows}


def taken_out(servers: t.Iterable[ServerState]) -> Told:
    """Those of *servers* that are in ``drain`` or ``maint``."""
    return {(server.backend, server.name): server.state for server in servers if server.state in _ADMIN_STATE}


def parse_told(text: t.Optional[str]) -> t.Optional[Told]:
    """The servers that the file takes out, which are none where there is no file; None where it is no such file."""
    if not text:
        return {}
    try:
        return taken_out(parse_server_states(text))
    except CommandRefused:
        return None


def render_told(told: Told, servers: t.Iterable[ServerState]) -> str:
    """The file that takes out those of *servers* that were *told* to drain or into maintenance.

    Without a host, so that the one of the configuration counts. The port must be there, and counts; the role
    ``balancer`` keeps it that of the configuration.
    """
    form = "0 {0} 0 {1} - 2 {2} 1 1 0 0 0 0 0 0 0 0 - {3} -\n"
    states = ((server, told.get((server.backend, server.name), "")) for server in servers)
    lines = [
        form.format(server.backend, server.name, _ADMIN_STATE[state], server.port)
        for server, state in states
        if state in _ADMIN_STATE
    ]
    return "1\n# {0}\n{1}".format(COLUMNS, "".join(lines))


def _server(row: t.Mapping[str, str]) -> ServerState:
    return ServerState(row["be_name"], row["srv_name"], row["srv_addr"], row["srv_port"], _state(row))


def _state(row: t.Mapping[str, str]) -> str:
    admin = int(row["srv_admin_state"])
    if admin & _MAINTENANCE:
        return "maint"
    if admin & _DRAIN or int(row["srv_uweight"]) == 0:
        return "drain"
    return "down" if int(row["srv_op_state"]) == _STOPPED else "ready"
