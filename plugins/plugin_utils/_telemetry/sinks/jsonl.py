# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file that events are written to, a JSON object a line.

PRIVATE to the collection. Runs that write to the same file take turns.
"""

from __future__ import annotations

import json
import os

from ansible_collections.progressive.delivery.plugins.module_utils._files import flock
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.interface import (
    Shipment,
    Sink,
    SinkDown,
)

_PATIENCE = 1.0
"""Seconds to wait for another run that writes."""


class Jsonl(Sink):
    """The file at *path*, which is made with its folders, for its owner only, when the first event comes."""

    def __init__(self, path: str) -> None:
        self.name = path
        self._path = path

    def send(self, shipment: Shipment) -> None:
        lines = "".join(json.dumps(event, separators=(",", ":")) + "\n" for event in shipment).encode()
        try:
            os.makedirs(os.path.dirname(self._path) or ".", mode=0o700, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                if not flock.taken(descriptor, _PATIENCE):
                    raise SinkDown("{0}: another run writes to it".format(self._path))
                _append(descriptor, lines)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise SinkDown("{0}: {1}".format(self._path, error.strerror)) from error


def _append(descriptor: int, lines: bytes) -> None:
    """Write all of them behind the last whole line, or none of them.

    :raises OSError: not all could be written
    """
    before = os.fstat(descriptor).st_size
    if before and os.pread(descriptor, 1, before - 1) != b"\n":
        lines = b"\n" + lines  # Of a run that was killed.
    try:
        while lines:
            lines = lines[os.write(descriptor, lines) :]
    except OSError:
        os.ftruncate(descriptor, before)
        raise
