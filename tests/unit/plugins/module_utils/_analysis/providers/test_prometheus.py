# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prometheus' answers to instant queries, as its HTTP API documents them."""

from __future__ import annotations

import json
import math
import typing as t
import urllib.parse

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import (
    BadMeasurement,
    ProviderRefused,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.prometheus import (
    Prometheus,
    parse,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Series
from ansible_collections.progressive.delivery.plugins.module_utils._http_api import Access
from ansible_collections.progressive.delivery.tests.loopback_servers import Exchange, Reply, web_server


def answer(kind: str, result: t.Any) -> dict[str, t.Any]:
    return {"status": "success", "data": {"resultType": kind, "result": result}}


def test_a_vector_has_a_series_for_each_of_its_elements() -> None:
    one = {"metric": {"__name__": "up", "job": "app"}, "value": [1435781451.781, "1"]}
    other = {"metric": {"__name__": "up", "job": "db"}, "value": [1435781451.781, "+Inf"]}
    assert parse(answer("vector", [one, other])) == [
        Series(frozenset({("__name__", "up"), ("job", "app")}), 1.0),
        Series(frozenset({("__name__", "up"), ("job", "db")}), math.inf),
    ]
    assert parse(answer("vector", [])) == []


def test_a_scalar_is_one_series_without_labels() -> None:
    assert parse(answer("scalar", [1435781451.781, "0.25"])) == [Series(frozenset(), 0.25)]
    assert math.isnan(parse(answer("scalar", [1435781451.781, "NaN"]))[0].value)


@pytest.mark.parametrize("kind", ["matrix", "string"])
def test_what_is_no_number_at_one_instant_is_a_bad_measurement(kind: str) -> None:
    with pytest.raises(BadMeasurement, match=f"yields a {kind}; it must yield a vector or a scalar"):
        parse(answer(kind, []))


def test_a_query_that_failed_is_refused_with_its_reason() -> None:
    with pytest.raises(ProviderRefused, match="parse error"):
        parse({"status": "error", "errorType": "bad_data", "error": "parse error"})


@pytest.mark.parametrize(
    "broken",
    [
        None,
        [],
        {},
        {"status": "success"},
        answer("vector", [{}]),
        answer("vector", [{"metric": {}, "value": [1, "x"]}]),
        answer("vector", [{"metric": [], "value": [1, "1"]}]),
        answer("scalar", []),
    ],
    ids=str,
)
def test_what_is_of_no_known_form_is_a_bad_measurement(broken: t.Any) -> None:
    with pytest.raises(BadMeasurement, match="cannot be understood"):
        parse(broken)


def test_all_queries_of_a_look_are_of_one_instant_which_is_the_servers() -> None:
    """The first finds nothing, and so does not tell when; the second does, at a time of which no clock here knows."""
    answers = {
        "nothing": answer("vector", []),
        "bad": answer("vector", [{"metric": {}, "value": [1435781451.781, "3"]}]),
        "total": answer("scalar", [1435781451.781, "9"]),
    }

    def told(exchange: Exchange) -> Reply:
        return Reply(body=json.dumps(answers[asked(exchange)["query"][0]]).encode())

    with web_server(told) as server:
        provider = Prometheus(Access(f"http://127.0.0.1:{server.port}", {}, 5.0, 1))
        measured = provider.measure(["nothing", "bad", "total", "bad"])
        again = provider.measure(["bad"])

    assert [[series.value for series in one] for one in [*measured, *again]] == [[], [3.0], [9.0], [3.0], [3.0]]
    times = [asked(exchange).get("time") for exchange in server.seen]
    assert times == [None, None, ["1435781451.781"], ["1435781451.781"], None]


def asked(exchange: Exchange) -> dict[str, list[str]]:
    return urllib.parse.parse_qs(exchange.path.partition("?")[2])


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        ("up", 0),
        ("rate(requests_total[1m])", 60),
        ("rate(bad_total[1m30s]) / rate(all_total[ 5000ms ])", 90),
        ("max_over_time(rate(a[30s])[10m:1m])", 600),
        ("rate(a[60])", 60),
        ("""a{code=~"[45]..",path='[9d]\\'[8d]',host=~`[7d]`}""", 0),
    ],
)
def test_a_query_says_over_which_time_it_looks_back(query: str, seconds: float) -> None:
    assert Prometheus(Access("http://127.0.0.1:1")).looks_back(query) == seconds


def test_an_answer_of_no_time_is_a_bad_measurement() -> None:
    broken = answer("scalar", ["soon", "9"])
    with web_server(lambda _exchange: Reply(body=json.dumps(broken).encode())) as server:
        provider = Prometheus(Access(f"http://127.0.0.1:{server.port}", {}, 5.0, 1))
        with pytest.raises(BadMeasurement, match="cannot be understood"):
            provider.measure(["total"])
