# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``analysis`` with the instances' own metrics: rates and quantiles over the time between two looks."""

from __future__ import annotations

import collections.abc
import contextlib
import typing as t

import prometheus_client
import pytest

from ansible_collections.progressive.delivery.tests.loopback_servers import Exchange, Reply, web_server
from ansible_collections.progressive.delivery.tests.module_call import call

P90 = "histogram_quantile(0.9, latency_seconds_bucket{pool='{{ pool }}'})"
POOLS = {"baseline": "stable", "canary": "canary"}
ONE_LOOK = {"duration": 0, "final": False}


class Pool:
    """One instance, which answers so many requests each time before it is read."""

    def __init__(self, requests: int = 0, bad: int = 0, seconds: float = 0.05) -> None:
        self._registry = prometheus_client.CollectorRegistry()
        self._requests = prometheus_client.Counter("requests", "Requests", ["code"], registry=self._registry)
        self._latency = prometheus_client.Histogram(
            "latency_seconds", "Latency", buckets=[0.1, 0.2, 0.4, 0.8], registry=self._registry
        )
        self._rise = (requests, bad, seconds)
        self._reads = 0

    def page(self, _exchange: Exchange) -> Reply:
        requests, bad, seconds = self._rise
        self._requests.labels("200").inc(requests - bad)
        self._requests.labels("500").inc(bad)
        self._reads += 1
        # No two looks are alike, or the second would be no further measurement.
        for place in range(requests):
            self._latency.observe(seconds if place % 10 or place >= self._reads * 10 else 0.01)
        return Reply(body=prometheus_client.generate_latest(self._registry))


@contextlib.contextmanager
def scraped(**pools: Pool) -> collections.abc.Iterator[dict[str, t.Any]]:
    """A provider that reads these pools."""
    with contextlib.ExitStack() as servers:
        ports = {name: servers.enter_context(web_server(pool.page)).port for name, pool in pools.items()}
        targets = {name: [f"http://127.0.0.1:{port}/metrics"] for name, port in ports.items()}
        yield {"type": "scrape", "targets": targets}


def test_a_slower_canary_is_found_without_a_database_of_metrics() -> None:
    metric = {"name": "latency", "value": P90, "interval": 0.02}
    with scraped(stable=Pool(200, seconds=0.15), canary=Pool(200, seconds=0.3)) as provider:
        result = call("analysis", provider=provider, metrics=[metric], duration=60, fail_on="never", **POOLS)

    assert result["verdict"] == "failed", result
    assert result["reason"].startswith("latency: worse than 1.1 × the baseline")
    assert result["metrics"]["latency"]["measured"]["estimate"] == pytest.approx(2, rel=0.1)


def test_the_look_that_begins_is_no_measurement() -> None:
    metric = {
        "name": "errors",
        "query": "rate(requests_total{pool='{{ pool }}',code='500'}) / rate(requests_total{pool='{{ pool }}'})",
        "success_condition": "result < `0.1`",
        "interval": 0.02,
        "count": 2,
    }
    with scraped(canary=Pool(200, bad=10)) as provider:
        checked = call("analysis", provider=provider, metrics=[metric], canary="canary", check_mode=True)
        result = call("analysis", provider=provider, metrics=[metric], canary="canary", duration=60)

    assert checked["metrics"]["errors"]["reason"] == "nothing was measured"
    assert result["reason"] == "errors: 2 successful; the last: 0.05"


def test_an_analysis_in_parts_measures_over_the_time_between_them() -> None:
    metrics = [
        {"name": "latency", "value": P90, "interval": 1e-9},
        {"name": "rate", "query": "rate(requests_total{pool='{{ pool }}'})", "interval": 1e-9, "count": 9},
    ]
    state: dict[str, t.Any] = {}
    with scraped(stable=Pool(200, seconds=0.15), canary=Pool(200, seconds=0.3)) as provider:
        for _part in range(10):
            result = call("analysis", provider=provider, metrics=metrics, state=state, **ONE_LOOK, **POOLS)
            state = result["state"]

    measured = {name: metric["measured"] for name, metric in result["metrics"].items()}
    assert measured["latency"]["looks"] >= 3
    assert measured["rate"]["successful"] >= 3
    assert measured["rate"]["inconclusive"] == measured["rate"]["error"] == 0


def test_kayentas_judge_samples_what_was_between_two_looks() -> None:
    """One look in each part without time; the first only begins the time of the second."""
    metric = {"name": "latency", "value": P90, "interval": 1e-9}
    scores = {"judge": "kayenta", "kayenta": {"pass": 75, "marginal": 50}, "fail_on": "never", "duration": 0}
    state: dict[str, t.Any] = {}
    looks = []
    with scraped(stable=Pool(200, seconds=0.15), canary=Pool(200, seconds=0.3)) as provider:
        for part in range(1, 14):
            result = call(
                "analysis", provider=provider, metrics=[metric], state=state, final=part == 13, **scores, **POOLS
            )
            state = result["state"]
            looks.append(result["metrics"]["latency"]["measured"]["looks"])

    assert looks == list(range(13))
    assert (result["verdict"], result["metrics"]["latency"]["measured"]["label"]) == ("failed", "High")
