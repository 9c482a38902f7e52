# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role ``balancer`` as most people use it: as root, under systemd, on a host reached over ssh; every kind."""

from __future__ import annotations

import collections.abc
import time
import typing as t

import pytest
import requests

from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down
from ansible_collections.progressive.delivery.tests.e2e.booted_host import BootedHost, booted

INSTANCES = {"blue": 7001, "green": 7002}
FIRST_PORT = 81
"""Below 1024, where only root may listen unless the service says otherwise; each kind has the next."""


class Installed:
    """A balancer of one kind on the host."""

    def __init__(self, host: BootedHost, kind: str) -> None:
        self.host = host
        self._groups = {
            pool: {"hosts": {f"{pool}-1": {"ansible_host": host.address, "rollout_port": port}}}
            for pool, port in INSTANCES.items()
        }
        self.service = f"balancer-{kind}"
        self._kind = kind
        self._port = FIRST_PORT + laid_down.KINDS.index(kind)
        self._variables = {
            "rollout_app": kind,
            "rollout_pools": list(INSTANCES),
            "balancer_kind": kind,
            "balancer_listen": f"0.0.0.0:{self._port}",
            **laid_down.TABLE[kind].installed,
        }

    def lay_down(self, **options: t.Any) -> int:
        """The role with the options of before and these; how many tasks changed something."""
        role = {"name": "progressive.delivery.balancer"}
        task = {"name": "Lay down", "ansible.builtin.include_role": role}
        return self.host.play(task, groups=self._groups, **{**self._variables, **options})

    def move_to(self, pool: str) -> None:
        split = {name: 100 if name == pool else 0 for name in INSTANCES}
        connection = {"directory": f"/etc/progressive.delivery/{self._kind}"}
        traffic = {"app": self._kind, "balancer": self._kind, "connection": connection, "split": split}
        self.host.play({"name": "Move", "progressive.delivery.traffic": traffic}, groups=self._groups)

    def serving(self) -> set[str]:
        """Who answers; empty when nobody listens."""
        try:
            return {
                requests.get(f"http://{self.host.address}:{self._port}/", timeout=5).text.strip()
                for _number in range(8)
            }
        except requests.ConnectionError:
            return set()

    def await_serving(self, pool: str) -> None:
        """Wait until *pool* answers everything; a balancer that has just begun may have none that is healthy yet."""
        deadline = time.monotonic() + 60
        while self.serving() != {pool}:
            assert time.monotonic() < deadline, f"pool {pool} never answered"
            time.sleep(0.2)

    def show(self, name: str) -> str:
        return self.host.shell(f"systemctl show --value --property={name} {self.service}").strip()

    def users(self) -> set[str]:
        """Who its processes belong to."""
        group = self.show("ControlGroup")
        pids = f"find /sys/fs/cgroup -path '*{group}/cgroup.procs' -exec cat {{}} + | sort --unique | paste --serial --delimiters=,"
        return set(self.host.shell(f"ps --no-headers --format=user:32 --pid=$({pids})").split())


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[BootedHost]:
    """A host with an instance of each pool, a user for balancers, and the binaries that Debian has not got."""
    with booted("balancers", tmp_path_factory.mktemp("systemd")) as host:
        host.play(
            *(
                {
                    "name": "Send",
                    "ansible.builtin.copy": {
                        "src": kind.binary,
                        "dest": kind.installed["balancer_binary"],
                        "mode": "0755",
                    },
                }
                for kind in laid_down.TABLE.values()
                if kind.installed["balancer_install"] == "none"
            )
        )
        host.shell("useradd --system edge")
        for pool, port in INSTANCES.items():
            serve = f"systemd-run --quiet --unit=instance-{pool} python3 -m http.server --directory=/srv/{pool} {port}"
            host.shell(f"mkdir /srv/{pool}; echo {pool} | tee /srv/{pool}/index.html >/srv/{pool}/readyz; {serve}")
        yield host


@pytest.mark.parametrize("kind", laid_down.KINDS)
def test_a_balancer_under_systemd_keeps_its_split_through_reload_and_restart(host: BootedHost, kind: str) -> None:
    balancer = Installed(host, kind)

    # given a balancer that was not there before
    assert balancer.lay_down()
    assert balancer.show("UnitFileState") == "enabled"
    assert balancer.users() == laid_down.TABLE[kind].users
    assert balancer.serving() == {"blue"}

    # when traffic has moved, then an option that needs a reload does not move it back, nor does a restart
    balancer.move_to("green")
    assert balancer.serving() == {"green"}
    before = balancer.show("MainPID")
    assert balancer.lay_down(balancer_answer_timeout=61) > 0
    assert balancer.show("MainPID") == before
    assert balancer.serving() == {"green"}
    host.shell(f"systemctl restart {balancer.service}")
    balancer.await_serving("green")
    assert balancer.show("MainPID") != before


def test_what_is_laid_down_stays_and_the_service_that_comes_with_a_package_does_not_run_beside_it(
    host: BootedHost,
) -> None:
    nginx = Installed(host, "nginx")
    nginx.lay_down()
    assert nginx.lay_down() == 0
    states = "systemctl is-enabled nginx.service; systemctl is-active nginx.service; true"
    assert host.shell(states).split() == ["disabled", "inactive"]
