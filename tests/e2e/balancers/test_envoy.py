# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is particular to Envoy: files that it takes up or refuses, servers that change in one call, and the role live."""

from __future__ import annotations

import json
import re
import types

import pytest
from load import records, report
from loopback.site import Load

from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down
from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import Failed
from ansible_collections.progressive.delivery.tests.e2e.balancers.test_refusals import WITHOUT_PRIVILEGE


def put(envoy, name, text):
    """Replace a file of the mechanism in the way that Envoy notices."""
    new = envoy.directory / f".{name}.new"
    new.write_text(text)
    new.rename(envoy.directory / name)


def states(envoy, pool):
    """The state of each server of *pool* by name."""
    return {endpoint["name"]: endpoint["state"] for endpoint in envoy.info()["pools"][pool]["endpoints"]}


def refusal(attempt):
    """The kind of error with which *attempt* fails, or None."""
    try:
        attempt()
    except Failed as failed:
        return failed.result["error"]
    return None


@pytest.fixture
def server_states(envoy):
    """Envoy, whose servers are all ready before and after."""
    yield envoy
    for pool, names in laid_down.SERVERS.items():
        envoy.traffic(servers={"pool": pool, "names": names, "state": "ready"})


@pytest.mark.parametrize("text", [None, "nonsense", "{}"])
def test_a_damaged_file_is_repaired_while_envoy_serves_as_before(envoy, text):
    # given a split whose file somebody touched
    envoy.split(20)
    if text is None:
        (envoy.directory / "routes.json").unlink()
    else:
        put(envoy, "routes.json", text)
    reading = envoy.info()
    assert reading["split"] == {"blue": 80, "green": 20}
    assert not reading["consistent"]
    # when the module runs again, the file is whole and a restart changes nothing
    assert envoy.split(20)["repaired"]
    envoy.stop()
    envoy.start()
    assert envoy.info()["consistent"]
    assert envoy.info()["split"] == {"blue": 80, "green": 20}


def test_a_file_that_was_written_over_in_place_is_seen_and_replaced(envoy):
    # given another split in the same file, which Envoy does not look at
    envoy.split(20)
    routes = envoy.directory / "routes.json"
    routes.write_text(routes.read_text().replace("2000", "9000").replace("8000", "1000"))
    reading = envoy.info()
    assert reading["split"] == {"blue": 80, "green": 20}
    assert not reading["consistent"]
    assert envoy.split(30)["changed"]
    assert envoy.info()["consistent"]


def test_routes_of_another_hand_are_what_is_live_and_are_replaced(envoy):
    # given somebody's own routes
    routes = json.loads((envoy.directory / "routes.json").read_text())
    routes["version_info"] = "by hand"
    routes["resources"][0]["virtual_hosts"][0]["routes"] = [{"match": {"prefix": "/"}, "route": {"cluster": "green"}}]
    put(envoy, "routes.json", json.dumps(routes))
    laid_down.until(lambda: envoy.info()["split"] == {"blue": 0, "green": 100}, "Envoy took them up")
    assert envoy.info()["faults"]
    # when the module is asked for the same split, it makes them its own
    assert envoy.split(100)["repaired"]
    assert envoy.info()["consistent"]


def test_what_envoy_refuses_is_put_back(envoy):
    # given an Envoy that lost its green cluster
    routes = (envoy.directory / "routes.json").read_text()
    clusters = (envoy.directory / "clusters.yaml").read_text()
    head, *each = re.split(r"^(?=  [-#] )", clusters, flags=re.MULTILINE)
    put(envoy, "clusters.yaml", head + "".join(cluster for cluster in each if 'name: "green"' not in cluster))
    try:
        laid_down.until(lambda: refusal(envoy.info) == "balancer-layout-mismatch", "green is gone")
        # when it is sent to green all the same, it refuses
        error = refusal(lambda: envoy.split(100, health={"check": False}))
    finally:
        put(envoy, "clusters.yaml", clusters)
        laid_down.until(lambda: refusal(envoy.info) is None, "green is back")
    # then a restart would find what was there before
    assert error == "balancer-refused"
    assert (envoy.directory / "routes.json").read_text() == routes
    assert set(envoy.pools_of(20)) == {"blue"}
    assert envoy.info()["consistent"]


def test_a_change_that_was_killed_before_envoy_took_it_up_is_live_all_the_same(envoy):
    envoy.traffic_killed_at("envoy.Envoy._taken_up", split={"blue": 0, "green": 100})
    laid_down.until(lambda: set(envoy.pools_of(20)) == {"green"}, "green serves")
    assert envoy.info()["consistent"]
    assert not envoy.split(100)["changed"]


@pytest.mark.parametrize("state", ["drain", "maint"])
def test_servers_go_out_and_come_back_in_one_call(server_states, state):
    envoy = server_states
    envoy.split(100)
    # when two of three servers are taken out
    result = envoy.traffic(servers={"pool": "green", "names": ["green1", "green3"], "state": state})
    # then the third gets everything
    assert result["changed"]
    assert states(envoy, "green") == {"green1": state, "green2": "ready", "green3": state}
    assert {envoy.get().headers["X-Instance"] for _request in range(20)} == {"green2"}
    # and the same again changes nothing, and a restart neither
    assert not envoy.traffic(servers={"pool": "green", "names": ["green1"], "state": state})["changed"]
    envoy.stop()
    envoy.start()
    assert states(envoy, "green")["green1"] == state
    # when they are ready again, all three serve
    envoy.traffic(servers={"pool": "green", "names": ["green1", "green3"], "state": "ready"})
    laid_down.until(
        lambda: {envoy.get().headers["X-Instance"] for _request in range(20)} == set(laid_down.SERVERS["green"]),
        "all of green serve",
    )


