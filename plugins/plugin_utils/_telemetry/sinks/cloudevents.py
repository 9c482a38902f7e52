# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any receiver of CloudEvents over HTTP.

PRIVATE to the collection. Events go as a batch in JSON
(https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#33-batched-content-mode).
"""

from __future__ import annotations

import json
import urllib.parse

try:
    import requests
except ImportError:
    requests = None

from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary
from ansible_collections.progressive.delivery.plugins.module_utils._shown_url import shown_url
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.interface import (
    Shipment,
    Sink,
    SinkDown,
)

_SECONDS = (1.0, 2.0)
"""To connect, and to answer: others wait meanwhile."""


class CloudEventsReceiver(Sink):
    """The receiver at *address*, of http or https. User and password in it are sent as basic authentication.

    :raises MissingLibrary: requests is not installed
    """

    def __init__(self, address: str) -> None:
        if requests is None:
            raise MissingLibrary("requests")
        self.name = shown_url(address)
        self._address = address
        self._session = requests.Session()
        self._session.headers["Content-Type"] = "application/cloudevents-batch+json; charset=utf-8"
        # What the account has in its .netrc is for other programs.
        self._session.trust_env = False

    def send(self, shipment: Shipment) -> None:
        try:
            answer = self._session.post(
                self._address, json.dumps(shipment).encode(), timeout=_SECONDS, allow_redirects=False
            )
        except requests.RequestException as error:
            raise SinkDown("{0} {1}".format(self.name, _words(error))) from error
        if answer.status_code not in range(200, 300):
            raise SinkDown("{0} answered {1}".format(self.name, answer.status_code))

    def close(self) -> None:
        self._session.close()


def is_address(text: str) -> bool:
    """Whether *text* is an address that this can send to."""
    parts = urllib.parse.urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _words(error: Exception) -> str:
    if isinstance(error, requests.Timeout):
        return "did not answer in time"
    if isinstance(error, requests.ConnectionError):
        return "cannot be reached"
    return "cannot be spoken with: {0}".format(type(error).__name__)
