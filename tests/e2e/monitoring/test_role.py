# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role ``monitoring``, unprivileged and with a supervisor: a stack from nothing, kept as it was laid down, that sees and tells."""

from __future__ import annotations

import collections.abc
import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import sys
import tarfile
import time
import typing as t

import pytest
import requests
import yaml

from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down
from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import free_port, until
from ansible_collections.progressive.delivery.tests.e2e.telemetry import servers
from ansible_collections.progressive.delivery.tests.loopback_servers import Exchange, Reply, web_server

COUNTS = re.compile(r"^here .*changed=(\d+)", re.MULTILINE)


class Monitoring:
    """The role with the same options again and again, and what it runs."""

    def __init__(self, folder: pathlib.Path, options: dict[str, t.Any]) -> None:
        self.folder = folder
        self.ports = {name: free_port() for name in ("prometheus", "alertmanager", "pushgateway", "blackbox", "node")}
        self.options = {
            "monitoring_install": "none",
            "monitoring_directory": str(folder / "monitoring"),
            "monitoring_ports": self.ports,
            "monitoring_address": "127.0.0.1",
            "monitoring_node_listen": "127.0.0.1",
            "service_manager": "supervisor",
            "service_supervisor_directory": str(folder / "supervisor"),
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            **options,
        }

    def process(self, *arguments: str, **options: t.Any) -> t.Any:
        play = {
            "hosts": "all",
            "gather_facts": False,
            "tasks": [{"ansible.builtin.include_role": {"name": "progressive.delivery.monitoring"}}],
        }
        host = {"here": {**self.options, **options}}
        inventory = {"all": {"children": {"monitoring": {"hosts": host}}}}
        return laid_down.run_playbook(self.folder / "play", inventory, play, *arguments)

    def changes(self, *arguments: str, **options: t.Any) -> int:
        """How many tasks changed something."""
        process = self.process(*arguments, **options)
        assert process.returncode == 0, (process.stdout + process.stderr)[-3000:]
        return int(COUNTS.search(process.stdout)[1])

    def query(self, expression: str) -> dict[str, float]:
        """What Prometheus answers, by instance."""
        address = f"http://127.0.0.1:{self.ports['prometheus']}/api/v1/query"
        found = requests.get(address, params={"query": expression}, timeout=10).json()["data"]["result"]
        return {each["metric"].get("instance", ""): float(each["value"][1]) for each in found}

    def shut_down(self) -> None:
        play = {
            "hosts": "all",
            "gather_facts": False,
            "tasks": [
                {"ansible.builtin.include_role": {"name": "progressive.delivery.service", "tasks_from": "shutdown"}}
            ],
        }
        inventory = {"all": {"hosts": {"here": self.options}}}
        ended = laid_down.run_playbook(self.folder / "shutdown", inventory, play)
        assert ended.returncode == 0, ended.stdout + ended.stderr


def running_programs() -> set[str]:
    """The paths of all programs that run and may be asked."""
    found = set()
    for link in pathlib.Path("/proc").glob("[0-9]*/exe"):
        with contextlib.suppress(OSError):
            found.add(os.readlink(link))
    return found


class App:
    """An app that answers as it is told to, and who is told of it."""

    def __init__(self) -> None:
        self.status = 200
        self.told: list[dict[str, t.Any]] = []

    def respond(self, exchange: Exchange) -> Reply:
        if exchange.path == "/told":
            self.told += json.loads(exchange.body)["alerts"]
            return Reply()
        return Reply(self.status)

    def told_of(self, status: str) -> set[str]:
        return {each["labels"]["alertname"] for each in self.told if each["status"] == status}


@pytest.fixture
def stack(tmp_path: pathlib.Path) -> collections.abc.Iterator[tuple[Monitoring, App, str]]:
    app = App()
    with web_server(app.respond) as server, contextlib.ExitStack() as ends:
        address = f"http://127.0.0.1:{server.port}"
        monitoring = Monitoring(
            tmp_path,
            {
                "monitoring_labels": {"environment": "production"},
                "monitoring_probes": {"shop": [address + "/readyz"]},
                "monitoring_apps": [{"name": "shop"}],
                "alerting_configuration": {
                    "route": {
                        "receiver": "team",
                        "group_by": ["alertname"],
                        "group_wait": "0s",
                        "group_interval": "1s",
                    },
                    "receivers": [
                        {"name": "team", "webhook_configs": [{"url": address + "/told", "send_resolved": True}]}
                    ],
                },
            },
        )
        ends.callback(monitoring.shut_down)
        yield monitoring, app, address


