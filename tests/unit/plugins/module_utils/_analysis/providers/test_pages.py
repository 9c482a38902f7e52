# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of metrics that change from look to look, as real clients write them."""

from __future__ import annotations

import itertools
import json
import typing as t

import prometheus_client
import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import (
    BadMeasurement,
    ProviderUnreachable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.interface import (
    NothingYet,
    Provider,
    Remembering,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.pages import (
    Pages,
    Source,
    samples,
)
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

LATENCY = 'histogram_quantile(0.5, latency_seconds_bucket{pool="canary"})'
BAD_PART = 'rate(requests_total{pool="canary",code="500"}) / rate(requests_total{pool="canary"})'


class App:
    """One instance's counters, of which a restart leaves nothing."""

    def __init__(self, pool: str, name: str) -> None:
        self.source = Source({"pool": pool, "instance": name}, self._read)
        self.down = False
        self.restart()

    def restart(self) -> None:
        self._registry = prometheus_client.CollectorRegistry()
        self._requests = prometheus_client.Counter("requests", "Requests", ["code"], registry=self._registry)
        self._latency = prometheus_client.Histogram("latency_seconds", "", buckets=[0.1, 1], registry=self._registry)

    def answer(self, ok: float, bad: float = 0, seconds: float = 0.05) -> None:
        self._requests.labels("200").inc(ok)
        if bad:
            self._requests.labels("500").inc(bad)
        for _request in range(int(ok + bad)):
            self._latency.observe(seconds)

    def _read(self) -> t.Iterator[tuple[str, t.Mapping[str, str], float]]:
        if self.down:
            raise ProviderUnreachable("nobody there")
        return samples(prometheus_client.generate_latest(self._registry).decode())


@pytest.fixture
def apps() -> list[App]:
    """Two instances of the canary and one of the stable pool, with some traffic behind them."""
    found = [App("canary", "a"), App("canary", "b"), App("stable", "c")]
    for app in found:
        app.answer(1000)
    return found


def pages(apps: list[App], step: float = 10.0) -> Pages:
    """A provider between whose looks there are *step* seconds."""
    times = itertools.count(1000.0, step)
    return Pages([app.source for app in apps], clock=lambda: next(times))


def values(provider: Provider, *queries: str) -> list[list[float]]:
    return [[series.value for series in measured] for measured in provider.measure(queries)]


def began(provider: Pages, *queries: str) -> Pages:
    """After its first look."""
    with pytest.raises(NothingYet):
        provider.measure(queries)
    return provider


def test_the_first_look_measures_no_rate_and_the_next_one_all_since(apps: list[App]) -> None:
    provider = began(pages(apps), "rate(requests_total)")
    apps[0].answer(30)
    apps[2].answer(20)
    assert values(provider, "rate(requests_total)") == [[5.0]]
    assert values(provider, "rate(requests_total)") == [[0.0]]


def test_values_as_they_are_need_no_second_look(apps: list[App]) -> None:
    assert values(pages(apps), 'requests_total{pool="stable"}') == [[1000.0]]


def test_a_rate_is_of_the_pool_that_is_selected(apps: list[App]) -> None:
    queries = ['rate(requests_total{pool="canary"})', 'rate(requests_total{pool="stable"})']
    provider = began(pages(apps), *queries)
    apps[0].answer(30)
    apps[1].answer(50)
    apps[2].answer(10)
    assert values(provider, *queries) == [[8.0], [1.0]]


def test_an_instance_that_began_anew_counts_from_zero(apps: list[App]) -> None:
    provider = began(pages(apps), "rate(requests_total)")
    apps[0].restart()
    apps[0].answer(70)
    assert values(provider, "rate(requests_total)") == [[7.0]]


def test_the_bad_part_of_all_requests(apps: list[App]) -> None:
    apps[0].answer(0, bad=10)
    provider = began(pages(apps), BAD_PART)
    apps[0].answer(90, bad=5)
    apps[1].answer(100, bad=5)
    assert values(provider, BAD_PART) == [[0.05]]


def test_errors_that_never_occurred_are_none_of_all_requests(apps: list[App]) -> None:
    provider = began(pages(apps), BAD_PART)
    apps[0].answer(50)
    assert values(provider, BAD_PART) == [[0.0]]
    apps[0].answer(50, bad=50)
    assert values(provider, BAD_PART) == [[0.5]]


@pytest.mark.parametrize("bad", ['request_total{code="500"}', 'requests_total{cod="500"}'])
def test_errors_that_are_misspelt_are_no_data(apps: list[App], bad: str) -> None:
    query = f"rate({bad}) / rate(requests_total)"
    provider = began(pages(apps), query)
    apps[0].answer(50)
    assert values(provider, query) == [[]]
    assert values(provider, query) == [[]]


def test_a_pool_without_traffic_has_no_bad_part_and_the_look_goes_on(apps: list[App]) -> None:
    provider = began(pages(apps), BAD_PART)
    assert values(provider, BAD_PART) == [[]]
    apps[0].answer(10, bad=10)
    assert values(provider, BAD_PART) == [[0.5]]


def test_a_quantile_is_of_what_was_observed_since_the_last_look(apps: list[App]) -> None:
    provider = began(pages(apps), LATENCY)
    apps[0].answer(50, seconds=0.5)
    apps[1].answer(50, seconds=0.5)
    assert values(provider, LATENCY) == [[pytest.approx(0.55)]]
    apps[1].answer(100, seconds=0.05)
    assert values(provider, LATENCY) == [[pytest.approx(0.05)]]


def test_a_look_goes_on_until_every_query_has_enough(apps: list[App]) -> None:
    """So that both sides are measured over the same time."""
    queries = [
        'histogram_quantile(0.9, latency_seconds_bucket{pool="canary"})',
        'histogram_quantile(0.9, latency_seconds_bucket{pool="stable"})',
    ]
    provider = began(pages(apps), *queries)
    apps[0].answer(6, seconds=0.5)
    apps[2].answer(500, seconds=0.5)
    assert values(provider, *queries) == [[], [pytest.approx(0.91)]]
    apps[0].answer(6, seconds=0.5)
    apps[2].answer(500, seconds=0.05)
    assert values(provider, *queries) == [[pytest.approx(0.91)], [pytest.approx(0.1 + 0.9 * 0.8)]]


def test_an_instance_that_does_not_answer_ends_no_look(apps: list[App]) -> None:
    provider = began(pages(apps), "rate(requests_total)")
    apps[0].answer(40)
    apps[1].down = True
    with pytest.raises(ProviderUnreachable):
        provider.measure(["rate(requests_total)"])
    apps[1].down = False
    apps[1].answer(60)
    assert values(provider, "rate(requests_total)") == [[5.0]]


def test_a_series_that_appears_counts_and_an_instance_that_appears_does_not(apps: list[App]) -> None:
    query = 'rate(requests_total{code="500"})'
    part = began(pages(apps[:1]), query)
    memory = part.memory()
    apps[0].answer(0, bad=20)
    apps[1].answer(0, bad=1000)
    whole = pages(apps, step=10)
    whole.recall(memory)
    whole._clock = lambda: 1010.0
    assert values(whole, query) == [[2.0]]


def test_a_part_of_an_analysis_goes_on_where_the_one_before_it_ended(apps: list[App]) -> None:
    provider = began(pages(apps), LATENCY, "rate(requests_total)")
    assert isinstance(provider, Remembering)
    apps[0].answer(100, seconds=0.5)
    following = pages(apps)
    following.recall(json.loads(json.dumps(provider.memory())))
    following._clock = lambda: 1020.0
    assert values(following, LATENCY, "rate(requests_total)") == [[pytest.approx(0.55)], [5.0]]


def test_a_query_that_is_new_begins_anew(apps: list[App]) -> None:
    provider = began(pages(apps), "rate(requests_total)")
    following = pages(apps)
    following.recall(provider.memory())
    began(following, LATENCY)


def test_a_clock_that_was_set_back_begins_anew(apps: list[App]) -> None:
    provider = began(pages(apps, step=-1), "rate(requests_total)")
    began(provider, "rate(requests_total)")


@pytest.mark.parametrize("memory", [{}, {"since": None}, {"since": "x", "counted": {}}, {"since": 1, "counted": []}])
def test_what_is_no_memory_is_not_recalled(apps: list[App], memory: dict) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        pages(apps).recall(memory)


def test_counters_are_asked_for_as_they_are(apps: list[App]) -> None:
    pages(apps).check_counter('requests_total{code="500"}')
    with pytest.raises(InvalidOption, match="is no selector"):
        pages(apps).check_counter("rate(requests_total)")


def test_a_query_is_checked_before_anything_is_asked(apps: list[App]) -> None:
    apps[0].down = True
    pages(apps).check(BAD_PART)
    with pytest.raises(InvalidOption, match="is no query"):
        pages(apps).check("sum(requests_total)")


@pytest.mark.parametrize("text", ["<html>", 'a{b="c} 1', "a x"])
def test_what_is_no_text_format_is_a_bad_measurement(text: str) -> None:
    with pytest.raises(BadMeasurement, match="is not Prometheus' text format"):
        list(samples(text))


def test_a_series_has_the_name_that_is_shown() -> None:
    """Not every counter's name ends in _total; Envoy's do not."""
    text = """# HELP rq Requests
# TYPE rq counter
rq{code="200"} 3 1435781451781
# TYPE up_total counter
up_total 1
# TYPE rq_time histogram
rq_time_bucket{le="+Inf"} 3
rq_time_sum 1.5e3
rq_time_count 3
"""
    assert list(samples(text)) == [
        ("rq", {"code": "200"}, 3.0),
        ("up_total", {}, 1.0),
        ("rq_time_bucket", {"le": "+Inf"}, 3.0),
        ("rq_time_sum", {}, 1500.0),
        ("rq_time_count", {}, 3.0),
    ]
