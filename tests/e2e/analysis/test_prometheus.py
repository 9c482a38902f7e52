# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts on measurements of a real Prometheus."""

from __future__ import annotations

import collections.abc
import os
import pathlib
import signal
import subprocess
import threading
import time
import typing as t

import prometheus_client
import pytest
import requests

from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import free_port
from ansible_collections.progressive.delivery.tests.module_call import Failed, call

CONFIGURATION = """
global: {{scrape_interval: 250ms, scrape_timeout: 200ms}}
scrape_configs:
- job_name: app
  static_configs: [{{targets: ["127.0.0.1:{0}"]}}]
"""


class Traffic:
    """Requests to two pools, counted as an app counts them, a thousand a second on each side until it is ended."""

    def __init__(self, port: int, bad: t.Mapping[str, float]) -> None:
        registry = prometheus_client.CollectorRegistry()
        self._requests = prometheus_client.Counter("requests", "Requests", ["pool", "code"], registry=registry)
        self._server, self._exporting = prometheus_client.start_http_server(port, "127.0.0.1", registry)
        self._bad = bad
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on)
        self._thread.start()

    def _go_on(self) -> None:
        while not self._over.wait(0.05):
            for pool, ratio in self._bad.items():
                self._requests.labels(pool, "200").inc(50 * (1 - ratio))
                self._requests.labels(pool, "500").inc(50 * ratio)

    def end(self) -> None:
        self._over.set()
        self._thread.join()
        self._server.shutdown()
        self._server.server_close()
        self._exporting.join()


class Prometheus:
    """A Prometheus that scrapes one port four times a second."""

    def __init__(self, folder: pathlib.Path, target: int) -> None:
        self.port = free_port()
        (folder / "prometheus.yml").write_text(CONFIGURATION.format(target), encoding="utf-8")
        options = {
            "config.file": folder / "prometheus.yml",
            "storage.tsdb.path": folder / "data",
            "web.listen-address": f"127.0.0.1:{self.port}",
        }
        self.process = subprocess.Popen(
            ["prometheus", *(f"--{name}={value}" for name, value in options.items())],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.provider = {"type": "prometheus", "address": f"http://127.0.0.1:{self.port}", "attempts": 1}
        self._wait_for('requests_total{pool="canary"}')

    def _wait_for(self, query: str) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                url = f"{self.provider['address']}/api/v1/query"
                if requests.get(url, params={"query": query}, timeout=5).json()["data"]["result"]:
                    return
            except (requests.RequestException, KeyError, ValueError):
                pass
            assert time.monotonic() < deadline, "Prometheus has scraped nothing"
            time.sleep(0.1)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def measuring(tmp_path: pathlib.Path) -> collections.abc.Iterator[t.Callable[..., Prometheus]]:
    """Gives a Prometheus that watches traffic with such parts of bad requests by pool."""
    ends: list[t.Callable[[], None]] = []

    def measure(**bad: float) -> Prometheus:
        port = free_port()
        traffic = Traffic(port, bad)
        ends.append(traffic.end)
        prometheus = Prometheus(tmp_path, port)
        ends.append(prometheus.end)
        return prometheus

    yield measure
    for end in reversed(ends):
        end()


ERRORS = {
    "name": "errors",
    "bad": 'requests_total{pool="{{ pool }}",code="500"}',
    "total": 'requests_total{pool="{{ pool }}"}',
    "interval": 0.5,
}
POOLS = {"baseline": "stable", "canary": "canary"}


@pytest.mark.parametrize(
    ("bad", "verdict", "reason"),
    [
        (0.05, "failed", "errors: worse than 1.5 × the baseline"),
        (0.01, "successful", "errors: within 1.5 × the baseline"),
    ],
)
def test_a_canary_beside_its_baseline(
    measuring: t.Callable[..., Prometheus], bad: float, verdict: str, reason: str
) -> None:
    prometheus = measuring(stable=0.01, canary=bad)
    result = call("analysis", provider=prometheus.provider, metrics=[ERRORS], duration=60, fail_on="never", **POOLS)
    assert result["verdict"] == verdict, result
    assert result["reason"].startswith(reason)
    assert result["metrics"]["errors"]["measured"]["estimate"] == pytest.approx(bad / 0.01, rel=0.2)


def test_conditions_on_a_query_of_its_language(measuring: t.Callable[..., Prometheus]) -> None:
    ratio = {
        "name": "ratio",
        "query": 'sum(rate(requests_total{code="500",pool="{{ pool }}"}[5s])) / sum(rate(requests_total{pool="{{ pool }}"}[5s]))',
        "success_condition": "result < `0.1`",
        "failure_condition": "result > `0.2`",
        "initial_delay": 2,
    }
    several = {"name": "several", "query": "requests_total", "dry_run": True, "consecutive_error_limit": 0}
    nothing = {"name": "nothing", "query": "no_such_metric", "dry_run": True}
    prometheus = measuring(stable=0.01, canary=0.3)
    with pytest.raises(Failed) as failure:
        call("analysis", provider=prometheus.provider, metrics=[several, nothing, ratio], duration=30, canary="canary")

    result = failure.value.result
    assert (result["error"], result["metrics"]["ratio"]["verdict"]) == ("failed", "failed")
    assert "the query has 4 series where one is wanted" in result["metrics"]["several"]["reason"]
    assert (result["metrics"]["nothing"]["verdict"], result["metrics"]["several"]["verdict"]) == (
        "inconclusive",
        "error",
    )


def test_a_query_that_is_wrong_is_an_error_with_its_reason(measuring: t.Callable[..., Prometheus]) -> None:
    prometheus = measuring(stable=0.01, canary=0.01)
    metric = {"name": "typo", "query": "sum(rate(requests_total)", "consecutive_error_limit": 0}
    result = call("analysis", provider=prometheus.provider, metrics=[metric], fail_on="never")
    assert result["verdict"] == "error"
    assert "parse error" in result["reason"]


def test_a_prometheus_that_stops_amid_the_analysis_delays_the_verdict(measuring: t.Callable[..., Prometheus]) -> None:
    """It is stopped for two seconds after the first looks; the next look spans the time."""
    prometheus = measuring(stable=0.01, canary=0.05)
    provider = {**prometheus.provider, "timeout": 0.3}

    def interrupt() -> None:
        time.sleep(1)
        os.kill(prometheus.process.pid, signal.SIGSTOP)
        time.sleep(2)
        os.kill(prometheus.process.pid, signal.SIGCONT)

    interruption = threading.Thread(target=interrupt)
    interruption.start()
    metric = {**ERRORS, "consecutive_error_limit": 20, "minimum_sample": 4000}
    result = call("analysis", provider=provider, metrics=[metric], duration=60, fail_on="never", **POOLS)
    interruption.join()
    assert result["verdict"] == "failed", result
