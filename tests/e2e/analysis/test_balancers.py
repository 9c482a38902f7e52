# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts by what real balancers count, with nothing asked of the instances and no database of metrics."""

from __future__ import annotations

import collections.abc
import contextlib
import http.client
import pathlib
import threading
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import ProviderUnreachable
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.interface import NothingYet
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.registry import (
    OPTIONS,
    provider_of,
)
from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down
from ansible_collections.progressive.delivery.tests.module_call import Failed, call

POOLS = {"baseline": "blue", "canary": "green"}
EXPORTER = """
frontend statistics
    bind 127.0.0.1:{port}
    http-request use-service prometheus-exporter if {{ path /metrics }}
"""
ERRORS = {
    "haproxy": {
        "name": "errors",
        "bad": 'haproxy_backend_http_responses_total{proxy="analyze-all.{{ pool }}",code="5xx"}',
        "total": 'haproxy_backend_http_responses_total{proxy="analyze-all.{{ pool }}"}',
    },
    "envoy": {
        "name": "errors",
        "bad": 'envoy_cluster_upstream_rq_xx{envoy_cluster_name="{{ pool }}",envoy_response_code_class="5"}',
        "total": 'envoy_cluster_upstream_rq_completed{envoy_cluster_name="{{ pool }}"}',
    },
}
BAD_PART = {kind: "rate({bad}) / rate({total})".format(**metric) for kind, metric in ERRORS.items()}


