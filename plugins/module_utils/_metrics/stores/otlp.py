# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any receiver of OpenTelemetry's protocol over HTTP, of metrics.

PRIVATE to the collection. See https://opentelemetry.io/docs/specs/otlp/#otlphttp.
"""

from __future__ import annotations

import typing as t

try:
    from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
    from opentelemetry.proto.metrics.v1 import metrics_pb2
except ImportError:
    metrics_service_pb2 = None

from ansible_collections.progressive.delivery.plugins.module_utils._http_api import Access
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.errors import StoreApi
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.groups import JOB
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.model import (
    Distribution,
    Labels,
    Point,
    Sum,
    Sums,
)
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary

PROTOBUF = {"Content-Type": "application/x-protobuf"}


class Otlp:
    """The receiver at *access*, whose address ends before ``/v1``; satisfies ``Store``.

    :raises MissingLibrary: opentelemetry-proto or requests is not installed
    """

    def __init__(self, access: Access) -> None:
        if metrics_service_pb2 is None:
            raise MissingLibrary("opentelemetry-proto")
        self._api = StoreApi("OTLP", access)

    def put(self, sums: Sums, points: t.Sequence[Point]) -> None:
        """Send what each series that has a new point has come to."""
        changed = {(point.metric.name, point.labels) for point in points}
        wanted = [each for each in sums if (each.metric.name, each.labels) in changed]
        self._api.send("POST", "/v1/metrics", request(wanted).SerializeToString(), PROTOBUF)


def request(sums: t.Iterable[Sum]) -> t.Any:
    """An ``ExportMetricsServiceRequest``. What counts does so from the first point of its series on."""
    message = metrics_service_pb2.ExportMetricsServiceRequest()
    resource = message.resource_metrics.add()
    attribute(resource.resource.attributes, "service.name", JOB)
    scope = resource.scope_metrics.add()
    scope.scope.name = "progressive.delivery"
    found: t.Dict[str, t.Any] = {}
    cumulative = metrics_pb2.AGGREGATION_TEMPORALITY_CUMULATIVE
    for each in sums:
        name = each.metric.name
        if name not in found:
            found[name] = scope.metrics.add(name=name, description=each.metric.about)
        metric = found[name]
        if isinstance(each.value, Distribution):
            metric.histogram.aggregation_temporality = cumulative
            point = metric.histogram.data_points.add(
                count=each.value.count,
                sum=each.value.total,
                bucket_counts=each.value.counts,
                explicit_bounds=each.value.bounds,
            )
        elif each.metric.kind == "counter":
            metric.sum.aggregation_temporality = cumulative
            metric.sum.is_monotonic = True
            point = metric.sum.data_points.add(as_double=each.value)
        else:
            point = metric.gauge.data_points.add(as_double=each.value)
        if each.metric.kind != "gauge":
            point.start_time_unix_nano = nanoseconds(each.since)
        point.time_unix_nano = nanoseconds(each.at)
        _describe(point, each.labels)
    return message


def attribute(attributes: t.Any, name: str, value: t.Any) -> None:
    """Add one to a message's attributes, as text where it is neither a number nor true or false."""
    added = attributes.add(key=name).value
    if isinstance(value, bool):
        added.bool_value = value
    elif isinstance(value, int):
        added.int_value = value
    elif isinstance(value, float):
        added.double_value = value
    else:
        added.string_value = str(value)


def nanoseconds(at: float) -> int:
    """Since the epoch."""
    return round(at * 1e9)


def _describe(point: t.Any, labels: Labels) -> None:
    for name, value in labels:
        attribute(point.attributes, name, value)
