# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is particular to HAProxy: its map in memory, its runtime socket, its servers."""

from __future__ import annotations

import pathlib
import re
import signal

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import BalancerUnreachable
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.haproxy import RuntimeSocket
from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import SERVERS, Failed, until
from ansible_collections.progressive.delivery.tests.e2e.balancers.test_refusals import WITHOUT_PRIVILEGE


def runtime(haproxy, command):
    """What HAProxy answers to *command*, past the module."""
    command = command.replace("MAP", str(haproxy.directory / "split.map"))
    return RuntimeSocket(str(haproxy.directory / "haproxy.sock")).ask(command).strip()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"share 5000\nheader 0\nsticky 0\n",
        b"share lots\n",
        b"share 1\nshare 1\nheader 0\nsticky 0\n",
        b"share 20\xff00\nheader 0\nsticky 0\n",
    ],
)
def test_a_file_that_differs_from_memory_is_repaired(haproxy, text):
    # given a map file that somebody edited
    haproxy.split(20)
    (haproxy.directory / "split.map").write_bytes(text)
    assert not haproxy.info()["consistent"]
    # when the split that is live is asked for
    result = haproxy.split(20)
    # then file and memory agree on it again
    assert result["changed"]
    assert result["repaired"]
    assert [command.split()[0] for command in result["commands"]] == ["write"]
    assert haproxy.info()["consistent"]


@pytest.mark.parametrize(
    "command",
    [
        "set map MAP share 5000",
        "set map MAP share 20000",
        "del map MAP share",
        "add map MAP share 9999",
        "clear map MAP",
        "add map MAP x 1",
    ],
)
def test_memory_that_differs_from_the_file_is_repaired(haproxy, command):
    # given a map that somebody changed through the socket
    haproxy.split(20)
    assert runtime(haproxy, command) == ""
    assert not haproxy.info()["consistent"]
    # when the module runs again, then the wanted split is in force, by way of memory alone
    result = haproxy.split(20)
    assert result["repaired"]
    assert [command.split()[0] for command in result["commands"]] == ["commit"]
    reading = haproxy.info()
    assert reading["consistent"]
    assert reading["shares"] == {"blue": 8000, "green": 2000}


def test_without_a_wish_for_the_shares_what_is_live_is_kept(haproxy):
    runtime(haproxy, "set map MAP share 5000")
    assert haproxy.traffic(sticky=False)["split"] == {"blue": 50, "green": 50}
    haproxy.stop()
    haproxy.start()
    assert haproxy.info()["split"] == {"blue": 50, "green": 50}


def test_a_change_that_was_begun_and_never_committed_is_no_change(haproxy):
    version = runtime(haproxy, "prepare map MAP").rpartition(" ")[2]
    assert runtime(haproxy, f"add map @{version} MAP share 9999") == ""
    assert haproxy.info()["consistent"]
    assert haproxy.split(20)["split"] == haproxy.info()["split"] == {"blue": 80, "green": 20}


def test_a_socket_that_may_not_be_used_is_named(haproxy):
    socket = haproxy.directory / "haproxy.sock"
    socket.chmod(0)
    try:
        with pytest.raises(Failed) as failed:
            haproxy.traffic_in_process(prefix=WITHOUT_PRIVILEGE, split={"blue": 0, "green": 100})
    finally:
        socket.chmod(0o600)
    assert failed.value.result["error"] == "balancer-permission"
    assert str(socket) in failed.value.result["msg"]
    assert haproxy.info()["split"] == {"blue": 100, "green": 0}


def test_a_pool_that_haproxy_has_down_gets_no_traffic(haproxy):
    # given endpoints that answer this host, and that HAProxy was told to leave alone
    haproxy.traffic(servers={"pool": "green", "names": ["green1"], "state": "maint"})
    with pytest.raises(Failed) as failed:
        haproxy.split(10, health={"wait": 0})
    assert failed.value.result["error"] == "unhealthy-pool"
    assert failed.value.result["details"]["endpoints"] == {"green1": "the balancer has it as 'maint'"}
    haproxy.traffic(servers={"pool": "green", "names": ["green1"], "state": "ready"})
    # when it is back, the change waits until HAProxy has seen it healthy
    assert haproxy.split(10, health={"wait": 60})["changed"]


@pytest.fixture
def servers(haproxy):
    """HAProxy whose servers are all ready again afterwards."""
    yield haproxy
    for pool, names in SERVERS.items():
        haproxy.traffic(servers={"pool": pool, "names": names, "state": "ready"})
        until(lambda pool=pool: set(states(haproxy, pool).values()) == {"ready"}, f"the servers of {pool} are ready")


def states(haproxy, pool):
    """The state of each server of *pool*."""
    return {endpoint["name"]: endpoint["state"] for endpoint in haproxy.info()["pools"][pool]["endpoints"]}


@pytest.mark.parametrize("state", ["drain", "maint"])
def test_many_servers_change_in_one_call(servers, state):
    result = servers.traffic(servers={"pool": "green", "names": ["green1", "green3"], "state": state})
    assert result["changed"]
    assert result["diff"]["before"] == {"green1": "ready", "green2": "ready", "green3": "ready"}
    assert result["diff"]["after"] == states(servers, "green") == {"green1": state, "green2": "ready", "green3": state}
    assert not servers.traffic(servers={"pool": "green", "names": ["green1", "green3"], "state": state})["changed"]