def test_a_stack_from_nothing_sees_and_tells_and_is_as_it_was_laid_down(stack: tuple[Monitoring, App, str]) -> None:
    monitoring, app, address = stack
    assert monitoring.changes("--check")
    assert not (monitoring.folder / "monitoring").exists()
    assert monitoring.changes()
    assert monitoring.changes() == 0

    until(lambda: set(monitoring.query("up").values()) == {1.0} and len(monitoring.query("up")) == 5, "all are scraped")
    until(lambda: monitoring.query("probe_success") == {address + "/readyz": 1.0}, "the app is probed")
    until(lambda: monitoring.query("slo:error_budget_remaining:ratio") == {"": 1.0}, "its budget is known")
    until(lambda: "Watchdog" in app.told_of("firing"), "alerts come through")

    app.status = 503
    began = time.monotonic()
    until(lambda: "AppDown" in app.told_of("firing"), "somebody is told that it is down")
    print(f"told after {time.monotonic() - began:.1f} s")
    (down,) = [each for each in app.told if each["labels"]["alertname"] == "AppDown"][:1]
    assert down["labels"] | {"app": "shop", "environment": "production", "severity": "critical"} == down["labels"]
    assert "replica" not in down["labels"]
    app.status = 200
    until(lambda: "AppDown" in app.told_of("resolved"), "somebody is told that it is back")

    # when a run is cut off after it laid down rules, and before they were read
    rules = monitoring.folder / "monitoring" / "rules" / "progressive_delivery.yml"
    rules.write_text(rules.read_text().replace("AppDown", "AppGone"))
    assert monitoring.changes(monitoring_apps=[{"name": "shop"}, {"name": "cart"}]) >= 2
    names = requests.get(f"http://127.0.0.1:{monitoring.ports['prometheus']}/api/v1/rules", timeout=10).text
    assert "progressive_delivery_app_cart" in names
    assert "AppGone" not in names
    assert monitoring.changes(monitoring_apps=[{"name": "shop"}, {"name": "cart"}]) == 0

    # a target that is new needs no reload
    assert (
        monitoring.changes(
            monitoring_probes={"shop": [address + "/other"]}, monitoring_apps=[{"name": "shop"}, {"name": "cart"}]
        )
        == 1
    )
    until(lambda: monitoring.query("probe_success") == {address + "/other": 1.0}, "the new address is probed")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"monitoring_group": "nobody", "monitoring_components": ["node"]}, "no host in the group 'nobody'"),
        ({"monitoring_targets": {"node": []}}, "are none of prometheus"),
        ({"monitoring_interval": "often"}, "monitoring_interval"),
        ({"monitoring_apps": [{"name": "shop", "availability": {"objective": 99}}]}, "objective: 99 is not between"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_a_change(
    tmp_path: pathlib.Path, options: dict[str, t.Any], message: str
) -> None:
    monitoring = Monitoring(tmp_path, options)
    process = monitoring.process()
    assert process.returncode == 2
    assert message in process.stdout
    assert not (tmp_path / "monitoring").exists()


def test_what_alertmanager_would_refuse_does_not_take_the_place_of_what_is_there(
    stack: tuple[Monitoring, App, str],
) -> None:
    monitoring, _app, _address = stack
    process = monitoring.process(alerting_configuration={"route": {"receiver": "x"}, "receivers": []})
    assert process.returncode == 2
    assert 'undefined receiver \\"x\\"' in process.stdout or "undefined receiver" in process.stdout
    assert not (monitoring.folder / "monitoring" / "alertmanager.yml").exists()


def test_two_that_watch_are_one_cluster_and_tell_the_same_alert_once(tmp_path: pathlib.Path) -> None:
    """On two loopback addresses, as two hosts with the same ports."""
    monitoring = Monitoring(tmp_path, {})
    ports = {**monitoring.ports, "cluster": free_port()}
    hosts = {
        name: {
            **monitoring.options,
            "monitoring_components": ["prometheus", "alertmanager"],
            "monitoring_ports": ports,
            "monitoring_listen": address,
            "monitoring_directory": str(tmp_path / name),
            "service_supervisor_directory": str(tmp_path / name / "supervisor"),
        }
        for name, address in (("one", "127.0.0.2"), ("two", "127.0.0.3"))
    }
    inventory = {"all": {"children": {"monitoring": {"hosts": hosts}}}}

    def played(tasks_from: str | None = None) -> t.Any:
        role = "service" if tasks_from else "monitoring"
        task = {"name": f"progressive.delivery.{role}", **({"tasks_from": tasks_from} if tasks_from else {})}
        play = {"hosts": "all", "gather_facts": False, "tasks": [{"ansible.builtin.include_role": task}]}
        return laid_down.run_playbook(tmp_path / "play", inventory, play)

    def asked(address: str, component: str, path: str) -> t.Any:
        return requests.get(f"http://{address}:{ports[component]}{path}", timeout=10).json()

    def is_one_of_two(address: str) -> bool:
        """Whether it has a peer, and what Prometheus tells it is what it tells the other, too."""
        watchdogs = asked(address, "alertmanager", '/api/v2/alerts?filter=alertname="Watchdog"')
        return (
            len(asked(address, "alertmanager", "/api/v2/status")["cluster"]["peers"]) == 2
            and len(asked(address, "prometheus", "/api/v1/alertmanagers")["data"]["activeAlertmanagers"]) == 2
            and ["replica" in each["labels"] for each in watchdogs] == [False]
        )

    try:
        process = played()
        assert process.returncode == 0, (process.stdout + process.stderr)[-3000:]
        until(lambda: is_one_of_two("127.0.0.2"), "the first is one of two")
        until(lambda: is_one_of_two("127.0.0.3"), "the second is one of two")
    finally:
        assert played("shutdown").returncode == 0


def test_two_at_one_address_are_refused(tmp_path: pathlib.Path) -> None:
    monitoring = Monitoring(tmp_path, {})
    play = {
        "hosts": "all",
        "gather_facts": False,
        "tasks": [{"ansible.builtin.include_role": {"name": "progressive.delivery.monitoring"}}],
    }
    inventory = {"all": {"children": {"monitoring": {"hosts": {"one": monitoring.options, "two": monitoring.options}}}}}
    process = laid_down.run_playbook(tmp_path / "play", inventory, play)
    assert process.returncode == 2
    assert "two of them listen at 127.0.0.1" in process.stdout


def test_archives_as_their_makers_publish_them_are_installed_where_there_are_no_packages(
    tmp_path: pathlib.Path,
) -> None:
    archives = {}
    for component, programs in {
        "prometheus": {"prometheus": "prometheus", "promtool": "promtool"},
        "alertmanager": {"alertmanager": "prometheus-alertmanager", "amtool": "amtool"},
    }.items():
        path = tmp_path / f"{component}.tar.gz"
        with tarfile.open(path, "w:gz", compresslevel=1) as archive:
            for name, command in programs.items():
                archive.add(shutil.which(command) or command, f"{component}-1.2.3.linux-amd64/{name}")
        archives[component] = {"url": path.as_uri(), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    monitoring = Monitoring(
        tmp_path,
        {
            "monitoring_install": "archive",
            "monitoring_archives": archives,
            "monitoring_components": ["prometheus", "alertmanager"],
        },
    )
    try:
        assert monitoring.changes()
        assert monitoring.changes() == 0
        folder = tmp_path / "monitoring" / "programs"
        assert {path.name for path in folder.glob("*/*")} >= {"prometheus", "promtool", "alertmanager", "amtool"}
        for component, archive in archives.items():
            assert str(folder / f"{component}-{archive['sha256'][:12]}" / component) in running_programs()
    finally:
        monitoring.shut_down()

    archives["prometheus"]["sha256"] = "0" * 64
    other = monitoring.process()
    assert other.returncode == 2
    assert "checksum" in other.stdout
    assert not (folder / "prometheus-000000000000" / "prometheus").exists()
    del archives["alertmanager"]
    assert "monitoring_archives: alertmanager is to run here, and has no archive" in monitoring.process().stdout


def test_to_a_stack_that_is_there_rules_and_targets_are_added_and_nothing_else(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "theirs"
    for name in ("rules", "targets"):
        (folder / name).mkdir(parents=True)
    configuration = {
        "global": {"scrape_interval": "1s"},
        "rule_files": [f"{folder}/rules/*.yml"],
        "scrape_configs": [
            {
                "job_name": "node",
                "file_sd_configs": [{"files": [f"{folder}/targets/node.yml"], "refresh_interval": "1s"}],
            }
        ],
    }
    monitoring = Monitoring(tmp_path, {"monitoring_apps": [{"name": "shop"}]})
    with servers.prometheus(folder, configuration, "--web.enable-lifecycle") as prometheus:
        theirs = {
            "monitoring_theirs": {
                "address": prometheus.address,
                "rules": str(folder / "rules"),
                "targets": str(folder / "targets"),
                "reload_url": prometheus.address + "/-/reload",
                "patience": 10,
            }
        }
        assert monitoring.changes("--check", **theirs)
        assert list((folder / "rules").iterdir()) == []
        assert monitoring.changes(**theirs)
        assert monitoring.changes(**theirs) == 0
        names = {each["name"] for each in prometheus.get("/api/v1/rules").json()["data"]["groups"]}
        assert "progressive_delivery_app_shop" in names
        assert not (tmp_path / "monitoring").exists()
        assert (folder / "prometheus.yml").read_text() == yaml.safe_dump(configuration)

        unseen = monitoring.process(**theirs, monitoring_probes={"shop": ["http://127.0.0.1/"]})
        assert unseen.returncode == 2
        assert f"{folder}/targets/probes.yml" in unseen.stdout
        assert "Add what is missing to rule_files and scrape_configs" in unseen.stdout.replace("\n", " ")
    odd = monitoring.process(monitoring_theirs={"address": "http://127.0.0.1:1"})
    assert "monitoring_theirs: rules, targets is needed" in odd.stdout
