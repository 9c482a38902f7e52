# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loki, which keeps logs by a few labels: the playbook, the kind of event, and the app and environment where they are known.

PRIVATE to the collection. See https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._metrics.groups import JOB
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.stores.otlp import nanoseconds
from ansible_collections.progressive.delivery.plugins.module_utils._shown_url import shown_url
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.metrics import GROUP, moment
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.severity import severity_of
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.interface import Shipment, Sink
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.web import SinkApi, access, as_sink

_CONTENT = {"Content-Type": "application/json"}


class Loki(Sink):
    """The server at *address*, which ends before ``/loki``.

    :raises InvalidOption: it is no address
    :raises MissingLibrary: requests is not installed
    """

    def __init__(self, address: str) -> None:
        self.name = shown_url(address)
        self._api = SinkApi("it", access(address))

    def send(self, shipment: Shipment) -> None:
        with as_sink():
            self._api.send("POST", "/loki/api/v1/push", json.dumps(pushed(shipment)).encode(), _CONTENT)


def pushed(shipment: Shipment) -> dict[str, t.Any]:
    """What is posted: the streams, each with its labels and lines, of which each has its time in nanoseconds."""
    streams: dict[tuple[tuple[str, str], ...], list[list[str]]] = {}
    for event in shipment:
        data = event["data"]
        known = {**data["labels"], **data}
        labels = {name: str(known[name]) for name in GROUP if known.get(name)}
        labels.update(job=JOB, kind=event["type"], level=severity_of(event))
        line = [str(nanoseconds(moment(event))), json.dumps(event, separators=(",", ":"))]
        streams.setdefault(tuple(sorted(labels.items())), []).append(line)
    return {"streams": [{"stream": dict(labels), "values": lines} for labels, lines in streams.items()]}
