# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances that are read for their metrics, which real clients write."""

from __future__ import annotations

import contextlib
import typing as t

import prometheus_client
import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import ProviderUnreachable
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers import pages
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.scrape import scrape
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._http_api import Access
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary
from ansible_collections.progressive.delivery.tests.loopback_servers import Reply, refusing_port, web_server


def shown(ok: int, bad: int, seconds: t.Sequence[float] = ()) -> bytes:
    """What an instance shows that has answered so many requests."""
    registry = prometheus_client.CollectorRegistry()
    requests = prometheus_client.Counter("requests", "Requests", ["code", "pool"], registry=registry)
    requests.labels("200", "its own").inc(ok)
    requests.labels("500", "its own").inc(bad)
    latency = prometheus_client.Histogram("latency_seconds", "Latency", buckets=[0.1, 1], registry=registry)
    for value in seconds:
        latency.observe(value)
    return prometheus_client.generate_latest(registry)


def access(port: int) -> Access:
    return Access(f"http://127.0.0.1:{port}/metrics", attempts=1)


def test_every_instance_of_every_pool_is_read_once_for_all_queries() -> None:
    answers = [shown(10, 1), shown(20, 2), shown(30, 3, [0.05, 0.5, 5])]
    with contextlib.ExitStack() as servers:
        one, two, three = (
            servers.enter_context(web_server(lambda _exchange, body=body: Reply(body=body))) for body in answers
        )
        provider = scrape({"stable": [access(one.port), access(two.port)], "canary": [access(three.port)]})
        bad, whole, slow = provider.measure(
            [
                'requests_total{pool="stable",code="500"}',
                'requests_total{pool="stable"}',
                'latency_seconds_bucket{le="0.1"}',
            ]
        )

    assert sorted(series.value for series in bad) == [1.0, 2.0]
    assert {dict(series.labels)["instance"] for series in bad} == {f"127.0.0.1:{one.port}", f"127.0.0.1:{two.port}"}
    assert sum(series.value for series in whole) == 33
    assert [series.value for series in slow if dict(series.labels)["pool"] == "canary"] == [1.0]
    assert [len(server.seen) for server in (one, two, three)] == [1, 1, 1]
    assert one.seen[0].path == "/metrics"


def test_an_instance_that_does_not_answer_is_no_measurement_at_all() -> None:
    """What the others counted would look like traffic that has gone."""
    with web_server(lambda _exchange: Reply(body=shown(1, 1))) as server, refusing_port() as port:
        provider = scrape({"stable": [access(server.port)], "canary": [access(port)]})
        with pytest.raises(ProviderUnreachable, match="of pool canary at http"):
            provider.measure(["requests_total"])


@pytest.mark.parametrize("targets", [{}, {"stable": []}])
def test_pools_without_instances_are_refused(targets: dict) -> None:
    with pytest.raises(InvalidOption, match="each pool needs at least one"):
        scrape(targets)


@pytest.mark.parametrize(
    ("targets", "says"),
    [
        ({"stable": ["http://a:1/m"], "canary": ["http://a:1/m"]}, "targets: http://a:1/m is named twice"),
        ({"stable": ["http://a:1/m", "http://a:1/m"]}, "targets: http://a:1/m is named twice"),
        ({"stable": ["http://a:1/m", "http://a:1/n"]}, "two of those that are read are a:1 stable"),
    ],
)
def test_instances_that_cannot_be_told_apart_are_refused(targets: dict[str, list[str]], says: str) -> None:
    with pytest.raises(InvalidOption, match=says):
        scrape({pool: [Access(address) for address in addresses] for pool, addresses in targets.items()})


def test_pools_may_share_a_host_that_shows_them_apart() -> None:
    scrape({"stable": [Access("http://a:1/stable")], "canary": [Access("http://a:1/canary")]})


def test_without_the_parser_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "CAN_PARSE", False)
    with pytest.raises(MissingLibrary, match="prometheus_client"):
        scrape({"stable": [access(1)]})
