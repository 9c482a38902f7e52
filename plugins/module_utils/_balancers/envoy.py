# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Envoy: the split is a route configuration, and the servers' states are endpoint files, which Envoy takes up when renamed.

PRIVATE to the collection. After the rename Envoy says whether it took the new
version up or refused it; a refused file is put back, because Envoy would not
start with it. What is live is read from ``config_dump``. What the routes look
like is in ``envoy_routes.py``.
"""

from __future__ import annotations

import contextlib
import json
import time
import typing as t
import urllib.parse

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.control_interface import ControlInterface
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.envoy_routes import (
    discovery_response,
    route_configuration,
    split_from,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import (
    CommandRefused,
    LayoutMismatch,
    PermissionMissing,
    UnknownServer,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.interface import (
    Command,
    Connection,
    Endpoint,
    Reading,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import Layout
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.split import Split
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.writing import writing
from ansible_collections.progressive.delivery.plugins.module_utils._files.atomic import write_file

ROUTES = "routes.json"
ENDPOINTS = "endpoints-{0}.json"

TAKEN_UP_TIMEOUT = 10.0
"""Seconds that Envoy may take over a new file."""

PAUSE = 0.005
"""Seconds between two looks at whether it did."""

HEALTH_STATUS = {"ready": "UNKNOWN", "drain": "DRAINING", "maint": "UNHEALTHY"}
"""What Envoy calls the states of a server; UNKNOWN leaves it to the health checks."""


class Envoy:
    """The driver for one app on one Envoy; satisfies ``Balancer``."""

    def __init__(self, layout: Layout, connection: Connection) -> None:
        self._layout = layout
        self._admin = ControlInterface("Envoy's admin interface", connection.admin or layout.admin)
        self._routes = layout.path(ROUTES)

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
        return Reading(live=live, stored=self._stored(), faults=faults)

    def generation(self) -> str:
        """What it was started with, its clusters and its listener, which it takes up one by one."""
        started = parse_node_generation(self._admin.get("/server_info"))
        answer = self._admin.get("/stats?" + urllib.parse.urlencode({"filter": r"\.(lds|cds)\.version_text$"}))
        clusters = parse_statistics(answer, "cluster_manager.cds").get("version_text", "")
        listener = parse_statistics(answer, "listener_manager.lds").get("version_text", "")
        return " ".join([started, clusters, listener])

    def plan(self, current: Reading, wanted: Split) -> t.List[Command]:
        if current.live == wanted and current.consistent:
            return []
        return [Command("write", self._routes, discovery_response(route_configuration(wanted, self._layout)))]

    def apply(self, commands: t.Sequence[Command]) -> None:
        statistics = "http.{0}.rds.{0}".format(self._layout.app)
        for command in commands:
            self._write_and_wait(command.target, command.content, statistics)

    def endpoints(self, pool: str) -> t.List[Endpoint]:
        servers = self._layout.servers(pool)
        hosts = parse_hosts(self._admin.get("/clusters?format=json"), pool)
        absent = [server.address for server in servers if server.address not in hosts]
        if absent:
            raise LayoutMismatch(
                "the Envoy that runs has no endpoint {0}: it runs another configuration".format(absent)
            )
        return [
            Endpoint(server.name, server.address, state_of(hosts[server.address]), in_flight_of(hosts[server.address]))
            for server in servers
        ]

    def set_servers(self, pool: str, names: t.Sequence[str], state: str) -> None:
        addresses = {server.name: server.address for server in self._layout.servers(pool)}
        unknown = [name for name in names if name not in addresses]
        if unknown:
            raise UnknownServer("pool '{0}' has no server {1}; it has {2}".format(pool, unknown, sorted(addresses)))
        path = self._layout.path(ENDPOINTS.format(pool))
        document = self._read_json(path)
        if document is None:
            raise LayoutMismatch("{0} is not there, or is no JSON".format(path))
        assignment = with_states(document["resources"][0], {addresses[name] for name in names}, HEALTH_STATUS[state])
        self._write_and_wait(path, discovery_response(assignment), "cluster.{0}".format(pool))

    def _running_routes(self) -> t.Dict[str, t.Any]:
        configurations = parse_routes(self._admin.get("/config_dump?resource=dynamic_route_configs"))
        if self._layout.app not in configurations:
            raise LayoutMismatch(
                "Envoy at {0} has no routes for app '{1}': it runs another configuration, or refused the routes when it "
                "started".format(self._admin.address, self._layout.app)
            )
        return configurations[self._layout.app]

    def _stored(self) -> t.Optional[Split]:
        document = self._read_json(self._routes)
        configuration = document["resources"][0] if document and document.get("resources") else {}
        stored = split_from(configuration, self._layout)
        return stored if stored and configuration == route_configuration(stored, self._layout) else None

    def _read_json(self, path: str) -> t.Optional[t.Dict[str, t.Any]]:
        try:
            with open(path, encoding="utf-8") as handle:
                document = json.load(handle)
        except (FileNotFoundError, ValueError):
            return None
        except PermissionError as error:
            raise PermissionMissing("cannot read {0}: {1}".format(path, error.strerror)) from error
        return document if isinstance(document, dict) else None

    def _write_and_wait(self, path: str, content: str, statistics: str) -> None:
        """Replace the file at *path* and return once Envoy took it up.

        :raises CommandRefused: it did not; if it refused it, the old file is back
        """
        version = json.loads(content)["version_info"]
        before = self._statistics(statistics)
        old = _content(path)
        with writing(path):
            write_file(path, content)
        if not self._taken_up(statistics, before, version):
            if old is not None:
                write_file(path, old)
            raise CommandRefused("Envoy refused {0}, and serves as before; its log tells why".format(path))

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


def parse_hosts(answer: str, cluster: str) -> t.Dict[str, t.Dict[str, t.Any]]:
    """The hosts of *cluster* in ``/clusters?format=json``, by ``host:port``."""
    try:
        clusters = json.loads(answer)["cluster_statuses"]
        hosts = [host for entry in clusters if entry["name"] == cluster for host in entry.get("host_statuses", [])]
        return {address_of(host["address"]): host for host in hosts}
    except (ValueError, KeyError, TypeError) as error:
        raise CommandRefused("Envoy's list of clusters cannot be understood: {0!r}".format(error)) from error


def address_of(address: t.Mapping[str, t.Any]) -> str:
    """``host:port`` of an ``Address``, an IPv6 host in brackets."""
    socket_address = address["socket_address"]
    host = socket_address["address"]
    return "{0}:{1}".format("[{0}]".format(host) if ":" in host else host, socket_address["port_value"])


def state_of(host: t.Mapping[str, t.Any]) -> str:
    """The state of one host of ``/clusters``."""
    health = host.get("health_status", {})
    told = {"DRAINING": "drain", "UNHEALTHY": "maint"}.get(health.get("eds_health_status", ""))
    if told:
        return told
    failing = any(
        health.get(check) for check in ("failed_active_health_check", "failed_active_hc_timeout", "pending_active_hc")
    )
    return "down" if failing else "ready"


def in_flight_of(host: t.Mapping[str, t.Any]) -> int:
    """Requests that one host of ``/clusters`` works on or that wait for a connection to it."""
    gauges = {statistic["name"]: int(statistic.get("value", 0)) for statistic in host.get("stats", [])}
    return gauges.get("rq_active", 0) + gauges.get("rq_pending_active", 0)


def with_states(assignment: t.Mapping[str, t.Any], addresses: t.AbstractSet[str], status: str) -> t.Dict[str, t.Any]:
    """A copy of a ``ClusterLoadAssignment`` in which the endpoints at *addresses* have the health *status*."""
    copy: t.Dict[str, t.Any] = json.loads(json.dumps(assignment))
    for locality in copy["endpoints"]:
        for endpoint in locality["lb_endpoints"]:
            if address_of(endpoint["endpoint"]["address"]) in addresses:
                endpoint["health_status"] = status
    return copy


def _content(path: str) -> t.Optional[str]:
    with contextlib.suppress(FileNotFoundError), open(path, encoding="utf-8") as handle:
        return handle.read()
    return None
