# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any receiver of CloudEvents over HTTP.

PRIVATE to the collection. Events go as a batch in JSON
(https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#33-batched-content-mode),
and as CDEvents where one of their types fits.
"""

from __future__ import annotations

import json

from ansible_collections.progressive.delivery.plugins.module_utils._shown_url import shown_url
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.cdevents import as_cdevent
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.interface import Shipment, Sink
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.web import SinkApi, access, as_sink

_CONTENT = {"Content-Type": "application/cloudevents-batch+json; charset=utf-8"}


class CloudEventsReceiver(Sink):
    """The receiver at *address*.

    :raises InvalidOption: it is none
    :raises MissingLibrary: requests is not installed
    """

    def __init__(self, address: str) -> None:
        self.name = shown_url(address)
        self._api = SinkApi("it", access(address))

    def send(self, shipment: Shipment) -> None:
        with as_sink():
            self._api.send(
                "POST", "", json.dumps([as_cdevent(event) or event for event in shipment]).encode(), _CONTENT
            )
