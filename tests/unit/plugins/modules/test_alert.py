# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module alert refuses, before anybody is asked or told. What it does is in tests/e2e/telemetry/test_alerts.py."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.progressive.delivery.tests.loopback_servers import Exchange, Reply, web_server
from ansible_collections.progressive.delivery.tests.module_call import Failed, call


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": {"a-b": "x"}}, "labels: 'a-b' is no name of a label"),
        ({"labels": {"severity": "x"}}, "labels: severity has an option of its own"),
        ({"summary": ""}, "summary: who gets the alert"),
        ({"minutes": 0}, "minutes: 0 is not above 0"),
        ({"addresses": []}, "addresses: there is none"),
        ({"addresses": ["x"]}, "address: it must begin with http"),
        ({"notify": ["nothing://x"], "addresses": []}, "notify: address 1 of 1, nothing://"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, t.Any], message: str) -> None:
    given = {"addresses": ["http://127.0.0.1:1"], "name": "Stuck", "summary": "It hangs", "labels": {}, **options}
    with pytest.raises(Failed, match=message):
        call("alert", **given)


def test_what_is_no_alertmanager_is_an_error_that_says_so() -> None:
    def respond(_exchange: Exchange) -> Reply:
        return Reply(body=b'{"status": "success"}')

    with web_server(respond) as server, pytest.raises(Failed, match="with no list") as failure:
        call("alert", addresses=[f"http://127.0.0.1:{server.port}"], name="Stuck", summary="It hangs")
    assert failure.value.result["error"] == "alertmanager-unreadable"
