# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the driver for Envoy makes of Envoy's answers, and what it does when Envoy refuses a file."""

from __future__ import annotations

import json
import re

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._balancers import envoy, envoy_endpoints
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.envoy_routes import (
    discovery_response,
    route_configuration,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import (
    CommandRefused,
    LayoutMismatch,
    NotWritten,
    PermissionMissing,
    UnknownServer,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.interface import Connection
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import Layout, Server
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.split import WHOLE, Split


def split_of(green):
    return Split({"blue": WHOLE - green, "green": green})


def layout_in(directory):
    return Layout(
        app="shop",
        balancer="envoy",
        directory=str(directory),
        pools={
            "blue": [Server("blue1", "127.0.0.1:8001"), Server("blue2", "127.0.0.1:8002")],
            "green": [Server("green1", "[::1]:8101")],
        },
        header="X-Preview",
        cookie="shop_bucket",
        listen="127.0.0.1:80",
        admin="/run/envoy.sock",
    )


def host(address, port, in_flight=0, waiting=0, **health):
    return {
        "address": {"socket_address": {"address": address, "port_value": port}},
        "stats": [
            {"name": "rq_total", "value": "77"},
            {"name": "rq_active", "type": "GAUGE", **({"value": str(in_flight)} if in_flight else {})},
            {"name": "rq_pending_active", "type": "GAUGE", **({"value": str(waiting)} if waiting else {})},
        ],
        "health_status": {"eds_health_status": "HEALTHY", **health},
    }


class FakeEnvoy:
    """Stands for the admin interface of an Envoy that takes up or refuses what is at *path*, or never looks.

    :param attitude: ``takes``, ``refuses`` or ``sleeps``
    :param told: what the endpoints were told, by ``host:port``; the others of the layout are healthy
    """

    address = "/run/envoy.sock"

    def __init__(self, path, statistics, attitude="takes", running=None, told=()):
        self._path = path
        self._name = statistics
        self._attitude = attitude
        self.running = running
        self.seen = path.read_text() if path.exists() else None
        self.counters = {"update_success": 1, "update_rejected": 0, "update_failure": 0}
        self.version = "first"
        self.told = dict(told)

    def get(self, path, host=None):
        if path.startswith("/clusters"):
            return self._clusters()
        if path.startswith("/config_dump"):
            entry = {"version_info": self.version, "route_config": self.running}
            return json.dumps({"configs": [entry] if self.running else []})
        self._look()
        lines = ["{0}.{1}: {2}".format(self._name, key, count) for key, count in self.counters.items()]
        return "\n".join(
            ['{0}.version_text: "{1}"'.format(self._name, self.version), *lines, "other.update_success: 9"]
        )

    def _clusters(self):
        pools = layout_in("/").pools.items()
        return json.dumps(
            {
                "cluster_statuses": [
                    {"name": pool, "host_statuses": [self._host(server.address) for server in servers]}
                    for pool, servers in pools
                ]
            }
        )

    def _host(self, address):
        name, _colon, port = address.rpartition(":")
        return host(name.strip("[]"), int(port), eds_health_status=self.told.get(address, "HEALTHY"))

    def _look(self):
        now = self._path.read_text() if self._path.exists() else None
        if now == self.seen or self._attitude == "sleeps":
            return
        self.seen = now
        if self._attitude == "refuses":
            self.counters["update_rejected"] += 1
            return
        document = json.loads(now)
        self.counters["update_success"] += 1
        self.version = document["version_info"]
        [resource] = document["resources"]
        if "virtual_hosts" in resource:
            self.running = resource
            return
        states = {address: state for address, state in envoy_endpoints.states_in(resource).items() if state != "ready"}
        self.told = {address: envoy_endpoints.HEALTH_STATUS[state] for address, state in states.items()}


@pytest.fixture
def laid_down(tmp_path):
    """A driver, and the file of its routes with all traffic on blue."""
    layout = layout_in(tmp_path)
    routes = tmp_path / "routes.json"
    routes.write_text(discovery_response(route_configuration(split_of(0), layout)))
    for pool in layout.pools:
        assignment = envoy_endpoints.load_assignment(pool, {}, layout)
        (tmp_path / f"endpoints-{pool}.json").write_text(discovery_response(assignment))
    driven = envoy.Envoy(layout, Connection())

    def answered_by(attitude="takes"):
        running = json.loads(routes.read_text())["resources"][0]
        driven._admin = FakeEnvoy(routes, "http.shop.rds.shop", attitude, running)
        return driven

    return answered_by, routes


def test_a_change_is_read_back(laid_down):
    answered_by, _routes = laid_down
    driven = answered_by()
    driven.apply(driven.plan(driven.read(), split_of(2500)))
    reading = driven.read()
    assert reading.live == reading.stored == split_of(2500)
    assert reading.consistent
    assert driven.plan(reading, split_of(2500)) == []


def test_a_refused_file_is_put_back(laid_down):
    answered_by, routes = laid_down
    before = routes.read_text()
    driven = answered_by("refuses")
    with pytest.raises(CommandRefused, match="serves as before"):
        driven.apply(driven.plan(driven.read(), split_of(2500)))
    assert routes.read_text() == before
    assert driven.read().consistent


def test_an_envoy_that_never_looks_is_reported(laid_down, monkeypatch):
    answered_by, _routes = laid_down
    driven = answered_by("sleeps")
    monkeypatch.setattr(envoy, "TAKEN_UP_TIMEOUT", 0.0)
    with pytest.raises(CommandRefused, match="did not take up"):
        driven.apply(driven.plan(driven.read(), split_of(2500)))
    # what is live and what is on disk now differ, which the next run sees
    assert not driven.read().consistent


@pytest.mark.parametrize("text", [None, "nonsense", "[]", "{}", '{"resources": []}', '{"resources": {"a": 1}}'])
def test_a_file_that_is_missing_or_nonsense_is_repaired(laid_down, text):
    answered_by, routes = laid_down
    driven = answered_by()
    if text is None:
        routes.unlink()
    else:
        routes.write_text(text)
    reading = driven.read()
    assert reading.live == split_of(0)
    assert reading.stored is None
    assert driven.plan(reading, split_of(0)) != []


def test_routes_that_were_tampered_with_are_a_fault(laid_down):
    answered_by, _routes = laid_down
    driven = answered_by()
    driven._admin.running["virtual_hosts"][0]["retry_policy"] = {"retry_on": "5xx"}
    reading = driven.read()
    assert reading.live == split_of(0)
    assert reading.faults
    assert driven.plan(reading, split_of(0)) != []


@pytest.mark.parametrize("running", [None, {"name": "other"}, {"name": "shop", "virtual_hosts": []}])
def test_an_envoy_with_other_routes_is_reported(laid_down, running):
    answered_by, _routes = laid_down
    driven = answered_by()
    driven._admin.running = running
    with pytest.raises(LayoutMismatch):
        driven.read()


@pytest.mark.parametrize("answer", ["not JSON", "[]", '{"configs": [{"route_config": {}}]}'])
def test_an_answer_that_is_not_envoys_is_reported(answer):
    with pytest.raises(CommandRefused):
        envoy.parse_routes(answer)


def test_statistics_are_those_of_one_name():
    answer = 'a.b.version_text: "x"\na.b.update_success: 3\na.bc.update_success: 4\n'
    assert envoy.parse_statistics(answer, "a.b") == {"version_text": "x", "update_success": "3"}


@pytest.mark.parametrize(
    ("health", "state"),
    [
        ({}, "ready"),
        ({"failed_active_health_check": True}, "down"),
        ({"pending_active_hc": True}, "down"),
        ({"eds_health_status": "DRAINING"}, "drain"),
        ({"eds_health_status": "DRAINING", "failed_active_health_check": True}, "drain"),
        ({"eds_health_status": "UNHEALTHY"}, "maint"),
    ],
)
def test_the_state_of_a_host(health, state):
    assert envoy_endpoints.state_of(host("127.0.0.1", 8001, **health)) == state


def test_requests_in_flight_are_those_worked_on_and_those_that_wait():
    assert envoy_endpoints.in_flight_of(host("127.0.0.1", 8001)) == 0
    assert envoy_endpoints.in_flight_of(host("127.0.0.1", 8001, in_flight=2, waiting=3)) == 5


def test_endpoints_are_found_by_address(tmp_path):
    answer = {
        "cluster_statuses": [
            {"name": "blue", "host_statuses": [host("127.0.0.1", 8002, in_flight=1), host("127.0.0.1", 8001)]},
            {"name": "green", "host_statuses": [host("::1", 8101)]},
        ]
    }
    hosts = envoy_endpoints.parse_hosts(json.dumps(answer), "blue")
    assert {address: envoy_endpoints.in_flight_of(found) for address, found in hosts.items()} == {
        "127.0.0.1:8001": 0,
        "127.0.0.1:8002": 1,
    }
    assert list(envoy_endpoints.parse_hosts(json.dumps(answer), "green")) == ["[::1]:8101"]
    assert envoy_endpoints.parse_hosts(json.dumps(answer), "yellow") == {}


@pytest.mark.parametrize("answer", ["not JSON", "{}", '{"cluster_statuses": [{}]}'])
def test_a_list_of_clusters_that_is_none_is_reported(answer):
    with pytest.raises(CommandRefused):
        envoy_endpoints.parse_hosts(answer, "blue")


@pytest.fixture
def endpoints(tmp_path):
    """A driver, and the file of blue's endpoints, both ready."""
    layout = layout_in(tmp_path)
    path = tmp_path / "endpoints-blue.json"
    path.write_text(discovery_response(envoy_endpoints.load_assignment("blue", {}, layout)))
    driven = envoy.Envoy(layout, Connection())

    def answered_by(attitude="takes", told=()):
        driven._admin = FakeEnvoy(path, "cluster.blue", attitude, told=told)
        return driven

    return answered_by, path


def statuses_in(path):
    """What the file tells each endpoint."""
    written = json.loads(path.read_text())["resources"][0]["endpoints"][0]["lb_endpoints"]
    return [endpoint["health_status"] for endpoint in written]


def test_servers_change_in_one_file(endpoints):
    answered_by, path = endpoints
    answered_by().set_servers("blue", ["blue2"], "drain")
    assert statuses_in(path) == ["UNKNOWN", "DRAINING"]


def test_servers_that_are_not_named_stay_as_they_are_live(endpoints):
    answered_by, path = endpoints
    answered_by(told={"127.0.0.1:8001": "UNHEALTHY"}).set_servers("blue", ["blue2"], "drain")
    assert statuses_in(path) == ["UNHEALTHY", "DRAINING"]


@pytest.mark.parametrize("text", [None, "nonsense", "{}", '{"resources": []}', '{"resources": [{"endpoints": 1}]}'])
def test_endpoints_whose_file_is_missing_or_nonsense_would_be_absent_and_are_laid_down_again(endpoints, text):
    answered_by, path = endpoints
    path.unlink() if text is None else path.write_text(text)
    driven = answered_by()
    assert [endpoint.stored for endpoint in driven.endpoints("blue")] == ["absent", "absent"]
    driven.set_servers("blue", ["blue1"], "maint")
    assert statuses_in(path) == ["UNHEALTHY", "UNKNOWN"]


def test_an_unknown_server_changes_nothing(endpoints):
    answered_by, path = endpoints
    before = path.read_text()
    with pytest.raises(UnknownServer, match=re.escape("['blue9']")):
        answered_by().set_servers("blue", ["blue1", "blue9"], "maint")
    assert path.read_text() == before


def test_states_that_a_restart_would_bring_are_a_fault_and_put_right(laid_down, tmp_path):
    # given an endpoint that somebody took out in a file that Envoy does not look at
    answered_by, _routes = laid_down
    driven = answered_by()
    path = tmp_path / "endpoints-green.json"
    path.write_text(path.read_text().replace("UNKNOWN", "UNHEALTHY"))
    reading = driven.read()
    assert reading.out_of_order == (f"{path} does not say what Envoy runs: [::1]:8101 ready",)
    assert not reading.consistent
    [endpoint] = driven.endpoints("green")
    assert (endpoint.state, endpoint.stored) == ("ready", "maint")
    # then the plan for the split that is live writes that file alone
    [command] = driven.plan(reading, split_of(0))
    assert command.target == str(path)
    driven._admin = FakeEnvoy(path, "cluster.green", running=driven._admin.running)
    driven.apply([command])
    assert statuses_in(path) == ["UNKNOWN"]
    assert driven.read().consistent


def test_a_refused_file_that_cannot_be_put_back_is_no_traceback(endpoints, monkeypatch):
    answered_by, _path = endpoints
    driven = answered_by("refuses")
    write, written = envoy.write_file, []

    def full_the_second_time(path, content):
        written.append(path)
        if len(written) > 1:
            raise OSError(28, "No space left on device")
        write(path, content)

    monkeypatch.setattr(envoy, "write_file", full_the_second_time)
    with pytest.raises(NotWritten, match="No space left"):
        driven.set_servers("blue", ["blue1"], "maint")


def test_a_file_that_this_user_may_not_read_is_named(endpoints, monkeypatch):
    answered_by, _path = endpoints
    driven = answered_by()

    def forbid(path, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", forbid)
    with pytest.raises(PermissionMissing, match=r"cannot read .*endpoints-blue\.json"):
        driven.set_servers("blue", ["blue1"], "maint")


class ToldGenerations:
    """Stands for the admin interface of an Envoy that took up each of its files."""

    def get(self, path, host=None):
        if path == "/server_info":
            return json.dumps({"node": {"id": "shop", "metadata": {"generation": "a1"}}})
        return 'cluster_manager.cds.version_text: "b2"\nlistener_manager.lds.version_text: "c3"\n'


def test_which_configuration_runs_is_told_file_by_file(tmp_path):
    driven = envoy.Envoy(layout_in(tmp_path), Connection())
    driven._admin = ToldGenerations()
    assert driven.generation() == "a1 b2 c3"


@pytest.mark.parametrize("answer", ["", "[]", "{}"])
def test_a_description_that_is_not_envoys_is_reported(answer):
    with pytest.raises(CommandRefused, match="cannot be understood"):
        envoy.parse_node_generation(answer)
