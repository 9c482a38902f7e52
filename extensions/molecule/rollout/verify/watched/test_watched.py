# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stack came up from nothing, from packages and under systemd, and sees the hosts and the app."""

from __future__ import annotations

import typing as t

import pytest
from testinfra.host import Host


@pytest.fixture
def watcher(ask: t.Callable[[str], Host]) -> Host:
    return ask("watcher")


@pytest.mark.parametrize("name", ["prometheus", "alertmanager", "pushgateway", "blackbox", "node"])
def test_each_process_runs_under_systemd_as_its_user(name: str, watcher: Host) -> None:
    service = watcher.service(f"monitoring-{name}")
    assert service.is_running
    assert service.is_enabled
    assert watcher.process.get(pid=service.systemd_properties["MainPID"]).user == "prometheus"


@pytest.mark.parametrize("name", ["prometheus", "prometheus-alertmanager", "prometheus-node-exporter"])
def test_the_services_of_the_packages_do_not(name: str, watcher: Host) -> None:
    assert not watcher.service(name).is_running
    assert not watcher.service(name).is_enabled


def test_only_its_user_reads_whom_alertmanager_tells(watcher: Host) -> None:
    file = watcher.file("/etc/progressive.delivery/monitoring/alertmanager.yml")
    assert (file.user, file.mode) == ("prometheus", 0o600)
    assert "of-this-scenario-alone" in file.content_string


def test_all_hosts_and_the_app_are_seen(ask_prometheus: t.Callable[[str], dict[str, float]]) -> None:
    assert ask_prometheus("count(up == 1) by (job)") == {
        "alertmanager": 1,
        "node": 6,
        "probes": 1,
        "prometheus": 1,
        "pushgateway": 1,
    }
    assert ask_prometheus('probe_success{app="analyze-all"}') == {"probes": 1}
