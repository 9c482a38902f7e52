# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON of a real server, from which expressions take what is measured."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import BadMeasurement
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.web import Web
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Series
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._http_api import Access
from ansible_collections.progressive.delivery.tests.loopback_servers import Exchange, Reply, WebServer, web_server

ANSWER = {"pools": [{"name": "stable", "ms": [1, 2]}, {"name": "canary", "ms": [3, 4.5], "errors": 0}], "ok": True}


def measured(*queries: str, body: t.Any = None) -> tuple[list[t.Any], WebServer]:
    """What queries yield of a server with that answer, and the server."""
    with web_server(lambda _exchange: Reply(body=json.dumps(ANSWER).encode())) as server:
        found = Web(Access(f"http://127.0.0.1:{server.port}/api", attempts=1), body).measure(queries)
    return [[series.value for series in one] for one in found], server


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("pools[?name=='canary'].errors | [0]", [0]),
        ("pools[?name=='canary'].ms | [0]", [[3, 4.5]]),
        (" max(pools[].ms[]) ", [4.5]),
        ("ok", [True]),
        ("pools[0].{name: name}", [{"name": "stable"}]),
        ("pools[?name=='other'].errors | [0]", []),
        ("nothing.here", []),
        ("pools[?name=='other'].errors", [[]]),
    ],
)
def test_what_an_expression_takes_from_the_answer(query: str, value: t.Any) -> None:
    assert measured(query)[0] == [value]


def test_an_address_is_asked_once_a_look_and_a_path_is_added_to_it() -> None:
    values, server = measured("ok", "/a?pool=canary ok", "pools[0].name", "/a?pool=canary  pools[1].name")
    assert values == [[True], [True], ["stable"], ["canary"]]
    assert [(one.method, one.path) for one in server.seen] == [("GET", "/api"), ("GET", "/api/a?pool=canary")]


def test_a_body_is_posted() -> None:
    _values, server = measured("ok", body={"query": {"match_all": {}}})
    assert [(one.method, json.loads(one.body)) for one in server.seen] == [("POST", {"query": {"match_all": {}}})]


def test_an_expression_that_does_not_fit_is_a_bad_measurement() -> None:
    with pytest.raises(BadMeasurement, match=r"'sum\(pools\[\].name\)' does not fit the answer: "):
        measured("sum(pools[].name)")


def test_an_answer_that_is_no_json_is_a_bad_measurement() -> None:
    def page(_exchange: Exchange) -> Reply:
        return Reply(body=b"<html>")

    with web_server(page) as server, pytest.raises(BadMeasurement, match="the JSON answered the request with no JSON"):
        Web(Access(f"http://127.0.0.1:{server.port}")).measure(["ok"])


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("", "'' holds no JMESPath expression for the answer"),
        ("/a/b", "holds no JMESPath expression"),
        ("/a errors[", "expression: 'errors[' is not valid JMESPath"),
        ("errors errors", "is not valid JMESPath"),
        ("average(errors)", "there is no function average()"),
    ],
)
def test_what_is_no_query_is_refused_before_anything_is_asked(query: str, says: str) -> None:
    with pytest.raises(InvalidOption) as refusal:
        Web(Access("http://127.0.0.1:1")).check(query)
    assert says in refusal.value.message


def test_a_counter_is_an_expression_like_any_other() -> None:
    provider = Web(Access("http://127.0.0.1:1"))
    provider.check("errors")
    provider.check_counter("errors")


def test_a_number_is_one_series_without_labels() -> None:
    with web_server(lambda _exchange: Reply(body=b"0.5")) as server:
        assert Web(Access(f"http://127.0.0.1:{server.port}")).measure(["@"]) == [[Series(frozenset(), 0.5)]]