def test_servers_in_check_mode_stay(servers):
    wish = {"pool": "green", "names": SERVERS["green"], "state": "maint"}
    assert servers.traffic(servers=wish, check_mode=True)["changed"]
    assert set(states(servers, "green").values()) == {"ready"}


def test_a_ready_server_gets_its_weight_back(servers):
    runtime(servers, "set server analyze-all.green/green1 weight 0")
    assert states(servers, "green")["green1"] == "drain"
    assert servers.traffic(servers={"pool": "green", "names": ["green1"], "state": "ready"})["changed"]
    assert states(servers, "green")["green1"] == "ready"


def test_the_last_servers_of_a_serving_pool_stay(servers):
    servers.traffic(servers={"pool": "blue", "names": ["blue1"], "state": "drain"})
    with pytest.raises(Failed) as failed:
        servers.traffic(servers={"pool": "blue", "names": ["blue2", "blue3"], "state": "maint"})
    assert failed.value.result["error"] == "pool-still-serving"
    assert states(servers, "blue") == {"blue1": "drain", "blue2": "ready", "blue3": "ready"}


def test_an_unknown_server_is_refused_and_the_others_stay(servers):
    with pytest.raises(Failed) as failed:
        servers.traffic(servers={"pool": "green", "names": ["green1", "green9"], "state": "maint"})
    assert failed.value.result["error"] == "unknown-server"
    assert set(states(servers, "green").values()) == {"ready"}


def hears(process, number):
    """Whether *process* has a handler for a signal; HAProxy's master has none yet for a moment after a reload."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"^SigCgt:\s*(\w+)", status, re.MULTILINE).group(1), 16) >> (number - 1) & 1


def reload(haproxy):
    """Have HAProxy read its configuration again, and return once the new process answers."""
    pid = re.search(r"^Pid: .*$", runtime(haproxy, "show info"), re.MULTILINE).group()
    until(lambda: hears(haproxy.process, signal.SIGUSR2), "the master listens for a reload")
    haproxy.process.send_signal(signal.SIGUSR2)

    def answers():
        try:
            return pid not in runtime(haproxy, "show info")
        except BalancerUnreachable:
            return False

    until(answers, "a new process has the socket")


def restart(haproxy):
    haproxy.stop()
    haproxy.start()


@pytest.mark.parametrize("again", [reload, restart])
def test_servers_that_were_taken_out_stay_out(servers, again):
    # given a server in each state, and one whose configuration has another port by now
    servers.traffic(servers={"pool": "green", "names": ["green1"], "state": "maint"})
    servers.traffic(servers={"pool": "green", "names": ["green2"], "state": "drain"})
    there = servers.endpoints.ports["green"]
    moved = {"green3": there["green1"], "blue1": there["green1"]}
    configuration = servers.directory / "haproxy.cfg"
    text = configuration.read_text()
    for name, port in moved.items():
        configuration.write_text(
            re.sub(rf"server {name} .*", f"server {name} 127.0.0.1:{port}", configuration.read_text())
        )
    try:
        again(servers)
        # then states are as they were, and addresses as they are
        assert states(servers, "green") == {"green1": "maint", "green2": "drain", "green3": "ready"}
        reading = servers.info()
        for pool in SERVERS:
            for endpoint in reading["pools"][pool]["endpoints"]:
                port = moved.get(endpoint["name"], servers.endpoints.ports[pool][endpoint["name"]])
                assert endpoint["address"] == f"127.0.0.1:{port}"
        assert reading["consistent"]
    finally:
        configuration.write_text(text)
        again(servers)
    # and a server that is put back serves, also after that
    servers.traffic(servers={"pool": "green", "names": SERVERS["green"], "state": "ready"})
    again(servers)
    assert set(states(servers, "green").values()) == {"ready"}


def test_a_server_that_was_only_written_down_is_told_or_taken_back(servers):
    # given a module that was killed between the file and HAProxy
    wish = {"pool": "green", "names": ["green1"], "state": "maint"}
    servers.traffic_killed_at("haproxy.HAProxy._tell", servers=wish)
    assert states(servers, "green")["green1"] == "ready"
    [fault] = servers.info()["faults"]
    assert fault == "HAProxy has taken out no server, and a restart would take out green1 (maint)"
    # when it is run again, then it is out; when it was only to be ready, then that is written
    assert servers.traffic(servers=wish)["changed"]
    assert servers.info()["consistent"]
    assert servers.traffic(servers={**wish, "state": "ready"})["changed"]
    servers.traffic_killed_at("haproxy.HAProxy._tell", servers=wish)
    assert servers.traffic(servers={**wish, "state": "ready"})["repaired"]
    assert servers.info()["consistent"]


def test_a_server_that_was_taken_out_past_the_module_is_written_down(servers):
    runtime(servers, "set server analyze-all.green/green1 state maint")
    assert not servers.info()["consistent"]
    result = servers.split(0)
    assert result["repaired"]
    assert servers.info()["consistent"]
    assert states(servers, "green")["green1"] == "maint"
