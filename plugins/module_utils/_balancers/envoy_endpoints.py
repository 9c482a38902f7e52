# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of Envoy's clusters: what it says of them, and the files in which servers are taken out.

PRIVATE to the collection. Pure: no I/O. A file is written as the role
``balancer`` lays it down, so that what is there can be compared as it is.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import CommandRefused
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import Layout

FILE_NAME = "endpoints-{0}.json"

HEALTH_STATUS = {"ready": "UNKNOWN", "drain": "DRAINING", "maint": "UNHEALTHY"}
"""What Envoy calls the states of a server; UNKNOWN leaves it to the health checks."""

_TYPE = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"
_STATES = {"DRAINING": "drain", "UNHEALTHY": "maint"}

Json = t.Mapping[str, t.Any]


def load_assignment(pool: str, states: t.Mapping[str, str], layout: Layout) -> t.Dict[str, t.Any]:
    """The ``ClusterLoadAssignment`` of *pool* in which the servers at the addresses of *states* were told so."""
    endpoints = [
        {
            "endpoint": {"address": _address(server.address)},
            "health_status": HEALTH_STATUS.get(states.get(server.address, ""), "UNKNOWN"),
        }
        for server in layout.servers(pool)
    ]
    return {"@type": _TYPE, "cluster_name": pool, "endpoints": [{"lb_endpoints": endpoints}]}


def states_in(assignment: Json) -> t.Dict[str, str]:
    """The state that each address would begin with, ``ready``, ``drain`` or ``maint``; empty where it is no assignment."""
    try:
        endpoints = [one for locality in assignment["endpoints"] for one in locality["lb_endpoints"]]
        return {
            address_of(one["endpoint"]["address"]): _STATES.get(one.get("health_status", ""), "ready")
            for one in endpoints
        }
    except (KeyError, TypeError, AttributeError):
        return {}


def parse_hosts(answer: str, cluster: str) -> t.Dict[str, t.Dict[str, t.Any]]:
    """The hosts of *cluster* in ``/clusters?format=json``, by ``host:port``."""
    try:
        clusters = json.loads(answer)["cluster_statuses"]
        hosts = [host for entry in clusters if entry["name"] == cluster for host in entry.get("host_statuses", [])]
        return {address_of(host["address"]): host for host in hosts}
    except (ValueError, KeyError, TypeError) as error:
        raise CommandRefused("Envoy's list of clusters cannot be understood: {0!r}".format(error)) from error


def address_of(address: Json) -> str:
    """``host:port`` of an ``Address``, an IPv6 host in brackets."""
    socket_address = address["socket_address"]
    host = socket_address["address"]
    return "{0}:{1}".format("[{0}]".format(host) if ":" in host else host, socket_address["port_value"])


def told(host: Json) -> str:
    """``drain`` or ``maint`` where one host of ``/clusters`` was told so, else empty."""
    return _STATES.get(host.get("health_status", {}).get("eds_health_status", ""), "")


def state_of(host: Json) -> str:
    """The state of one host of ``/clusters``."""
    health = host.get("health_status", {})
    failing = any(
        health.get(check) for check in ("failed_active_health_check", "failed_active_hc_timeout", "pending_active_hc")
    )
    return told(host) or ("down" if failing else "ready")


def in_flight_of(host: Json) -> int:
    """Requests that one host of ``/clusters`` works on or that wait for a connection to it."""
    gauges = {statistic["name"]: int(statistic.get("value", 0)) for statistic in host.get("stats", [])}
    return gauges.get("rq_active", 0) + gauges.get("rq_pending_active", 0)


def _address(address: str) -> t.Dict[str, t.Any]:
    host, _colon, port = address.rpartition(":")
    return {"socket_address": {"address": host.strip("[]"), "port_value": int(port)}}
