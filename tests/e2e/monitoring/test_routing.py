# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is told of what: the configuration that is made, in Alertmanager's own tests of routes, and in a real one."""

from __future__ import annotations

import json
import pathlib
import subprocess
import time
import typing as t

import pytest
import requests
import yaml

from ansible_collections.progressive.delivery.plugins.plugin_utils._monitoring.routing import configuration, routing_of
from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import until
from ansible_collections.progressive.delivery.tests.e2e.telemetry import servers
from ansible_collections.progressive.delivery.tests.loopback_servers import Exchange, Reply, web_server

DATABASES = [{"name": "host", "value": "db.*", "regex": True}]
SETTINGS: dict[str, t.Any] = {
    "receivers": [{"name": name} for name in ("chat", "on-call", "search-chat", "dog", "back")],
    "otherwise": {"critical": "on-call", "warning": "chat"},
    "hours": {"office": "Mon-Fri 08:00-18:00 Europe/Berlin", "patches": "Sun-Sun 02:00-04:00"},
    "watchdog": "dog",
    "rollback": {
        "to": "back",
        "matchers": [
            {"name": "alertname", "value": "AppDown|ErrorBudgetBurns", "regex": True},
            {"name": "severity", "value": "critical"},
        ],
    },
    "maintenance": [{"hours": "patches", "matchers": DATABASES}],
}
TEAMS = {
    "search": {
        "warning": [{"to": "search-chat", "within": "office"}, {"to": "on-call", "outside": "office"}],
        "info": "search-chat",
    }
}


def checked(folder: pathlib.Path, made: dict[str, t.Any]) -> pathlib.Path:
    file = folder / "alertmanager.yml"
    file.write_text(yaml.safe_dump(made))
    command = ["amtool", "check-config", str(file)]
    found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert found.returncode == 0, found.stdout + found.stderr
    return file


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        ("alertname=Watchdog severity=none", "dog"),
        ("alertname=Other severity=none", "nobody"),
        ("alertname=HostDown severity=critical", "on-call"),
        ("alertname=HostDown severity=critical team=search", "on-call"),
        ("alertname=HostDown severity=info", "nobody"),
        ("alertname=HostDown severity=info team=search", "search-chat"),
        ("alertname=HostDown severity=warning team=ads", "chat"),
        ("alertname=HostDown severity=warning team=search", "search-chat,on-call"),
        ("alertname=HostDown severity=warning team=search host=db1", "search-chat,on-call"),
        ("alertname=DbDown severity=page", "on-call"),
        ("alertname=DbDown severity=Critical team=search", "on-call"),
        ("alertname=DbDown", "on-call"),
        ("alertname=AppDown severity=critical app=shop", "back,on-call"),
        ("alertname=AppDown severity=warning app=shop", "chat"),
    ],
)
def test_an_alert_goes_to_whom_its_labels_say(tmp_path: pathlib.Path, labels: str, receivers: str) -> None:
    file = checked(tmp_path, configuration(routing_of(TEAMS, **SETTINGS)))
    command = ["amtool", "config", "routes", "test", f"--config.file={file}", *labels.split()]
    found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.strip() == receivers


def test_as_many_windows_as_there_may_be_are_taken(tmp_path: pathlib.Path) -> None:
    windows = [{"hours": "patches", "matchers": [{"name": "host", "value": str(number)}]} for number in range(4)]
    checked(tmp_path, configuration(routing_of(TEAMS, **{**SETTINGS, "maintenance": windows})))


def zulu(shift: float) -> str:
    return time.strftime("%H:%M", time.gmtime(time.time() + shift))


def test_people_are_told_in_their_hours_once_a_cause_and_not_of_maintenance(tmp_path: pathlib.Path) -> None:
    told: list[tuple[str, str, str]] = []

    def respond(exchange: Exchange) -> Reply:
        labels = [alert["labels"] for alert in json.loads(exchange.body)["alerts"]]
        told.extend((exchange.path.strip("/"), each["alertname"], each.get("host", "")) for each in labels)
        return Reply()

    with web_server(respond) as receiver:
        names = ("day", "night", "boss")
        url = f"http://127.0.0.1:{receiver.port}/"
        now = f"{zulu(-3600)}-{zulu(3600)}"
        routing = routing_of(
            {"search": {"warning": [{"to": "day", "within": "now"}, {"to": "night", "outside": "now"}]}},
            receivers=[{"name": name, "webhook_configs": [{"url": url + name}]} for name in names],
            otherwise={"critical": "boss", "warning": "boss"},
            hours={"now": now},
            maintenance=[{"hours": "now", "matchers": DATABASES}],
            wait="1s",
        )
        with servers.alertmanager(tmp_path, configuration(routing)) as alertmanager:
            alerts = [
                {"alertname": "HostDown", "severity": "critical", "host": "web1"},
                {"alertname": "TargetDown", "severity": "warning", "host": "web1", "instance": "web1:80"},
                {"alertname": "TargetDown", "severity": "warning", "host": "web2", "instance": "web2:80"},
                {"alertname": "HostDown", "severity": "critical", "host": "db1"},
                {"alertname": "Slow", "severity": "warning", "team": "search"},
                {"alertname": "Watchdog", "severity": "none"},
                # what keeps the one from being told is in another environment, or of another kind
                {"alertname": "AppDown", "severity": "critical", "app": "shop", "environment": "test", "host": "db2"},
                {"alertname": "CanaryWorse", "severity": "warning", "app": "shop", "environment": "test"},
                {"alertname": "CanaryWorse", "severity": "warning", "app": "shop", "environment": "production"},
                {"alertname": "QueueLag", "severity": "critical", "queue": "a"},
                {"alertname": "QueueLag", "severity": "warning", "queue": "b"},
            ]
            body = [{"labels": labels} for labels in alerts]
            requests.post(alertmanager.address + "/api/v2/alerts", json=body, timeout=10).raise_for_status()
            expected = [
                ("boss", "CanaryWorse", ""),
                ("boss", "HostDown", "web1"),
                ("boss", "QueueLag", ""),
                ("boss", "QueueLag", ""),
                ("boss", "TargetDown", "web2"),
                ("day", "Slow", ""),
            ]
            until(lambda: set(told) >= set(expected), "all are told that are to be")
            time.sleep(3)  # what should not come would have come by then
            # A group is told as a whole when one more comes to it.
            assert sorted(set(told)) == sorted(set(expected))
