# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module metric sends, and what it refuses before anything is sent."""

from __future__ import annotations

import pathlib
import re
import typing as t

import pytest

from ansible_collections.progressive.delivery.tests.loopback_servers import Exchange, Reply, refusing_port, web_server
from ansible_collections.progressive.delivery.tests.module_call import Failed, call

MANY = [
    {"name": "export_size", "unit": "bytes", "value": 5, "labels": {"app": "shop"}, "about": "How large it is."},
    {"name": "rows", "kind": "counter", "value": 7, "labels": {"app": "shop"}},
    {"name": "step", "kind": "histogram", "unit": "seconds", "observations": [0.5, 2], "buckets": [1, 10]},
]


def test_many_go_to_a_file_at_once_and_replace_what_their_group_had(tmp_path: pathlib.Path) -> None:
    result = call("metric", to=f"textfile:{tmp_path}", metrics=MANY, group_by=["app"])
    assert (result["changed"], result["sent"]) == (True, ["export_size_bytes", "rows_total", "step_seconds"])
    call("metric", to=f"textfile:{tmp_path}", metrics=[{**MANY[0], "value": 6}], group_by=["app"])

    written = "".join(sorted(file.read_text() for file in tmp_path.glob("*.prom")))
    assert "# HELP export_size_bytes How large it is." in written
    assert 'export_size_bytes{app="shop"} 6.0' in written
    assert "rows_total" not in written
    assert 'step_seconds_bucket{le="1.0"} 1.0' in written
    assert "step_seconds_sum 2.5" in written


def test_in_check_mode_nothing_is_sent(tmp_path: pathlib.Path) -> None:
    assert call("metric", check_mode=True, to=f"textfile:{tmp_path}", metrics=MANY)["changed"]
    assert list(tmp_path.iterdir()) == []


def refusing(_exchange: Exchange) -> Reply:
    return Reply(401, b"who are you?")


def test_secrets_are_headers_and_a_refusal_is_told() -> None:
    with web_server(refusing) as server, pytest.raises(Failed, match="who are you") as failure:
        call(
            "metric",
            to=f"pushgateway+http://127.0.0.1:{server.port}",
            metrics=MANY[:1],
            secret_headers={"Authorization": "Bearer s3cret"},
        )
    assert failure.value.result["error"] == "metric-store-refused"
    assert server.seen[0].headers["Authorization"] == "Bearer s3cret"


def test_a_store_that_is_not_there_is_told() -> None:
    with refusing_port() as port, pytest.raises(Failed, match="does not answer") as failure:
        call("metric", to=f"otlp+http://127.0.0.1:{port}", metrics=MANY, attempts=1)
    assert failure.value.result["error"] == "metric-store-unreachable"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"value": None}, "metrics: number 2, m: a gauge takes value, and not observations"),
        ({"observations": [1]}, "a gauge takes value, and not observations"),
        ({"kind": "histogram"}, "a histogram takes observations, and not value"),
        ({"kind": "histogram", "value": None, "observations": []}, "observations: there are none"),
        ({"kind": "histogram", "value": None, "observations": [1], "buckets": [2, 1]}, "do not rise"),
        ({"buckets": [1]}, "buckets are for a histogram"),
        ({"kind": "counter", "value": -1}, "a counter does not fall"),
        ({"name": "1m"}, "'1m' is no name"),
        ({"value": float("nan")}, "value must be numbers"),
        ({"labels": {"a-b": "x"}}, "'a-b' is no name of a label"),
        ({"labels": {"le": "x"}}, "'le' is no name of a label"),
        ({"name": "first", "kind": "counter", "unit": "ratio"}, None),
        ({"name": "first_ratio", "about": "Another."}, "another of them has the name first_ratio and is not the same"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_place(
    tmp_path: pathlib.Path, change: dict[str, t.Any], message: str | None
) -> None:
    metrics = [{"name": "first", "unit": "ratio", "value": 1}, {"name": "m", "value": 1, **change}]
    if message is None:
        assert call("metric", to=f"textfile:{tmp_path}", metrics=metrics)["sent"] == [
            "first_ratio",
            "first_ratio_total",
        ]
        return
    with pytest.raises(Failed, match=re.escape(message)):
        call("metric", to=f"textfile:{tmp_path}", metrics=metrics)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("nowhere:x", "to: an address begins with"),
        ("textfile:relative", "to: textfile:relative has no whole path"),
        ("statsd:x", "to: statsd:x names no host and port"),
        ("pushgateway+http://a:s3cret@x/", "to: address: a user or password in it would be shown"),
    ],
)
def test_an_address_that_means_nothing_is_refused(to: str, message: str) -> None:
    with pytest.raises(Failed, match=message) as failure:
        call("metric", to=to, metrics=MANY)
    assert "s3cret" not in failure.value.result["msg"]
