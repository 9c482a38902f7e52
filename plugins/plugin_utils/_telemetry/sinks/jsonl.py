# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file that events are written to, a JSON object a line.

PRIVATE to the collection. Runs that write to the same file at a time do not mix within lines.
"""

from __future__ import annotations

import json
import os

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.interface import (
    Shipment,
    Sink,
    SinkDown,
)


class Jsonl(Sink):
    """The file at *path*, which is made with its folders, for its owner only, when the first event comes."""

    def __init__(self, path: str) -> None:
        self.name = path
        self._path = path

    def send(self, shipment: Shipment) -> None:
        lines = "".join(json.dumps(event, separators=(",", ":")) + "\n" for event in shipment)
        try:
            os.makedirs(os.path.dirname(self._path) or ".", mode=0o700, exist_ok=True)
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                _write(descriptor, lines.encode())
            finally:
                os.close(descriptor)
        except OSError as error:
            raise SinkDown("{0}: {1}".format(self._path, error.strerror)) from error


def _write(descriptor: int, content: bytes) -> None:
    """All of it; in one call where the system takes it so, as nothing of others comes between then."""
    while content:
        content = content[os.write(descriptor, content) :]
