# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""This machine's journal, with a field for whatever an event is about: ``journalctl APP=search``.

PRIVATE to the collection. See https://systemd.io/JOURNAL_NATIVE_PROTOCOL/.
"""

from __future__ import annotations

import json

try:
    import logging_journald
except ImportError:
    logging_journald = None

from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.severity import severity_of
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.interface import (
    Shipment,
    Sink,
    SinkDown,
)

SOCKET = "/run/systemd/journal/socket"
_PRIORITIES = {"info": 6, "warning": 4, "error": 3}


class Journald(Sink):
    """The journal whose socket is at *path*.

    :raises MissingLibrary: logging-journald is not installed
    """

    def __init__(self, path: str = SOCKET) -> None:
        if logging_journald is None:
            raise MissingLibrary("logging-journald")
        self.name = "journald"
        self._path = path

    def send(self, shipment: Shipment) -> None:
        try:
            journal = logging_journald.JournaldTransport(self._path, connected=False)
            try:
                for event in shipment:
                    about = {name: value for name, value in event["data"].items() if isinstance(value, str)}
                    fields = {
                        **about,
                        "message": event["type"],
                        "priority": _PRIORITIES[severity_of(event)],
                        "syslog_identifier": "progressive.delivery",
                        "event": json.dumps(event, separators=(",", ":")),
                    }
                    journal.send(fields.items())
            finally:
                journal.socket.close()
        except OSError as error:
            raise SinkDown("{0}: {1}".format(self._path, error.strerror)) from error