@pytest.mark.parametrize("put_right", ["ready", "split"])
def test_a_state_that_envoy_did_not_notice_is_put_right(server_states, put_right):
    # given a file that somebody wrote over in place
    envoy = server_states
    path = envoy.directory / "endpoints-green.json"
    path.write_text(path.read_text().replace("UNKNOWN", "UNHEALTHY"))
    assert set(states(envoy, "green").values()) == {"ready"}
    assert not envoy.info()["consistent"]
    # when the module runs, for the servers or for the split, then a restart would bring what is live
    if put_right == "ready":
        names = laid_down.SERVERS["green"]
        assert envoy.traffic(servers={"pool": "green", "names": names, "state": "ready"})["repaired"]
    else:
        assert envoy.split(0)["repaired"]
    assert envoy.info()["consistent"]
    assert "UNHEALTHY" not in path.read_text()
    assert set(states(envoy, "green").values()) == {"ready"}


def test_the_last_server_of_a_serving_pool_is_not_taken_out(server_states):
    with pytest.raises(Failed) as failed:
        server_states.traffic(servers={"pool": "blue", "names": laid_down.SERVERS["blue"], "state": "drain"})
    assert failed.value.result["error"] == "pool-still-serving"
    assert set(states(server_states, "blue").values()) == {"ready"}


def test_an_unknown_server_changes_nothing(server_states):
    with pytest.raises(Failed) as failed:
        server_states.traffic(servers={"pool": "green", "names": ["green1", "green9"], "state": "drain"})
    assert failed.value.result["error"] == "unknown-server"
    assert set(states(server_states, "green").values()) == {"ready"}


def test_an_endpoint_that_fails_its_checks_is_down_and_gets_no_requests(envoy):
    envoy.endpoints.tell("blue2", "unready")
    laid_down.until(lambda: states(envoy, "blue")["blue2"] == "down", "blue2 is down")
    assert "blue2" not in {envoy.get().headers["X-Instance"] for _request in range(20)}


def test_the_admin_socket_is_its_owners_alone(envoy):
    control = envoy.directory / "control"
    assert control.stat().st_mode & 0o777 == 0o700
    assert (control / "envoy.sock").stat().st_mode & 0o777 == 0o600


def test_an_admin_interface_that_is_not_there_is_named(envoy):
    connection = {"directory": str(envoy.directory), "admin": str(envoy.directory / "nowhere.sock")}
    with pytest.raises(Failed) as failed:
        envoy.traffic(connection=connection, split={"blue": 0, "green": 100})
    assert failed.value.result["error"] == "balancer-unreachable"
    assert "nowhere.sock" in failed.value.result["msg"]


def test_a_new_listener_new_clusters_and_fewer_endpoints_lose_nothing(server_states, tmp_path):
    # given load on both pools, and a server that is drained
    envoy = server_states
    envoy.split(50)
    envoy.traffic(servers={"pool": "green", "names": ["green1"], "state": "drain"})
    fewer = {pool: dict(ports) for pool, ports in envoy.endpoints.ports.items()}
    del fewer["green"]["green3"]
    load = Load(f"http://127.0.0.1:{envoy.port}/", tmp_path / "records", "--rate", "100", "--connections", "8")
    try:
        laid_down.until(lambda: load.record.exists() and list(records.read(load.record)), "the load is answered")
        # when the role lays down other limits and checks, and one endpoint less
        changed = types.SimpleNamespace(ports=fewer)
        options = {"balancer_run": False, "balancer_answer_timeout": 61, "balancer_health_path": "/"}
        laid_down.run_role("envoy", envoy.directory, envoy.port, changed, **options)
        assert states(envoy, "green") == {"green1": "drain", "green2": "ready"}
        assert "green3" not in {envoy.get().headers["X-Instance"] for _request in range(20)}
        # and then what was there before
        laid_down.run_role("envoy", envoy.directory, envoy.port, envoy.endpoints, balancer_run=False)
        laid_down.until(lambda: states(envoy, "green").get("green3") == "ready", "green3 is back")
        kept = load.stop()
    finally:
        load.kill()
    # then no request was lost, and the split is as it was
    assert report.totals(kept).errors == {}
    assert envoy.info()["split"] == {"blue": 50, "green": 50}
    assert envoy.info()["consistent"]


def test_an_admin_socket_that_may_not_be_used_is_named(envoy):
    path = envoy.directory / "control" / "envoy.sock"
    path.chmod(0)
    try:
        with pytest.raises(Failed) as failed:
            envoy.traffic_in_process(prefix=WITHOUT_PRIVILEGE, split={"blue": 0, "green": 100})
    finally:
        path.chmod(0o600)
    assert failed.value.result["error"] == "balancer-permission"
    assert str(path) in failed.value.result["msg"]
    assert envoy.info()["split"] == {"blue": 100, "green": 0}
