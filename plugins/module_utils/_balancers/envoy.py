# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Envoy: the split is a route configuration, and the servers' states are endpoint files, which Envoy takes up when renamed.

PRIVATE to the collection. After the rename Envoy says whether it took the new
version up or refused it; a refused file is put back, because Envoy would not
start with it. What is live is read from ``config_dump`` and ``clusters``. What
the files look like is in ``envoy_routes.py`` and ``envoy_endpoints.py``.
"""

from __future__ import annotations

import json
import time
import typing as t
import urllib.parse

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.control_interface import ControlInterface
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.envoy_endpoints import (
    FILE_NAME,
    in_flight_of,
    load_assignment,
    parse_hosts,
    state_of,
    states_in,
    told,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.envoy_routes import (
    discovery_response,
    route_configuration,
    split_from,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import (
    CommandRefused,
    LayoutMismatch,
    UnknownServer,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.interface import (
    Command,
    Connection,
    Endpoint,
    Reading,
    Repair,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import Layout
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.split import Split
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.stored_file import text_of
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.writing import writing
from ansible_collections.progressive.delivery.plugins.module_utils._files.atomic import write_file

ROUTES = "routes.json"

TAKEN_UP_TIMEOUT = 10.0
"""Seconds that Envoy may take over a new file."""

PAUSE = 0.005
"""Seconds between two looks at whether it did."""


class Envoy:
    """The driver for one app on one Envoy; satisfies ``Balancer``."""

    REACHED_BY: t.ClassVar[t.Tuple[str, ...]] = ("admin",)
    CANNOT_MIRROR: t.ClassVar[str] = ""
    CANNOT_TAKE_OUT: t.ClassVar[str] = ""

    def __init__(self, layout: Layout, connection: Connection) -> None:
        self._layout = layout
        self._admin = ControlInterface("Envoy's admin interface", connection.admin or layout.admin)
        self._routes = layout.path(ROUTES)
        self._pool_files = {pool: layout.path(FILE_NAME.format(pool)) for pool in layout.pools}

    def read(self) -> Reading:
        running = self._running_routes()
        live = split_from(running, self._layout)
        if live is None:
            raise LayoutMismatch(
                "the routes that Envoy at {0} runs divide nothing between {1}: they were not written by this collection".format(
                    self._admin.address, list(self._layout.pools)
                )
            )
        expected = route_configuration(live, self._layout)
        faults = () if running == expected else ("the routes that Envoy runs are not those that stand for their split",)
        return Reading(live=live, stored=self._stored(), faults=faults, repairs=self._repairs())

    def generation(self) -> str:
        """What it was started with, its clusters and its listener, which it takes up one by one."""
        started = parse_node_generation(self._admin.get("/server_info"))
        answer = self._admin.get("/stats?" + urllib.parse.urlencode({"filter": r"\.(lds|cds)\.version_text$"}))
        clusters = parse_statistics(answer, "cluster_manager.cds").get("version_text", "")
        listener = parse_statistics(answer, "listener_manager.lds").get("version_text", "")
        return " ".join([started, clusters, listener])

    def plan(self, current: Reading, wanted: Split) -> t.List[Command]:
        commands = []
        if current.live != wanted or current.stored != wanted or current.faults:
            content = discovery_response(route_configuration(wanted, self._layout))
            commands.append(Command("write", self._routes, content))
        return commands + [repair.command for repair in current.repairs]

    def apply(self, commands: t.Sequence[Command]) -> None:
        for command in commands:
            self._write_and_wait(command.target, command.content)

    def endpoints(self, pool: str) -> t.List[Endpoint]:
        servers = self._layout.servers(pool)
        hosts = self._hosts(pool)
        absent = [server.address for server in servers if server.address not in hosts]
        if absent:
            raise LayoutMismatch(
                "the Envoy that runs has no endpoint {0}: it runs another configuration".format(absent)
            )
        stored = states_in(self._resource(self._pool_files[pool]))
        return [
            Endpoint(
                server.name,
                server.address,
                state_of(hosts[server.address]),
                in_flight_of(hosts[server.address]),
                stored.get(server.address, "absent"),
            )
            for server in servers
        ]

    def set_servers(self, pool: str, names: t.Sequence[str], state: str) -> None:
        addresses = {server.name: server.address for server in self._layout.servers(pool)}
        unknown = [name for name in names if name not in addresses]
        if unknown:
            raise UnknownServer("pool '{0}' has no server {1}; it has {2}".format(pool, unknown, sorted(addresses)))
        states = {address: told(host) for address, host in self._hosts(pool).items()}
        states.update({addresses[name]: state for name in names})
        assignment = load_assignment(pool, states, self._layout)
        self._write_and_wait(self._pool_files[pool], discovery_response(assignment))

    def _hosts(self, pool: str) -> t.Dict[str, t.Dict[str, t.Any]]:
        return parse_hosts(self._admin.get("/clusters?format=json"), pool)

    def _repairs(self) -> t.Tuple[Repair, ...]:
        """For each pool whose file would bring other states than those that are live, the file that would not."""
        answer = self._admin.get("/clusters?format=json")
        repairs = []
        for pool, path in self._pool_files.items():
            hosts = parse_hosts(answer, pool)
            if set(hosts) != {server.address for server in self._layout.servers(pool)}:
                # The role is laying down other endpoints; endpoints() tells who asks for those that are not there.
                continue
            states = {address: told(host) for address, host in hosts.items()}
            assignment = load_assignment(pool, states, self._layout)
            if self._resource(path) != assignment:
                fault = "{0} does not say what Envoy runs: {1}".format(path, _named(states))
                repairs.append(Repair(fault, Command("write", path, discovery_response(assignment))))
        return tuple(repairs)

    def _running_routes(self) -> t.Dict[str, t.Any]:
        configurations = parse_routes(self._admin.get("/config_dump?resource=dynamic_route_configs"))
        if self._layout.app not in configurations:
            raise LayoutMismatch(
                "Envoy at {0} has no routes for app '{1}': it runs another configuration, or refused the routes when it "
                "started".format(self._admin.address, self._layout.app)
            )
        return configurations[self._layout.app]

    def _stored(self) -> t.Optional[Split]:
        configuration = self._resource(self._routes)
        stored = split_from(configuration, self._layout)
        return stored if stored and configuration == route_configuration(stored, self._layout) else None

    def _resource(self, path: str) -> t.Dict[str, t.Any]:
        """The one resource in the file at *path*; empty where there is no such file."""
        try:
            [resource] = json.loads(text_of(path) or "")["resources"]
        except (ValueError, KeyError, TypeError):
            return {}
        return resource if isinstance(resource, dict) else {}

    def _write_and_wait(self, path: str, content: str) -> None:
        """Replace the file at *path* and return once Envoy took it up.

        :raises CommandRefused: it did not; if it refused it, the old file is back
        """
        version = json.loads(content)["version_info"]
        statistics = self._statistics_of(path)
        before = self._statistics(statistics)
        old = text_of(path)
        with writing(path):
            write_file(path, content)
        if not self._taken_up(statistics, before, version):
            if old is not None:
                with writing(path):
                    write_file(path, old)
            raise CommandRefused("Envoy refused {0}, and serves as before; its log tells why".format(path))

    def _statistics_of(self, path: str) -> str:
        """The name below which Envoy counts what it took up from the file at *path*."""
        names = {file: "cluster.{0}".format(pool) for pool, file in self._pool_files.items()}
        return names.get(path, "http.{0}.rds.{0}".format(self._layout.app))

    def _taken_up(self, name: str, before: t.Mapping[str, str], version: str) -> bool:
        deadline = time.monotonic() + TAKEN_UP_TIMEOUT
        while time.monotonic() < deadline:
            now = self._statistics(name)
            risen = {key for key in now if now[key] != before.get(key)}
            if "update_success" in risen and now["version_text"] == version:
                return True
            if risen & {"update_rejected", "update_failure"}:
                return False
            time.sleep(PAUSE)
        raise CommandRefused(
            "Envoy did not take up version {0} of {1} within {2:g} s".format(version, name, TAKEN_UP_TIMEOUT)
        )

    def _statistics(self, name: str) -> t.Dict[str, str]:
        pattern = r"^{0}\.(version_text|update_(success|rejected|failure))$".format(name.replace(".", r"\."))
        answer = self._admin.get("/stats?" + urllib.parse.urlencode({"filter": pattern}))
        statistics = parse_statistics(answer, name)
        if "update_success" not in statistics:
            raise LayoutMismatch(
                "Envoy at {0} has no {1}: it runs another configuration".format(self._admin.address, name)
            )
        return statistics


def parse_node_generation(answer: str) -> str:
    """The generation in the metadata of the node in ``/server_info``, or empty where it has none."""
    try:
        return str(json.loads(answer)["node"].get("metadata", {}).get("generation", ""))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CommandRefused("Envoy's description of itself cannot be understood: {0!r}".format(error)) from error


def parse_routes(answer: str) -> t.Dict[str, t.Dict[str, t.Any]]:
    """The route configurations in ``/config_dump?resource=dynamic_route_configs``, by name."""
    try:
        entries = json.loads(answer).get("configs", [])
        return {entry["route_config"]["name"]: entry["route_config"] for entry in entries if "route_config" in entry}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CommandRefused("Envoy's list of routes cannot be understood: {0!r}".format(error)) from error


def parse_statistics(answer: str, name: str) -> t.Dict[str, str]:
    """The values below *name* in the text form of ``/stats``, without quotes."""
    lines = [line.partition(": ") for line in answer.splitlines()]
    return {key[len(name) + 1 :]: value.strip('"') for key, _colon, value in lines if key.startswith(name + ".")}


def _named(states: t.Mapping[str, str]) -> str:
    """The states of servers by address, in words."""
    return ", ".join("{0} {1}".format(address, state or "ready") for address, state in states.items())
