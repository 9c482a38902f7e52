# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first release serves from the pool that it went to; the other pool is as it was."""

from __future__ import annotations

import typing as t

import pytest
from testinfra.host import Host


def test_both_hosts_of_the_pool_serve(serving: dict[str, set[str]]) -> None:
    assert serving == {"1.0.0": {"green-1", "green-2"}}


@pytest.mark.parametrize("name", ["green-1", "green-2"])
def test_the_release_runs_under_systemd_as_its_own_user(name: str, ask: t.Callable[[str], Host]) -> None:
    host = ask(name)
    service = host.service("analyze-all")

    assert service.is_running
    assert service.is_enabled
    assert host.file("/opt/analyze-all/current").linked_to == "/opt/analyze-all/releases/1.0.0"
    assert host.process.get(pid=service.systemd_properties["MainPID"]).user == "analyze-all"


@pytest.mark.parametrize("name", ["blue-1", "blue-2"])
def test_nothing_was_put_on_the_other_pool(name: str, ask: t.Callable[[str], Host]) -> None:
    assert not ask(name).file("/opt/analyze-all").exists


def test_haproxy_runs_under_systemd_and_only_root_may_move_traffic(balancer: Host) -> None:
    service = balancer.service("balancer-analyze-all")
    admin = balancer.file("/etc/progressive.delivery/analyze-all/haproxy.sock")

    assert service.is_running
    assert service.is_enabled
    assert balancer.socket("tcp://0.0.0.0:80").is_listening
    assert (admin.user, admin.mode) == ("root", 0o600)


def test_the_journal_is_for_root_only(balancer: Host, rollout: dict[str, t.Any]) -> None:
    journal = balancer.file(f"/var/lib/progressive.delivery/analyze-all/rollouts/{rollout['id']}.json")

    assert rollout["status"] == "succeeded"
    assert (journal.user, journal.mode & 0o007) == ("root", 0)
