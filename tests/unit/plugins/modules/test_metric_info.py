# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module metric_info asks and returns."""

from __future__ import annotations

import json
import typing as t
import urllib.parse

import pytest

from ansible_collections.progressive.delivery.tests.loopback_servers import Exchange, Reply, web_server
from ansible_collections.progressive.delivery.tests.module_call import Failed, call


def answered(*series: tuple[dict[str, str], str]) -> bytes:
    found = [{"metric": labels, "value": [1000, value]} for labels, value in series]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": found}}).encode()


ANSWERS = {"up": answered(({"app": "shop"}, "1"), ({"app": "cart"}, "NaN")), "none": answered()}


def respond(exchange: Exchange) -> Reply:
    query = urllib.parse.parse_qs(exchange.path.partition("?")[2])["query"][0]
    return Reply(body=ANSWERS[query]) if query in ANSWERS else Reply(400, b"parse error")


def ask(queries: dict[str, str]) -> dict[str, t.Any]:
    with web_server(respond) as server:
        provider = {"type": "prometheus", "address": f"http://127.0.0.1:{server.port}", "attempts": 1}
        return call("metric_info", provider=provider, queries=queries)


def test_each_query_is_answered_by_its_name() -> None:
    assert ask({"there": "up", "missing": "none"})["answers"] == {
        "there": [{"labels": {"app": "shop"}, "value": 1.0}, {"labels": {"app": "cart"}, "value": None}],
        "missing": [],
    }


def test_a_refusal_is_told() -> None:
    with pytest.raises(Failed, match="parse error") as failure:
        ask({"odd": "up{"})
    assert failure.value.result["error"] == "provider-refused"


@pytest.mark.parametrize(
    ("queries", "message"), [({}, "queries: there are none"), ({"empty": " "}, "queries: empty: there is no query")]
)
def test_what_cannot_be_asked_is_refused(queries: dict[str, str], message: str) -> None:
    with pytest.raises(Failed, match=message):
        ask(queries)


def test_what_needs_a_second_look_cannot_be_asked_once() -> None:
    with web_server(lambda _exchange: Reply(body=b"a_total 1\n")) as server:
        provider = {"type": "scrape", "targets": {"blue": [f"http://127.0.0.1:{server.port}/metrics"]}}
        with pytest.raises(Failed, match="the only one"):
            call("metric_info", provider=provider, queries={"rate": "rate(a_total)"})
