# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any receiver of OpenTelemetry's protocol over HTTP: events as logs, what they measure as metrics, what took time as traces.

PRIVATE to the collection. See https://opentelemetry.io/docs/specs/otlp/#otlphttp.
"""

from __future__ import annotations

import json
import typing as t

try:
    from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
    from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
except ImportError:
    logs_service_pb2 = None

from ansible_collections.progressive.delivery.plugins.module_utils._metrics.groups import JOB
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.stores.otlp import (
    PROTOBUF,
    Otlp,
    attribute,
    nanoseconds,
)
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary
from ansible_collections.progressive.delivery.plugins.module_utils._shown_url import shown_url
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.metrics import moment
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.severity import Severity, severity_of
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.interface import Shipment, Sink
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.measurements import Measurements
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.web import SinkApi, access, as_sink
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.traces import Span, spans

_NUMBERS: t.Mapping[Severity, int] = {"info": 9, "warning": 13, "error": 17}
"""https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber"""
_OK, _ERROR = 1, 2


class OtlpReceiver(Sink):
    """The receiver at *address*, which ends before ``/v1``.

    :raises InvalidOption: it is no address
    :raises MissingLibrary: opentelemetry-proto or requests is not installed
    """

    def __init__(self, address: str) -> None:
        if logs_service_pb2 is None:
            raise MissingLibrary("opentelemetry-proto")
        self.name = shown_url(address)
        self._api = SinkApi("it", access(address))
        self._measurements = Measurements(self.name, Otlp(access(address)))

    def send(self, shipment: Shipment) -> None:
        found = [span for event in shipment for span in spans(event)]
        with as_sink():
            if found:
                self._api.send("POST", "/v1/traces", traces(found).SerializeToString(), PROTOBUF)
            self._api.send("POST", "/v1/logs", logs(shipment).SerializeToString(), PROTOBUF)
        # Last, as they would be counted twice if they were sent again.
        self._measurements.send(shipment)


def traces(found: t.Iterable[Span]) -> t.Any:
    """An ``ExportTraceServiceRequest``."""
    message = trace_service_pb2.ExportTraceServiceRequest()
    scope = _scope(message.resource_spans.add(), "scope_spans")
    for each in found:
        span = scope.spans.add(
            trace_id=each.trace,
            span_id=each.identifier,
            parent_span_id=each.parent,
            name=each.name,
            kind=1,
            start_time_unix_nano=nanoseconds(each.began),
            end_time_unix_nano=nanoseconds(each.ended),
        )
        span.status.code = _ERROR if each.failed else _OK
        for name, value in each.attributes.items():
            attribute(span.attributes, name, value)
        if each.link:
            span.links.add(trace_id=each.link[0], span_id=each.link[1])
    return message


def logs(shipment: Shipment) -> t.Any:
    """An ``ExportLogsServiceRequest``."""
    message = logs_service_pb2.ExportLogsServiceRequest()
    scope = _scope(message.resource_logs.add(), "scope_logs")
    for event in shipment:
        severity = severity_of(event)
        at = nanoseconds(moment(event))
        record = scope.log_records.add(
            time_unix_nano=at,
            observed_time_unix_nano=at,
            severity_number=_NUMBERS[severity],
            severity_text=severity.upper(),
            event_name=event["type"],
        )
        record.body.string_value = json.dumps(event["data"], separators=(",", ":"))
        attribute(record.attributes, "event.id", event["id"])
        for name in ("run", "app", "rollout", "release", "host"):
            if event["data"].get(name):
                attribute(record.attributes, name, event["data"][name])
    return message


def _scope(resource: t.Any, field: str) -> t.Any:
    attribute(resource.resource.attributes, "service.name", JOB)
    scope = getattr(resource, field).add()
    scope.scope.name = "progressive.delivery"
    return scope
