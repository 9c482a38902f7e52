# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module alert_info asks and understands. More is in tests/e2e/telemetry/test_alerts.py."""

from __future__ import annotations

import json
import urllib.parse

import pytest

from ansible_collections.progressive.delivery.tests.loopback_servers import Exchange, Reply, web_server
from ansible_collections.progressive.delivery.tests.module_call import Failed, call

ALERT = {
    "labels": {"alertname": "Stuck"},
    "annotations": {},
    "startsAt": "2026-11-27T03:00:00Z",
    "endsAt": "2026-11-27T05:00:00.123456789+02:00",
    "fingerprint": "abc",
    "receivers": [{"name": "team"}],
    "status": {"silencedBy": ["x"], "inhibitedBy": [], "state": "suppressed"},
}


def test_moments_are_understood_with_and_without_a_fraction_and_matchers_are_written_as_alertmanager_reads_them() -> (
    None
):
    def respond(exchange: Exchange) -> Reply:
        return Reply(body=json.dumps([ALERT] if "alerts" in exchange.path else []).encode())

    matchers = [{"name": "app", "value": 'a"b\\c'}, {"name": "env", "value": "x.*", "regex": True, "equal": False}]
    with web_server(respond) as server:
        result = call("alert_info", addresses=[f"http://127.0.0.1:{server.port}/"], matchers=matchers)

    (alert,) = result["alerts"]
    assert (alert["starts"], alert["ends"]) == (1795748400.0, 1795748400.123456)
    assert (alert["silenced"], alert["inhibited"]) == (True, False)
    asked = urllib.parse.parse_qs(server.seen[0].path.partition("?")[2])["filter"]
    assert asked == ['app="a\\"b\\\\c"', 'env!~"x.*"']


def test_a_matcher_of_no_label_is_refused() -> None:
    with pytest.raises(Failed, match="matchers: 'a-b' is no name of a label"):
        call("alert_info", addresses=["http://127.0.0.1:1"], matchers=[{"name": "a-b", "value": "x"}])
