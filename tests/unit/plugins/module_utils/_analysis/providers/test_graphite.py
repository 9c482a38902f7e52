# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Graphite's render API, which a server imitates after its documentation, and checks what it is asked."""

from __future__ import annotations

import json
import typing as t
import urllib.parse

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import (
    BadMeasurement,
    ProviderRefused,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.graphite import Graphite, parse
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Series
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._http_api import Access
from ansible_collections.progressive.delivery.tests.loopback_servers import Exchange, Reply, web_server

TARGET = "averageSeries(shop.canary.*.p99)"
# As in the documentation of the render API, with a gap at the end, as the newest interval has while it lasts.
ANSWER = [
    {
        "target": TARGET,
        "tags": {"name": "shop.canary.p99", "aggregatedBy": "average"},
        "datapoints": [[1.0, 1311836008], [2.0, 1311836009], [3.5, 1311836010], [None, 1311836011]],
    }
]


def graphite(exchange: Exchange) -> Reply:
    """What Graphite answers to whoever asks it rightly."""
    path, _mark, text = exchange.path.partition("?")
    if (exchange.method, path) != ("GET", "/graphite/render"):
        return Reply(404)
    if exchange.headers.get("Authorization") != "Basic c2hvcDpzM2NyZXQ=":
        return Reply(401)
    asked = urllib.parse.parse_qs(text, strict_parsing=True)
    if asked.keys() != {"target", "from", "until", "format"} or asked["format"] != ["json"]:
        return Reply(400, text.encode())
    if asked["from"] != ["-120s"] or asked["until"] != ["now"]:
        return Reply(400, text.encode())
    known = {TARGET: ANSWER, "shop.nothing": []}
    (target,) = asked["target"]
    return Reply(body=json.dumps(known[target]).encode()) if target in known else Reply(400, b"Invalid target")


def measured(*queries: str, secret: str = "Basic c2hvcDpzM2NyZXQ=") -> list[list[Series]]:
    with web_server(graphite) as server:
        address = f"http://127.0.0.1:{server.port}/graphite/"
        return Graphite(Access(address, {"Authorization": secret}, attempts=1), 120.0).measure(queries)


def test_the_newest_value_of_each_series_counts() -> None:
    labels = {("target", TARGET), ("name", "shop.canary.p99"), ("aggregatedBy", "average")}
    assert measured("shop.nothing", TARGET) == [[], [Series(frozenset(labels), 3.5)]]


def test_a_refusal_is_told() -> None:
    with pytest.raises(ProviderRefused, match="with status 400: Invalid target"):
        measured("shop.(")
    with pytest.raises(ProviderRefused, match="with status 401"):
        measured(TARGET, secret="Basic no")


def test_a_series_of_gaps_is_no_data() -> None:
    assert parse([{"target": "a", "datapoints": [[None, 1], [None, 2]]}, {"target": "b", "datapoints": []}]) == []


def test_a_series_without_tags_has_its_target() -> None:
    assert parse([{"target": "a", "datapoints": [[1, 1]]}]) == [Series(frozenset({("target", "a")}), 1)]


@pytest.mark.parametrize("broken", [None, {}, [None], [{}], [{"target": "a"}], [{"target": "a", "datapoints": [1]}]])
def test_what_is_of_no_known_form_is_a_bad_measurement(broken: t.Any) -> None:
    with pytest.raises(BadMeasurement, match="cannot be understood"):
        parse(broken)


def test_an_empty_query_is_refused() -> None:
    provider = Graphite(Access("http://127.0.0.1:1"), 120.0)
    provider.check(TARGET)
    provider.check_counter(TARGET)
    with pytest.raises(InvalidOption, match="there is no query"):
        provider.check(" ")
