# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Datadog's API, which a server imitates after its documentation, and checks what it is asked."""

from __future__ import annotations

import json
import typing as t
import urllib.parse

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import (
    BadMeasurement,
    ProviderRefused,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.datadog import Datadog, parse
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Series
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._http_api import Access
from ansible_collections.progressive.delivery.tests.loopback_servers import Exchange, Reply, web_server

QUERY = "p99:http.request.duration{service:shop,pool:canary}"
KEYS = {"DD-API-KEY": "s3cret-api", "dd-application-key": "s3cret-app"}
NOW = 1575317847.4
# As in the documentation of "Query timeseries points", with a gap at the end.
ANSWER = {
    "status": "ok",
    "res_type": "time_series",
    "query": QUERY,
    "from_date": 1575317547000,
    "to_date": 1575317847000,
    "series": [
        {
            "metric": "http.request.duration",
            "display_name": "http.request.duration",
            "scope": "pool:canary,service:shop",
            "tag_set": [],
            "expression": QUERY,
            "interval": 20,
            "length": 3,
            "pointlist": [[1575317800000.0, 0.2], [1575317820000.0, 0.25], [1575317840000.0, None]],
        }
    ],
}


def datadog(exchange: Exchange) -> Reply:
    """What Datadog answers to whoever asks it rightly."""
    path, _mark, text = exchange.path.partition("?")
    if (exchange.method, path) != ("GET", "/api/v1/query"):
        return Reply(404, b'{"errors": ["Not found"]}')
    sent = {name.upper(): value for name, value in exchange.headers.items()}
    if (sent.get("DD-API-KEY"), sent.get("DD-APPLICATION-KEY")) != ("s3cret-api", "s3cret-app"):
        return Reply(403, b'{"errors": ["Forbidden"]}')
    asked = urllib.parse.parse_qs(text, strict_parsing=True)
    if (asked.keys(), asked["from"], asked["to"]) != ({"from", "to", "query"}, ["1575317547"], ["1575317847"]):
        return Reply(400, text.encode())
    known = {QUERY: ANSWER, "avg:no.such{*}": {**ANSWER, "series": []}}
    (query,) = asked["query"]
    wrong = {"status": "error", "error": "Rule 'scope_expr' didn't match", "series": []}
    return Reply(body=json.dumps(known.get(query, wrong)).encode())


def measured(*queries: str, **keys: str) -> list[list[Series]]:
    with web_server(datadog) as server:
        access = Access(f"http://127.0.0.1:{server.port}", {**KEYS, **keys}, attempts=1)
        return Datadog(access, 300.0, clock=lambda: NOW).measure(queries)


def test_the_newest_value_of_each_series_counts() -> None:
    labels = {("metric", "http.request.duration"), ("scope", "pool:canary,service:shop")}
    assert measured("avg:no.such{*}", QUERY) == [[], [Series(frozenset(labels), 0.25)]]


def test_a_refusal_is_told_without_the_keys() -> None:
    with pytest.raises(ProviderRefused, match="Datadog refused the query: Rule 'scope_expr' didn't match"):
        measured("avg:{")
    with pytest.raises(ProviderRefused, match="with status 403") as refusal:
        measured(QUERY, **{"DD-API-KEY": "s3cret-other"})
    assert "s3cret" not in refusal.value.message


@pytest.mark.parametrize(
    ("key", "missing"), [("DD-API-KEY", "DD-APPLICATION-KEY"), ("DD-APPLICATION-KEY", "DD-API-KEY")]
)
def test_both_keys_are_needed(key: str, missing: str) -> None:
    with pytest.raises(InvalidOption, match=f"needs the header {missing}"):
        Datadog(Access("http://127.0.0.1:1", {key: "x"}), 300.0)


@pytest.mark.parametrize(
    "broken", [None, [], {}, {"series": [{}]}, {"series": [{"metric": "a", "scope": "b", "pointlist": [1]}]}]
)
def test_what_is_of_no_known_form_is_a_bad_measurement(broken: t.Any) -> None:
    with pytest.raises(BadMeasurement, match="cannot be understood"):
        parse(broken)


def test_it_has_no_counters() -> None:
    provider = Datadog(Access("http://127.0.0.1:1", KEYS), 300.0)
    provider.check(QUERY)
    with pytest.raises(InvalidOption, match="is no counter, as Datadog counts each interval anew; compare with value"):
        provider.check_counter(QUERY)
    with pytest.raises(InvalidOption, match="there is no query"):
        provider.check(" ")
