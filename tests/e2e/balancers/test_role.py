# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role ``balancer``, unprivileged and with a supervisor, for every kind of balancer."""

from __future__ import annotations

import contextlib
import re

import pytest

from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down

COUNTS = re.compile(r"^edge .*changed=(\d+)", re.MULTILINE)


class Role:
    """The role with the same options again and again."""

    def __init__(self, kind, folder, endpoints):
        self.balancer = laid_down.LaidDown(kind, folder / "app", laid_down.free_port(), endpoints)
        self._supervisor = folder / "supervisor"

    def process(self, *arguments, **options):
        """The ended playbook."""
        return laid_down.role_process(
            self.balancer.kind,
            self.balancer.directory,
            self.balancer.port,
            self.balancer.endpoints,
            *arguments,
            service_manager="supervisor",
            service_supervisor_directory=str(self._supervisor),
            **options,
        )

    def changes(self, *arguments, **options):
        """How many tasks changed something."""
        process = self.process(*arguments, **options)
        assert process.returncode == 0, process.stdout + process.stderr
        return int(COUNTS.search(process.stdout)[1])

    def shut_down(self):
        """End the supervisor and the balancer."""
        tasks = [{"include_role": {"name": "progressive.delivery.service", "tasks_from": "shutdown"}}]
        play = {
            "hosts": "localhost",
            "gather_facts": False,
            "tasks": tasks,
            "vars": {"service_supervisor_directory": str(self._supervisor)},
        }
        inventory = {
            "all": {
                "hosts": {
                    "localhost": {"ansible_connection": "local", "ansible_python_interpreter": laid_down.sys.executable}
                }
            }
        }
        ended = laid_down.run_playbook(self._supervisor.parent / "shutdown", inventory, play)
        assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.fixture(params=laid_down.KINDS)
def role(request, tmp_path):
    """The role for each kind in turn; what it started is ended."""
    with contextlib.closing(laid_down.Endpoints()) as endpoints:
        role = Role(request.param, tmp_path, endpoints)
        yield role
        role.shut_down()


def test_a_balancer_is_laid_down_keeps_its_split_and_what_it_refuses_is_tried_again(role):
    # check mode foretells and lays nothing down
    assert role.changes("--check")
    assert not role.balancer.directory.exists()
    # when the role has run, then the base pool serves
    assert role.changes()
    assert role.balancer.info()["split"] == {"blue": 100, "green": 0}
    assert role.balancer.get().pool == "blue"
    # given traffic that has moved, a server that is out where there are any, two instances that changed their ports,
    # and a run that ended between laying down something new and applying it
    role.balancer.split(30, header={"pool": "green"}, sticky=True)
    out = {"green1"} if role.balancer.kind == "haproxy" else set()
    if out:
        role.balancer.traffic(servers={"pool": "green", "names": list(out), "state": "maint"})
    ports = role.balancer.endpoints.ports["green"]
    ports["green1"], ports["green2"] = ports["green2"], ports["green1"]
    assert role.changes(balancer_answer_timeout=61, balancer_run=False)
    # when the role runs again, then that is applied, and the split is what it was (what comes from -e is text)
    later = ("-e", "balancer_answer_timeout=61 balancer_max_connections=4000")
    # Envoy takes such files up by itself.
    assert bool(role.changes(*later)) == (role.balancer.kind != "envoy")
    assert role.changes(*later) == 0
    reading = role.balancer.info()
    assert reading["split"] == {"blue": 70, "green": 30}
    assert reading["header"] == {"name": "X-Preview", "cookie": "analyze_all_preview", "pool": "green"}
    assert reading["sticky"]
    assert reading["consistent"]
    servers = reading["pools"]["green"]["endpoints"]
    assert {server["name"]: server["address"] for server in servers} == {
        name: f"127.0.0.1:{port}" for name, port in ports.items()
    }
    assert {server["name"] for server in servers if server["state"] == "maint"} == out
    # and a configuration that the binary refuses replaces nothing
    role.balancer.split(0)
    before = files_of(role.balancer)
    refused = role.process(*later, "-e", "balancer_listen=127.0.0.1:99999")
    assert refused.returncode != 0
    assert laid_down.TABLE[role.balancer.kind].no_port in said(refused)
    assert files_of(role.balancer) == before
    assert role.balancer.get().pool == "blue"
    # given a port that another program has, which no check of a file can know
    with contextlib.closing(laid_down.Endpoints()) as others:
        port = others.ports["green"]["green1"]
        moved = (*later, "-e", f"balancer_listen=127.0.0.1:{port}")
        # when the balancer is to move there, then the run says that it did not, and it serves on where it was
        refused = role.process(*moved)
        assert refused.returncode != 0
        assert "does not run the configuration that was laid down" in said(refused)
        assert f"supervisor/logs/balancer-{laid_down.APP}.log" in said(refused)
        assert role.balancer.get().pool == "blue"
    # and once the port is free, the next run knows that what lies there is not what runs, and brings it there
    assert role.changes(*moved)
    assert laid_down.ask(port, "/").pool == "blue"


def said(playbook):
    """What a playbook printed, on one line."""
    return " ".join((playbook.stdout + playbook.stderr).split())


def files_of(balancer):
    """What is in the balancer's directory."""
    return {path: path.read_bytes() for path in balancer.directory.iterdir() if path.is_file() and path.name != "log"}
