# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alerts and silences in a real Alertmanager, by the modules and by a run's callback, and who is told of them."""

from __future__ import annotations

import collections.abc
import contextlib
import datetime
import json
import pathlib
import time
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.alerting.alerting import (
    Alerting,
    Settings,
)
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.interface import SinkDown
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.registry import sink_at
from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import until
from ansible_collections.progressive.delivery.tests.e2e.telemetry import servers
from ansible_collections.progressive.delivery.tests.loopback_servers import Reply, refusing_port, web_server
from ansible_collections.progressive.delivery.tests.module_call import Failed, call
from ansible_collections.progressive.delivery.tests.unit.plugins.plugin_utils._telemetry.telling import (
    moved,
    said,
    told,
)


class Stack:
    """An Alertmanager and who is told by it."""

    def __init__(self, address: str, told_of: list[dict[str, t.Any]]) -> None:
        self.address = address
        self._told = told_of

    def told_of(self) -> list[tuple[str, str]]:
        """The alerts of which somebody was told, with their status, in order."""
        return [(each["labels"]["alertname"], each["status"]) for message in self._told for each in message["alerts"]]

    def alert(self, check_mode: bool = False, **options: t.Any) -> dict[str, t.Any]:
        given = {
            "addresses": [self.address],
            "name": "Stuck",
            "summary": "It hangs",
            "labels": {"app": "shop"},
            **options,
        }
        return call("alert", check_mode=check_mode, **given)

    def silence(self, check_mode: bool = False, **options: t.Any) -> dict[str, t.Any]:
        given = {"addresses": [self.address], "matchers": [{"name": "app", "value": "shop"}], **options}
        return call("silence", check_mode=check_mode, **given)

    def info(self, **options: t.Any) -> dict[str, t.Any]:
        return call("alert_info", **{"addresses": [self.address], **options})


@pytest.fixture
def stack(tmp_path: pathlib.Path) -> collections.abc.Iterator[Stack]:
    got: list[dict[str, t.Any]] = []

    def respond(exchange: t.Any) -> Reply:
        got.append(json.loads(exchange.body))
        return Reply()

    with web_server(respond) as receiver:
        configuration = {
            "route": {
                "receiver": "team",
                "group_by": ["alertname", "app", "rollout"],
                "group_wait": "0s",
                "group_interval": "1s",
            },
            "receivers": [
                {
                    "name": "team",
                    "webhook_configs": [{"url": f"http://127.0.0.1:{receiver.port}/", "send_resolved": True}],
                }
            ],
        }
        with servers.alertmanager(tmp_path, configuration) as alertmanager:
            yield Stack(alertmanager.address, got)


def test_an_alert_is_raised_once_told_and_ended(stack: Stack) -> None:
    foreseen = stack.alert(check_mode=True)
    assert (foreseen["changed"], stack.info()["alerts"]) == (True, [])

    first = stack.alert(description="since noon", command="ansible-playbook mend.yml", runbook="https://wiki/stuck")
    assert (first["changed"], first["diff"]["before"]) == (True, {})
    (known,) = stack.info(matchers=[{"name": "app", "value": "sh.*", "regex": True}])["alerts"]
    assert known["labels"] == {"alertname": "Stuck", "severity": "warning", "app": "shop"}
    assert known["annotations"]["command"] == "ansible-playbook mend.yml"
    assert (known["silenced"], known["receivers"]) == (False, ["team"])
    assert 3500 < known["ends"] - time.time() <= 3600
    assert stack.info(matchers=[{"name": "app", "value": "other"}])["alerts"] == []

    again = stack.alert(description="since noon", command="ansible-playbook mend.yml", runbook="https://wiki/stuck")
    assert not again["changed"]
    assert stack.alert(description="since one")["changed"]
    assert stack.alert(description="since one", minutes=600)["changed"]

    until(lambda: ("Stuck", "firing") in stack.told_of(), "somebody is told")
    assert stack.alert(state="resolved")["changed"]
    assert not stack.alert(state="resolved")["changed"]
    assert stack.info()["alerts"] == []
    until(lambda: ("Stuck", "resolved") in stack.told_of(), "somebody is told that it is over")


