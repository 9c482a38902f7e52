# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How soon what happens is seen, and told: real Prometheus and Alertmanager with our rules and routes, scraped every second."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import pathlib
import random
import statistics
import threading
import time
import typing as t

import yaml

from ansible_collections.progressive.delivery.plugins.module_utils._metrics.model import Metric, Point, Sums
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.stores.registry import store_at
from ansible_collections.progressive.delivery.plugins.plugin_utils._monitoring.routing import configuration, routing_of
from ansible_collections.progressive.delivery.plugins.plugin_utils._monitoring.rules import rules_of
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.web import access
from ansible_collections.progressive.delivery.tests.e2e.telemetry import servers
from ansible_collections.progressive.delivery.tests.loopback_servers import Exchange, Reply, web_server

CHANGES, PUSHES, CONDITIONS, FAILURES = 100, 200, 60, 20
PUSHED = Metric("pushed", "gauge", "What was pushed.")


@dataclasses.dataclass(frozen=True)
class Row:
    """How long it took, in seconds.

    :param hold: by percentile, what it is to take at most
    """

    what: str
    count: int
    median: float
    p95: float
    p99: float
    longest: float
    hold: t.Mapping[str, float]


class Host:
    """What is scraped: a metric that is set, and an app that can be ill."""

    def __init__(self) -> None:
        self.value = 0.0
        self.saturation = 0.0
        self.answers = True

    def respond(self, exchange: Exchange) -> Reply:
        if not self.answers:
            return Reply(503)
        return Reply(body=f"value {self.value}\nsaturation {self.saturation}\n".encode())


class Told:
    """When somebody was told of an alert first since it was last forgotten."""

    def __init__(self) -> None:
        self._at: dict[tuple[str, str], float] = {}
        self._changed = threading.Condition()

    def respond(self, exchange: Exchange) -> Reply:
        with self._changed:
            for alert in json.loads(exchange.body)["alerts"]:
                self._at.setdefault((alert["labels"]["alertname"], alert["status"]), time.monotonic())
            self._changed.notify_all()
        return Reply()

    def when(self, name: str, status: str) -> float:
        with self._changed:
            if not self._changed.wait_for(lambda: (name, status) in self._at, 60):
                raise RuntimeError(f"nobody was told that {name} is {status}")
            return self._at[(name, status)]

    def forget(self) -> None:
        with self._changed:
            self._at.clear()


def measure(scale: float, _balancers: t.Sequence[str], folder: pathlib.Path) -> t.Iterator[Row]:
    """A row for each way."""
    chance = random.Random(6)
    host, told = Host(), Told()
    with contextlib.ExitStack() as stack:
        scraped = stack.enter_context(web_server(host.respond))
        receiver = stack.enter_context(web_server(told.respond))
        alertmanager = stack.enter_context(servers.alertmanager(folder, _routes(receiver.port)))
        prometheus = stack.enter_context(_prometheus(folder / "prometheus", scraped.port, alertmanager.address))
        _until(lambda: prometheus.query("value"))
        yield _row(
            "a metric changes on a host, until a query has it",
            _changes(prometheus, host, chance, _count(CHANGES, scale)),
            {"p95": 1.0, "p99": 2.0},
        )
        yield _row("the same by remote write", _pushes(prometheus, _count(PUSHES, scale)), {"p99": 0.05})
        yield _row(
            "a condition comes to be, until the webhook is told",
            _conditions(host, told, chance, _count(CONDITIONS, scale)),
            {"p99": 2.0},
        )
        yield _row(
            "an app answers no more, for 2 s, until the webhook is told",
            _failures(host, told, chance, _count(FAILURES, scale)),
            {"p99": 5.0},
        )


def _count(full: int, scale: float) -> int:
    return max(3, round(full * scale))


def _routes(port: int) -> dict[str, t.Any]:
    receiver = {"name": "hook", "webhook_configs": [{"url": f"http://127.0.0.1:{port}/", "send_resolved": True}]}
    return configuration(routing_of({}, receivers=[receiver], otherwise={"critical": "hook"}))


def _prometheus(folder: pathlib.Path, scraped: int, alertmanager: str) -> t.Any:
    (folder / "rules").mkdir(parents=True)
    rules = rules_of([{"name": "shop"}], down_for="2s")
    full = {"alert": "Full", "expr": "saturation > 0.9", "labels": {"severity": "critical", "app": "shop"}}
    rules["groups"].append({"name": "full", "interval": "1s", "rules": [full]})
    (folder / "rules" / "rules.yml").write_text(yaml.safe_dump(rules))
    settings = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [f"{folder}/rules/*.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager.removeprefix("http://")]}]}]},
        # As a host, so that it is HostDown, which is critical.
        "scrape_configs": [{"job_name": "node", "static_configs": [{"targets": [f"127.0.0.1:{scraped}"]}]}],
    }
    return servers.prometheus(folder, settings)


def _changes(prometheus: servers.Server, host: Host, chance: random.Random, count: int) -> t.Iterator[float]:
    for number in range(1, count + 1):
        time.sleep(chance.random())
        began = time.monotonic()
        host.value = number
        _until_seen(prometheus, "value", number)
        yield time.monotonic() - began


def _pushes(prometheus: servers.Server, count: int) -> t.Iterator[float]:
    store = store_at(f"remote-write+{prometheus.address}/api/v1/write", access, ("job",), "bench")
    for number in range(1, count + 1):
        time.sleep(0.02)
        began = time.monotonic()
        points = [Point(PUSHED, number, time.time())]
        store.put(Sums().plus(points), points)
        _until_seen(prometheus, "pushed", number)
        yield time.monotonic() - began


def _conditions(host: Host, told: Told, chance: random.Random, count: int) -> t.Iterator[float]:
    for _number in range(count):
        time.sleep(chance.random())
        told.forget()
        began = time.monotonic()
        host.saturation = 1.0
        yield told.when("Full", "firing") - began
        host.saturation = 0.0
        told.when("Full", "resolved")


def _failures(host: Host, told: Told, chance: random.Random, count: int) -> t.Iterator[float]:
    for _number in range(count):
        time.sleep(chance.random())
        told.forget()
        began = time.monotonic()
        host.answers = False
        yield told.when("HostDown", "firing") - began
        host.answers = True
        told.when("HostDown", "resolved")


def _row(what: str, found: t.Iterable[float], hold: t.Mapping[str, float]) -> Row:
    times = sorted(found)
    return Row(
        what, len(times), statistics.median(times), _percentile(times, 95), _percentile(times, 99), times[-1], hold
    )


def _percentile(times: t.Sequence[float], part: int) -> float:
    """By the nearest rank, so that it is one that was seen."""
    return times[math.ceil(part / 100 * len(times)) - 1]


def _until_seen(prometheus: servers.Server, name: str, value: float) -> None:
    _until(lambda: list(prometheus.query(name).values()) == [value])


def _until(condition: t.Callable[[], t.Any]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError("it was never seen")
        time.sleep(0.002)
