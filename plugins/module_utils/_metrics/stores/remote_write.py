# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever takes Prometheus' remote write: Prometheus itself, Mimir, Thanos, VictoriaMetrics.

PRIVATE to the collection. Version 1.0 of the protocol, https://prometheus.io/docs/specs/prw/remote_write_spec/.
"""

from __future__ import annotations

import functools
import typing as t

try:
    import cramjam
except ImportError:
    cramjam = None
try:
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
except ImportError:
    descriptor_pb2 = None

from ansible_collections.progressive.delivery.plugins.module_utils._http_api import Access
from ansible_collections.progressive.delivery.plugins.module_utils._metrics import exposition
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.errors import StoreApi
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.groups import JOB
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.model import Point, Sum, Sums
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary

_HEADERS = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
    "User-Agent": "progressive.delivery",
}
_NAMED = {"string": 9, "double": 1, "int64": 3, "message": 11}
_FIELDS = {
    "WriteRequest": (("timeseries", 1, "TimeSeries", True),),
    "TimeSeries": (("labels", 1, "Label", True), ("samples", 2, "Sample", True)),
    "Label": (("name", 1, "string", False), ("value", 2, "string", False)),
    "Sample": (("value", 1, "double", False), ("timestamp", 2, "int64", False)),
}
"""The messages of the specification: by name, their fields with number, type and whether they are repeated."""


Times = t.Dict[t.Tuple[t.Tuple[str, str], ...], int]
"""By series, milliseconds since the epoch."""


class RemoteWrite:
    """The receiver at *access*, with its whole path; satisfies ``Store``.

    :raises MissingLibrary: cramjam, protobuf or requests is not installed
    """

    def __init__(self, access: Access) -> None:
        if cramjam is None:
            raise MissingLibrary("cramjam")
        if descriptor_pb2 is None:
            raise MissingLibrary("protobuf")
        self._api = StoreApi("remote write", access)
        self._last: Times = {}

    def put(self, sums: Sums, points: t.Sequence[Point]) -> None:
        """Send a sample for each series that has a new point, of the time of that."""
        changed = {(point.metric.name, point.labels) for point in points}
        content, last = request([each for each in sums if (each.metric.name, each.labels) in changed], self._last)
        self._api.send("POST", "", bytes(cramjam.snappy.compress_raw(content)), _HEADERS)
        self._last = {**self._last, **last}


def request(sums: t.Iterable[Sum], last: Times) -> t.Tuple[bytes, Times]:
    """A ``WriteRequest``, not compressed, and its times. Labels are in order of names, as the specification asks.

    :param last: the times of those that were sent before, after which the next must be: a receiver refuses another value
        of the same moment
    """
    message = _messages()["WriteRequest"]()
    times: Times = {}
    for family in exposition.families(sums):
        for sample in family.samples:
            series = message.timeseries.add()
            labels = {"job": JOB, **sample.labels, "__name__": sample.name}
            key = tuple(sorted(labels.items()))
            for name, value in key:
                series.labels.add(name=name, value=value)
            times[key] = max(round(t.cast(float, sample.timestamp) * 1000), last.get(key, 0) + 1)
            series.samples.add(value=sample.value, timestamp=times[key])
    return t.cast(bytes, message.SerializeToString()), times


@functools.lru_cache(maxsize=None)
def _messages() -> t.Dict[str, t.Any]:
    package = "progressive_delivery.prometheus"
    file = descriptor_pb2.FileDescriptorProto(name=package, package=package, syntax="proto3")
    for name, fields in _FIELDS.items():
        message = file.message_type.add(name=name)
        for field, number, kind, repeated in fields:
            message.field.add(
                name=field,
                number=number,
                label=3 if repeated else 1,
                type=_NAMED.get(kind, _NAMED["message"]),
                **({} if kind in _NAMED else {"type_name": "." + package + "." + kind}),
            )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(package + "." + name)) for name in _FIELDS}