def test_nobody_is_told_while_it_is_silent_and_the_silence_is_known_again(stack: Stack) -> None:
    assert stack.silence(check_mode=True)["silence"]["id"] == ""
    made = stack.silence(comment="the database moves")
    assert made["changed"]
    assert not stack.silence(comment="the database moves")["changed"]
    assert stack.silence(minutes=600)["silence"]["ends"] - made["silence"]["ends"] > 500 * 60
    assert len(stack.info()["silences"]) == 1
    other = stack.silence(author="somebody")
    assert other["silence"]["id"] != made["silence"]["id"]

    narrow = {"author": "somebody", "matchers": [{"name": "app", "value": "shop"}, {"name": "alertname", "value": "X"}]}
    assert stack.silence(**narrow, exclusive=True, check_mode=True)["changed"]
    assert len(stack.info()["silences"]) == 2
    assert stack.silence(**narrow, exclusive=True)["changed"]
    assert not stack.silence(**narrow, exclusive=True)["changed"]
    assert sorted(each["author"] for each in stack.info()["silences"]) == ["progressive.delivery", "somebody"]

    stack.alert()
    until(lambda: stack.info()["alerts"][0]["silenced"], "it is silenced")
    assert stack.silence(state="absent", author="somebody", matchers=[])["changed"]
    assert stack.told_of() == []

    assert stack.silence(state="absent")["changed"]
    assert not stack.silence(state="absent")["changed"]
    assert stack.info()["silences"] == []
    until(lambda: ("Stuck", "firing") in stack.told_of(), "somebody is told")


def at(seconds: float) -> str:
    """A moment from now on, in a time zone of its own."""
    there = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=5, minutes=30)))
    return (there + datetime.timedelta(seconds=seconds)).isoformat(timespec="seconds")


def test_a_silence_with_a_date_is_silent_then_and_not_before(stack: Stack) -> None:
    dates = {"author": "maintenance: rack", "starts": at(3600), "ends": at(7200)}
    made = stack.silence(**dates)
    assert made["changed"]
    assert 3590 < made["silence"]["starts"] - time.time() < 3610
    assert 7190 < made["silence"]["ends"] - time.time() < 7210
    assert not stack.silence(**dates)["changed"]
    stack.alert()
    until(lambda: ("Stuck", "firing") in stack.told_of(), "somebody is told")
    assert not stack.info()["alerts"][0]["silenced"]

    assert stack.silence(**{**dates, "starts": at(-60)})["changed"]
    assert not stack.silence(**{**dates, "starts": at(-60)})["changed"]
    until(lambda: stack.info()["alerts"][0]["silenced"], "it is silenced")
    later = stack.silence(**{**dates, "ends": at(9000)})["silence"]
    assert (len(stack.info()["silences"]), later["starts"] > time.time() + 3000) == (1, True)

    assert stack.silence(state="absent", author="maintenance: rack", matchers=[])["changed"]
    assert stack.info()["silences"] == []
    over = stack.silence(author="maintenance: rack", ends=at(-5))
    assert (over["changed"], over["silence"], stack.info()["silences"]) == (False, None, [])


def test_a_member_that_is_down_is_passed_over_and_none_is_an_error(stack: Stack) -> None:
    with refusing_port() as port:
        down = f"http://127.0.0.1:{port}"
        assert stack.alert(addresses=[down, stack.address], attempts=1)["changed"]
        assert len(stack.info(addresses=[down, stack.address], attempts=1)["alerts"]) == 1
        with pytest.raises(Failed, match="does not answer") as failure:
            stack.alert(addresses=[down], attempts=1)
    assert failure.value.result["error"] == "alertmanager-unreachable"