class Edge(t.NamedTuple):
    """A balancer, how it is asked for its statistics, and requests through it."""

    balancer: laid_down.LaidDown
    provider: dict[str, t.Any]

    @property
    def kind(self) -> str:
        return self.balancer.kind

    def ask(self, channel: http.client.HTTPConnection, pool: str, requests: int, bad: int) -> None:
        """Some requests to one pool, of which so many are answered with 500, evenly."""
        headers = {"X-Preview": "green"} if pool == "green" else {}
        for number in range(requests):
            is_bad = (number + 1) * bad // requests > number * bad // requests
            answer = laid_down.ask_over(channel, "/status/500" if is_bad else "/", headers)
            assert answer.pool == pool

    def ask_once(self, pool: str, requests: int, bad: int = 0) -> None:
        """The same on a connection of their own."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.balancer.port, timeout=30)) as channel:
            self.ask(channel, pool, requests, bad)

    @contextlib.contextmanager
    def under_load(self, **bad: int) -> collections.abc.Iterator[None]:
        """With requests to both pools at once; of fifty to a pool so many are bad."""
        over = threading.Event()

        def go_on(pool: str) -> None:
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.balancer.port, timeout=30)) as channel:
                while not over.is_set():
                    self.ask(channel, pool, 50, bad[pool])

        threads = [threading.Thread(target=go_on, args=(pool,)) for pool in bad]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()


@pytest.fixture(scope="module")
def endpoints() -> collections.abc.Iterator[laid_down.Endpoints]:
    with contextlib.closing(laid_down.Endpoints()) as running:
        yield running


@contextlib.contextmanager
def laid_out(
    kind: str, way: str, endpoints: laid_down.Endpoints, directory: pathlib.Path
) -> collections.abc.Iterator[Edge]:
    """As the role lays it down, with the header open to the second pool; *way* is a socket or a port."""
    port = laid_down.free_port()
    connection: dict[str, str] = {"directory": str(directory)}
    options: dict[str, t.Any] = {}
    if (kind, way) == ("envoy", "port"):
        connection["admin"] = options["balancer_admin"] = f"127.0.0.1:{port}"
    balancer = laid_down.lay_down(kind, directory, endpoints, **options)
    if (kind, way) == ("haproxy", "port"):
        with (directory / "haproxy.cfg").open("a", encoding="utf-8") as configuration:
            configuration.write(EXPORTER.format(port=port))
    address = {
        ("haproxy", "socket"): str(directory / "haproxy.sock"),
        ("haproxy", "port"): f"http://127.0.0.1:{port}/metrics",
        ("envoy", "socket"): str(directory / "control" / "envoy.sock"),
        ("envoy", "port"): f"http://127.0.0.1:{port}",
    }[kind, way]
    balancer.start()
    try:
        balancer.split(0, header={"pool": "green"}, connection=connection)
        yield Edge(balancer, {"type": kind, "balancers": [address]})
    finally:
        balancer.stop()


@pytest.fixture(scope="module", params=[(kind, way) for kind in ERRORS for way in ("socket", "port")], ids="-".join)
def edge(
    request: pytest.FixtureRequest, endpoints: laid_down.Endpoints, tmp_path_factory: pytest.TempPathFactory
) -> collections.abc.Iterator[Edge]:
    with laid_out(*request.param, endpoints, tmp_path_factory.mktemp("t") / "app") as edge:
        yield edge


@pytest.mark.parametrize(
    ("bad", "verdict", "reason"),
    [
        (10, "failed", "errors: worse than 1.5 × the baseline"),
        (2, "successful", "errors: within 1.5 × the baseline"),
    ],
)
def test_a_canary_is_judged_from_the_balancer_alone(edge: Edge, bad: int, verdict: str, reason: str) -> None:
    metric = {**ERRORS[edge.kind], "interval": 0.25, "minimum_sample": 1000}
    with edge.under_load(blue=2, green=bad):
        result = call("analysis", provider=edge.provider, metrics=[metric], duration=120, fail_on="never", **POOLS)

    assert (result["verdict"], result["reason"][: len(reason)]) == (verdict, reason), result
    assert result["metrics"]["errors"]["measured"]["estimate"] == pytest.approx(bad / 2, rel=0.4)


def test_conditions_on_what_came_to_one_pool_since_the_last_look(edge: Edge) -> None:
    """The balancer counts exactly what was sent, to either pool, and nothing of its own health checks."""
    provider = measuring(edge)
    query = BAD_PART[edge.kind].replace("{{ pool }}", "green")
    edge.ask_once("green", 1, bad=1)
    with pytest.raises(NothingYet):
        provider.measure([query])
    edge.ask_once("green", 40, bad=10)
    edge.ask_once("blue", 10, bad=10)
    assert [series.value for series in provider.measure([query])[0]] == [0.25]


def test_a_balancer_that_began_anew_counts_from_zero(edge: Edge) -> None:
    provider = measuring(edge)
    query = BAD_PART[edge.kind].replace("{{ pool }}", "green")
    edge.ask_once("green", 50, bad=25)
    with pytest.raises(NothingYet):
        provider.measure([query])
    edge.balancer.stop()
    with pytest.raises(ProviderUnreachable):
        provider.measure([query])
    edge.balancer.start()
    edge.ask_once("green", 40, bad=10)
    assert [series.value for series in provider.measure([query])[0]] == [0.25]


def test_a_balancer_that_cannot_be_asked_is_an_error_and_no_verdict_on_the_release(tmp_path: pathlib.Path) -> None:
    provider = {"type": "haproxy", "balancers": [str(tmp_path / "nobody.sock")], "attempts": 1}
    metric = {"name": "errors", "query": "haproxy_process_nbproc", "interval": 0.01, "consecutive_error_limit": 0}
    with pytest.raises(Failed) as failure:
        call("analysis", provider=provider, metrics=[metric])
    assert failure.value.result["error"] == "error"
    assert f"{tmp_path}/nobody.sock does not answer" in failure.value.result["msg"]


def test_the_socket_of_haproxy_and_its_exporter_say_the_same(
    endpoints: laid_down.Endpoints, tmp_path: pathlib.Path
) -> None:
    """All but how long requests took on average, which of a few requests the two reckon differently: these have the same names."""
    with laid_out("haproxy", "port", endpoints, tmp_path / "app") as edge:
        edge.ask_once("green", 30, bad=5)
        edge.ask_once("blue", 30)
        by_socket, by_exporter = (
            {series: value for series, value in page(edge, address).items() if "analyze-all.green" in series}
            for address in (str(edge.balancer.directory / "haproxy.sock"), edge.provider["balancers"][0])
        )

    averages = {series for series in by_socket if str(series[0]).endswith("_average_seconds")}
    assert averages <= by_exporter.keys()
    counted = by_socket.keys() - averages
    assert len(counted) > 40
    assert {series: by_exporter[series] for series in counted} == {series: by_socket[series] for series in counted}
    assert by_socket["haproxy_backend_http_responses_total", "analyze-all.green", None, "5xx"] == 5


def page(edge: Edge, address: str) -> dict[tuple[str | None, ...], float]:
    """All that is shown at one address, by name, proxy, server and code."""
    (source,) = measuring(edge._replace(provider={"type": "haproxy", "balancers": [address]}))._sources
    return {
        (name, labels.get("proxy"), labels.get("server"), labels.get("code")): value
        for name, labels, value in source.read()
    }


def test_what_the_balancer_knows_of_latency_can_be_asked(edge: Edge) -> None:
    """Envoy has histograms, which it brings up to date every few seconds; HAProxy has averages of the last requests."""
    query = {
        "haproxy": 'haproxy_backend_total_time_average_seconds{proxy="analyze-all.green"}',
        "envoy": 'histogram_quantile(0.5, envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="green"})',
    }[edge.kind]
    metric = {
        "name": "latency",
        "query": query,
        "success_condition": "result < `30000`",
        "inconclusive_limit": 1000,
        "consecutive_success_limit": 1,
        "interval": 0.25,
        "count": 1000,
    }
    with edge.under_load(green=0):
        result = call("analysis", provider=edge.provider, metrics=[metric], duration=120)
    assert result["metrics"]["latency"]["measured"]["successful"] == 1


def measuring(edge: Edge) -> t.Any:
    """The provider itself."""
    said = {**{name: spec.get("default") for name, spec in OPTIONS.items()}, **edge.provider, "attempts": 1}
    return provider_of(said)
