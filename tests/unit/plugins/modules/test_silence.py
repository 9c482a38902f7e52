# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module silence refuses. What it does is in tests/e2e/telemetry/test_alerts.py."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.progressive.delivery.tests.loopback_servers import Exchange, Reply, web_server
from ansible_collections.progressive.delivery.tests.module_call import Failed, call

ADDRESS = "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"matchers": []}, "matchers: there are none"),
        ({"matchers": [{"name": "1x", "value": "y"}]}, "matchers: '1x' is no name of a label"),
        ({"minutes": -1}, "minutes: -1 is not above 0"),
        ({"addresses": []}, "addresses: there is none"),
        ({"ends": "tomorrow"}, "ends: 'tomorrow' is not such as 2026-12-01T22:00:00[+]01:00"),
        ({"ends": "2026-13-01T22:00:00Z"}, "ends: '2026-13-01T22:00:00Z' is not such as"),
        ({"starts": "2026-12-01T22:00Z", "ends": "2026-12-01 22:00:00+00:00"}, "is not after starts"),
        ({"minutes": 5, "ends": "2026-12-01T22:00:00Z"}, "mutually exclusive"),
        ({"starts": "2026-12-01T22:00:00Z"}, "missing parameter"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, t.Any], message: str) -> None:
    with pytest.raises(Failed, match=message):
        call("silence", **{"addresses": [ADDRESS], "matchers": [{"name": "app", "value": "shop"}], **options})


def refusing(_exchange: Exchange) -> Reply:
    return Reply(403, b"not you")


def test_a_refusal_is_told() -> None:
    with web_server(refusing) as server, pytest.raises(Failed, match="not you") as failure:
        call("silence", addresses=[f"http://127.0.0.1:{server.port}"], matchers=[{"name": "app", "value": "shop"}])
    assert failure.value.result["error"] == "alertmanager-refused"