def test_without_an_alertmanager_a_service_is_told() -> None:
    got: list[t.Any] = []

    def respond(exchange: t.Any) -> Reply:
        got.append(json.loads(exchange.body))
        return Reply()

    with web_server(respond) as service:
        given = {
            "notify": [f"json://127.0.0.1:{service.port}/hook"],
            "name": "Stuck",
            "summary": "It hangs",
            "command": "mend",
        }
        assert call("alert", check_mode=True, **given)["changed"]
        assert got == []
        call("alert", **given, severity="critical")
        call("alert", **given, state="resolved")
        with refusing_port() as port, pytest.raises(Failed, match="could not deliver"):
            call("alert", **{**given, "notify": [*given["notify"], f"json://127.0.0.1:{port}/"]})
    assert [(each["title"], each["type"]) for each in got] == [
        ("It hangs", "failure"),
        ("Over: It hangs", "success"),
        ("It hangs", "warning"),
    ]
    assert "command: mend" in got[0]["message"]
    with pytest.raises(Failed, match="could not deliver") as failure:
        call("alert", **given)
    assert failure.value.result["error"] == "not-notified"


def run(*sayings: t.Any, **more: t.Any) -> list[dict[str, t.Any]]:
    return told(*sayings, alerting=Alerting(Settings(inventory="production")), at=time.time() - 20, **more)


def test_runs_raise_alerts_and_later_ones_end_them(stack: Stack) -> None:
    sink = sink_at("alertmanager+" + stack.address)
    sink.send(
        run(moved("running"), said("traffic.shifted", split={"blue": 75, "green": 25}), moved("paused"), run="r1")
    )
    (known,) = stack.info()["alerts"]
    assert (known["labels"]["alertname"], known["labels"]["severity"]) == ("RolloutPaused", "critical")
    assert (known["labels"]["rollout"], known["labels"]["environment"]) == ("shop-7", "production")
    assert known["annotations"]["command"].splitlines()[0] == (
        "ansible-playbook -i production progressive.delivery.promote -e rollout_app=shop"
    )
    assert known["annotations"]["description"] == "from: 1.0.0; share: 25%"
    until(lambda: stack.told_of() == [("RolloutPaused", "firing")], "somebody is told")

    sink_at("alertmanager+" + stack.address).send(run(moved("running"), moved("succeeded"), run="r2"))
    assert stack.info()["alerts"] == []
    until(lambda: ("RolloutPaused", "resolved") in stack.told_of(), "somebody is told that it is over")
    assert {name for name, _status in stack.told_of()} == {"RolloutPaused"}


def test_an_alertmanager_that_is_down_is_a_sink_that_is_down_and_events_without_alerts_do_not_ask_it() -> None:
    with refusing_port() as port:
        sink = sink_at(f"alertmanager+http://127.0.0.1:{port};http://127.0.0.1:{port}")
        sink.send(told(said("toggle.changed")))
        with pytest.raises(SinkDown, match="does not answer"):
            sink.send(run(moved("paused")))


def test_a_service_is_told_of_each_trouble_once_and_of_its_end() -> None:
    got: list[t.Any] = []

    def respond(exchange: t.Any) -> Reply:
        got.append(json.loads(exchange.body))
        return Reply()

    ill = said("health.checked", status="degraded", ready=2, expected=2)
    well = said("health.checked", status="healthy", ready=2, expected=2)
    with (
        web_server(respond) as service,
        contextlib.closing(sink_at(f"apprise+json://127.0.0.1:{service.port}/s3cret")) as sink,
    ):
        assert "s3cret" not in sink.name
        sink.send(run(moved("running"), ill, ill, well))
    assert [each["title"] for each in got] == ["shop: its targets are degraded", "Over: shop: its targets are degraded"]
    with pytest.raises(SinkDown):
        sink.send(run(moved("running"), ill))
