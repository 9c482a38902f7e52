# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the callback's options mean, and sinks by their addresses."""

from __future__ import annotations

import json
import resource
import stat

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry import opening
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.labels import labels
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.options import Options
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.interface import (
    SinkDown,
    SinkRefused,
)
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.registry import sink_at
from ansible_collections.progressive.delivery.tests.loopback_servers import Reply, refusing_port, web_server

EVENTS = [{"id": name, "specversion": "1.0", "type": "progressive.delivery.traffic.shifted"} for name in ("r-1", "r-2")]


def test_labels_are_those_that_were_given_and_those_of_awx():
    environment = {"JOB_ID": "42", "AWX_HOST": "https://awx.example.com", "HOME": "/home/x"}
    assert labels(["team=search", "note=a=b"], environment) == {
        "job": "42",
        "controller": "https://awx.example.com",
        "team": "search",
        "note": "a=b",
    }


@pytest.mark.parametrize("odd", ["team", "Team=x", "=x", "a b=c"])
def test_a_label_that_is_none_is_refused(odd):
    with pytest.raises(InvalidOption, match="labels: "):
        labels([odd], {})


@pytest.mark.parametrize(
    "address",
    [
        "jsonl:",
        "jsonl:relative",
        "cloudevents+ftp://x/",
        "cloudevents+https://",
        "otlp+x",
        "loki+http://a b/",
        "remote-write+http://x:99999/",
        "pushgateway+/metrics",
        "textfile:relative",
        "statsd:host",
        "statsd:host:70000",
        "syslog:host",
        "syslog+tcp:/dev/log",
        "journald:x",
        "nats://x",
        "",
    ],
)
def test_an_address_that_means_no_sink_is_refused(address):
    with pytest.raises(InvalidOption, match="sinks: "):
        sink_at(address)


def test_a_file_gets_a_line_an_event_and_is_its_owners(tmp_path):
    path = tmp_path / "logs" / "events.jsonl"
    sink = sink_at(f"jsonl:{path}")
    sink.send(EVENTS[:1])
    sink.send(EVENTS[1:])

    assert [json.loads(line) for line in path.read_text().splitlines()] == EVENTS
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_cannot_be_written_is_a_sink_that_is_down(tmp_path):
    with pytest.raises(SinkDown, match="Is a directory"):
        sink_at(f"jsonl:{tmp_path}").send(EVENTS)


def test_what_a_killed_run_wrote_of_a_line_is_a_line_of_its_own(tmp_path):
    path = tmp_path / "events"
    path.write_text('{"id": "torn')
    sink_at(f"jsonl:{path}").send(EVENTS)

    assert path.read_text().splitlines()[0] == '{"id": "torn'
    assert [json.loads(line) for line in path.read_text().splitlines()[1:]] == EVENTS


def test_where_there_is_no_room_for_all_there_is_none_of_it(tmp_path):
    path = tmp_path / "events"
    sink = sink_at(f"jsonl:{path}")
    sink.send(EVENTS)
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 10, limits[1]))
    try:
        with pytest.raises(SinkDown, match="File too large"):
            sink.send(EVENTS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert path.read_bytes() == before


def test_a_receiver_gets_a_batch_of_cloudevents():
    got = []

    def respond(exchange):
        got.append((exchange.headers["Content-Type"], exchange.headers["Authorization"], json.loads(exchange.body)))
        return Reply(202)

    with web_server(respond) as server:
        sink = sink_at(f"cloudevents+http://shop:s3cret@127.0.0.1:{server.port}/events")
        sink.send(EVENTS)
        assert "s3cret" not in sink.name
    ((kind, authorization, body),) = got
    assert kind == "application/cloudevents-batch+json; charset=utf-8"
    assert authorization.startswith("Basic ")
    assert body == EVENTS


@pytest.mark.parametrize("status", [301, 401, 404, 429, 503])
def test_a_receiver_that_does_not_take_it_is_down(status):
    with (
        web_server(lambda _exchange: Reply(status, b"", {"Location": "/other"})) as server,
        pytest.raises(SinkDown, match=f"with status {status}"),
    ):
        sink_at(f"cloudevents+http://127.0.0.1:{server.port}/").send(EVENTS)


def test_what_a_receiver_finds_wrong_is_not_sent_again():
    with (
        web_server(lambda _exchange: Reply(422, b"no such type")) as server,
        pytest.raises(SinkRefused, match="no such type"),
    ):
        sink_at(f"cloudevents+http://127.0.0.1:{server.port}/").send(EVENTS)


def test_a_receiver_that_is_not_there_is_down():
    with refusing_port() as port, pytest.raises(SinkDown, match="does not answer"):
        sink_at(f"cloudevents+http://127.0.0.1:{port}/").send(EVENTS)


def test_the_end_says_what_went_where(tmp_path):
    sinks = (f"jsonl:{tmp_path}/e", f"jsonl:{tmp_path}/e", f"jsonl:{tmp_path}")
    done = opening.shipping(Options(sinks, str(tmp_path / "b"), 180, 1.0))
    for outlet in done.outlets:
        outlet.ship(EVENTS)

    assert opening.summary(done) == [
        f"telemetry: {tmp_path}/e: 2 shipped",
        f"telemetry: {tmp_path}: 0 shipped, 2 kept for the next run ({tmp_path}: Is a directory)",
    ]
