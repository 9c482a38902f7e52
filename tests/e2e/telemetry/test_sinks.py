# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events of a delivery, sent to the real servers that teams have, and read back from them.

Loki cannot be had: its part checks what is pushed against what its API documents.
OTLP is decoded with OpenTelemetry's own messages.
"""

from __future__ import annotations

import json
import pathlib
import re
import socket
import time
import typing as t

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.interface import (
    SinkDown,
    SinkRefused,
)
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.journald import Journald
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.registry import sink_at
from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import until
from ansible_collections.progressive.delivery.tests.e2e.telemetry import servers
from ansible_collections.progressive.delivery.tests.loopback_servers import Reply, hosts, web_server
from ansible_collections.progressive.delivery.tests.unit.plugins.plugin_utils._telemetry.telling import (
    said,
    told,
)


def delivery(app: str = "shop", at: float | None = None) -> list[dict[str, t.Any]]:
    about = {"app": app, "rollout": app + "-7", "release": "1.1.0"}
    return told(
        said("rollout.moved", about, status="running", next="shift"),
        said("traffic.shifted", split={"blue": 95, "green": 5}),
        said("rollout.moved", about, status="paused", next="end"),
        at=time.time() - 20 if at is None else at,
    )


def test_pushgateway_keeps_each_app_and_its_latest_figures(tmp_path: pathlib.Path) -> None:
    with servers.pushgateway(tmp_path) as gateway:
        sink = sink_at("pushgateway+" + gateway.address)
        events = delivery()
        sink.send(events[:6])
        sink.send(events[6:])
        sink_at("pushgateway+" + gateway.address).send(delivery("a/b"))
        text = gateway.get("/metrics").text

    groups = 'environment="production",instance="",job="progressive_delivery",playbook="canary.yml"'
    for app in ("shop", "a/b"):
        assert f'progressive_delivery_traffic_ratio{{app="{app}",{groups},pool="green",team="search"}} 0.05' in text
        assert f'progressive_delivery_rollout_status{{app="{app}",{groups},status="paused",team="search"}} 1' in text
        assert f'progressive_delivery_rollout_status{{app="{app}",{groups},status="running",team="search"}} 0' in text
    tasks = re.findall(r'progressive_delivery_task_results_total\{app="shop".*outcome="changed".*\} (\d+)', text)
    assert tasks == ["3"]


def test_remote_write_is_there_at_once_and_what_came_too_late_is_not_sent_for_ever(tmp_path: pathlib.Path) -> None:
    with servers.prometheus(tmp_path / "prometheus") as prometheus:
        address = f"remote-write+{prometheus.address}/api/v1/write"
        sink = sink_at(address)
        sink.send(delivery())
        assert prometheus.query('progressive_delivery_traffic_ratio{pool="green"}') == {
            (
                ("__name__", "progressive_delivery_traffic_ratio"),
                ("app", "shop"),
                ("environment", "production"),
                ("job", "progressive_delivery"),
                ("playbook", "canary.yml"),
                ("pool", "green"),
                ("team", "search"),
            ): 0.05
        }
        # Another value of a moment of which there is one already is refused, and so must not be sent.
        again = delivery()
        sink.send(again)
        sink.send(again)
        slow = prometheus.query("histogram_quantile(0.9, sum by (le) (progressive_delivery_task_seconds_bucket))")
        assert 0.5 <= slow[()] <= 1
        with pytest.raises(SinkRefused, match="out of"):
            sink_at(address).send(delivery(at=time.time() - 1000))
    with pytest.raises(SinkDown, match="does not answer"):
        sink.send(delivery())


def test_node_exporter_shows_the_files_of_all_apps(tmp_path: pathlib.Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for app in ("shop", "a/b", "shop"):
        sink_at(f"textfile:{files}").send(delivery(app))
    with servers.node_exporter(tmp_path, files) as exporter:
        text = exporter.get("/metrics").text

    assert "node_textfile_scrape_error 0" in text
    for app in ("shop", "a/b"):
        labels = f'app="{app}",environment="production",playbook="canary.yml",pool="green",team="search"'
        assert f"progressive_delivery_traffic_ratio{{{labels}}} 0.05" in text
    assert "progressive_delivery_task_seconds_bucket" in text


def test_a_folder_that_is_not_there_is_a_sink_that_is_down(tmp_path: pathlib.Path) -> None:
    with pytest.raises(SinkDown, match="No such file"):
        sink_at(f"textfile:{tmp_path}/none").send(delivery())


def test_otlp_gets_traces_logs_and_metrics() -> None:
    got: dict[str, list[bytes]] = {}

    def respond(exchange: t.Any) -> Reply:
        assert exchange.headers["Content-Type"] == "application/x-protobuf"
        got.setdefault(exchange.path, []).append(exchange.body)
        return Reply()

    events = delivery(at=1000.0)
    with web_server(respond) as server:
        sink_at(f"otlp+http://127.0.0.1:{server.port}").send(events)

    (traces,) = (ExportTraceServiceRequest.FromString(body) for body in got["/v1/traces"])
    found = [span for each in traces.resource_spans for scope in each.scope_spans for span in scope.spans]
    assert [span.name for span in found].count("canary.yml") == 2
    assert {len(span.trace_id) for span in found} == {16}
    (step,) = [span for span in found if span.name == "shift"]
    assert step.end_time_unix_nano - step.start_time_unix_nano == 2_000_000_000
    assert [link.span_id for span in found for link in span.links] == [
        span.span_id for span in found if not span.parent_span_id
    ]

    (logs,) = (ExportLogsServiceRequest.FromString(body) for body in got["/v1/logs"])
    records = [record for each in logs.resource_logs for scope in each.scope_logs for record in scope.log_records]
    assert [record.event_name for record in records] == [event["type"] for event in events]
    assert [json.loads(record.body.string_value) for record in records] == [event["data"] for event in events]
    assert {record.severity_text for record in records} == {"INFO", "WARNING"}

    (metrics,) = (ExportMetricsServiceRequest.FromString(body) for body in got["/v1/metrics"])
    measured = {
        metric.name: metric
        for each in metrics.resource_metrics
        for scope in each.scope_metrics
        for metric in scope.metrics
    }
    assert sorted(point.as_double for point in measured["progressive_delivery_traffic_ratio"].gauge.data_points) == [
        0.05,
        0.95,
    ]
    assert measured["progressive_delivery_task_results_total"].sum.is_monotonic
    histogram = list(measured["progressive_delivery_task_seconds"].histogram.data_points)
    assert sum(point.count for point in histogram) == 3
    assert {len(point.bucket_counts) - len(point.explicit_bounds) for point in histogram} == {1}


@pytest.mark.parametrize("host", hosts())
def test_statsd_gets_each_figure_once(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with servers.datagrams(family, (host, 0)) as listening:
        port = listening.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        sink = sink_at(f"statsd:{shown}:{port}")
        events = delivery()
        sink.send(events[:6])
        sink.send(events[6:])
        lines: list[str] = []
        until(
            lambda: (
                lines.extend(listening.recv(65536).decode().splitlines()) or any("run_hosts" in line for line in lines)
            ),
            "all came",
        )

    assert "progressive_delivery_traffic_ratio.shop.production.canary_yml.green.search:0.05|g" in lines
    changed = [
        line for line in lines if line.startswith("progressive_delivery_task_results_total.shop.production.changed.")
    ]
    assert [line.rpartition(":")[2] for line in changed] == ["1.0|c"] * 3
    assert {line.rpartition("|")[2] for line in lines} == {"g", "c", "ms"}


def test_syslog_gets_a_message_an_event() -> None:
    events = delivery()
    with servers.datagrams() as listening:
        sink_at("syslog:127.0.0.1:{0}".format(listening.getsockname()[1])).send(events)
        messages = [listening.recv(65536).decode() for _event in events]

    for message, event in zip(messages, events, strict=True):
        priority, text = re.fullmatch(r"<(\d+)>progressive\.delivery: (.*)", message).groups()
        kind, _space, content = text.partition(" ")
        assert (kind, json.loads(content)) == (event["type"], event)
        assert int(priority) % 8 == (4 if event["data"].get("status") == "paused" else 6)


def test_syslog_over_tcp_has_a_line_a_message_and_a_server_that_is_gone_is_down() -> None:
    events = delivery()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        sink = sink_at("syslog+tcp:127.0.0.1:{0}".format(listening.getsockname()[1]))
        sink.send(events)
        connection, _address = listening.accept()
        sink.close()
        with connection, connection.makefile() as lines:
            assert [json.loads(line.partition(": ")[2].partition(" ")[2]) for line in lines] == events
    with pytest.raises(SinkDown, match="refused"):
        sink.send(events)


def test_the_journal_gets_fields_to_look_for(tmp_path: pathlib.Path) -> None:
    events = delivery()
    path = str(tmp_path / "journal")
    with servers.datagrams(socket.AF_UNIX, path) as listening:
        # More than one datagram at a time may not fit in its queue.
        for event in events:
            Journald(path).send([event])
            entry = dict(line.split("=", 1) for line in listening.recv(65536).decode().splitlines())
            assert json.loads(entry["EVENT"]) == event
            assert (entry["SYSLOG_IDENTIFIER"], entry["MESSAGE"]) == ("progressive.delivery", event["type"])
            assert entry["RUN"] == "r1"
    with pytest.raises(SinkDown, match="Connection refused"):
        Journald(path).send(events)


def test_loki_gets_streams_of_lines_in_order() -> None:
    got: list[t.Any] = []

    def respond(exchange: t.Any) -> Reply:
        assert (exchange.path, exchange.headers["Content-Type"]) == ("/loki/api/v1/push", "application/json")
        got.append(json.loads(exchange.body))
        return Reply(204)

    events = delivery()
    with web_server(respond) as server:
        sink_at(f"loki+http://127.0.0.1:{server.port}").send(events)

    (body,) = got
    assert set(body) == {"streams"}
    lines = []
    for stream in body["streams"]:
        assert set(stream) == {"stream", "values"}
        assert all(
            re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name) and isinstance(value, str)
            for name, value in stream["stream"].items()
        )
        assert "run" not in stream["stream"]
        for nanoseconds, line in stream["values"]:
            assert re.fullmatch(r"\d{19}", nanoseconds)
            lines.append(json.loads(line))
    assert sorted(lines, key=lambda event: int(event["id"].rpartition("-")[2])) == events
