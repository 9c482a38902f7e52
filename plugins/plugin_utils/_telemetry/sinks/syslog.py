# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A syslog server, or this machine's own.

PRIVATE to the collection. An event is one message, as JSON behind the name of
its kind (https://www.rfc-editor.org/rfc/rfc3164, as Python's own library sends it).
"""

from __future__ import annotations

import json
import logging
import logging.handlers
import socket
import sys

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.severity import severity_of
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.interface import (
    Shipment,
    Sink,
    SinkDown,
)

_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class Syslog(Sink):
    """The socket at a path, or the server at a host and port, over TCP where *reliably* and else over UDP, where nobody answers."""

    def __init__(self, place: str | tuple[str, int], reliably: bool) -> None:
        self.name = "syslog at " + (place if isinstance(place, str) else "{0}:{1}".format(*place))
        self._place = place
        self._kind = socket.SOCK_STREAM if reliably else socket.SOCK_DGRAM
        self._handler: _Raising | None = None

    def send(self, shipment: Shipment) -> None:
        try:
            if self._handler is None:
                path = self._place if isinstance(self._place, str) else ""
                self._handler = _Raising(path or self._place, socktype=None if path else self._kind)
                self._handler.ident = "progressive.delivery: "
                # A message ends with a line over TCP, and with the packet otherwise.
                self._handler.append_nul = False
            for event in shipment:
                text = event["type"] + " " + json.dumps(event, separators=(",", ":"))
                ending = "\n" if self._kind == socket.SOCK_STREAM and not isinstance(self._place, str) else ""
                level = _LEVELS[severity_of(event)]
                self._handler.emit(logging.LogRecord("telemetry", level, "", 0, text + ending, None, None))
        except OSError as error:
            self.close()
            raise SinkDown("{0}: {1}".format(self.name, error.strerror or type(error).__name__)) from error

    def close(self) -> None:
        if self._handler is not None:
            self._handler.close()
            self._handler = None


class _Raising(logging.handlers.SysLogHandler):
    """What goes wrong is for who sends."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, ARG002 (the library names them)
        error = sys.exc_info()[1]
        if error is not None:
            raise error
