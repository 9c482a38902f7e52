# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sink that was down is still to get, on disk, for this run and those after it.

PRIVATE to the collection. Runs that go on at a time share it. Killed at any
instant it holds whole events; one that was sent right then is sent once more,
with the same identifier.
"""

from __future__ import annotations

import collections.abc
import contextlib
import hashlib
import json
import os
import time
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._files import flock
from ansible_collections.progressive.delivery.plugins.module_utils._files.atomic import write_file
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.interface import Shipment

_BLOCK = 4096
_PATIENCE = 30.0
"""Seconds to wait for another run that works on it, which takes as long as it takes to write all of it."""
_BETWEEN = 1.0
"""Seconds after which what was sent is taken away at the latest, so that not much is sent again where it ends early."""


class Backlog:
    """The backlog of one sink.

    :param folder: of all backlogs; made, for its owner only, when there is something to keep
    :param sink: the sink's address, of which the file's name is made and not more
    :param limit: bytes; what comes when it is full is counted and not kept, so what is oldest stays
    """

    def __init__(self, folder: str, sink: str, limit: int) -> None:
        self._folder = folder
        self._path = os.path.join(
            folder, hashlib.sha256(sink.encode("utf-8", "surrogateescape")).hexdigest()[:16] + ".jsonl"
        )
        self._limit = limit

    def is_empty(self) -> bool:
        """Whether nothing waits, as far as can be seen."""
        try:
            return os.stat(self._path).st_size == 0
        except OSError:
            return True

    def keep(self, shipment: Shipment) -> tuple[int, str]:
        """Keep these behind all others; how many could not be kept, and why."""
        try:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            with self._held(".lock", _PATIENCE) as held:
                if not held:
                    return len(shipment), "another run works on the backlog"
                lost = self._added(shipment)
                return lost, "the backlog is full" if lost else ""
        except OSError as error:
            return len(shipment), "the backlog cannot be written: {0}".format(error.strerror)

    def send(self, send: collections.abc.Callable[[Shipment], None], at_once: int) -> int:
        """Hand all of it to *send*, *at_once* events at a time, and forget what it has taken; how many.

        Whatever *send* raises rises, and what it has not taken stays. Meanwhile others may keep more. Nothing happens
        while another run does this.
        """
        sent = 0
        with contextlib.suppress(OSError), self._held(".sending", 0.0) as held:
            lines = self._lines() if held else []
            forgotten = taken = 0
            forgotten_at = time.monotonic()
            try:
                while taken < len(lines):
                    events = _events(part := lines[taken : taken + at_once])
                    if events:
                        send(events)
                    taken += len(part)
                    sent += len(events)
                    if time.monotonic() - forgotten_at > _BETWEEN:
                        self._forget(sum(map(len, lines[forgotten:taken])))
                        forgotten, forgotten_at = taken, time.monotonic()
            finally:
                if taken > forgotten:
                    self._forget(sum(map(len, lines[forgotten:taken])))
        return sent

    def _lines(self) -> list[bytes]:
        """The whole lines that wait."""
        with self._held(".lock", _PATIENCE) as held:
            content = self._content() if held else b""
        return [line for line in content.splitlines(keepends=True) if line.endswith(b"\n")]

    def _forget(self, size: int) -> None:
        """Take the first *size* bytes away; whatever is kept is added behind them. Where that fails it is sent once more."""
        with self._held(".lock", _PATIENCE) as held:
            if held:
                write_file(self._path, self._content()[size:], mode=0o600)

    def _added(self, shipment: Shipment) -> int:
        """Add what there is room for; how many there was none for."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            end = _whole_end(descriptor)
            kept: list[bytes] = []
            size = end
            for line in map(_line, shipment):
                size += len(line)
                if size > self._limit:
                    break
                kept.append(line)
            os.ftruncate(descriptor, end)
            os.pwrite(descriptor, b"".join(kept), end)
        finally:
            os.close(descriptor)
        return len(shipment) - len(kept)

    def _content(self) -> bytes:
        try:
            with open(self._path, "rb") as stream:
                return stream.read()
        except FileNotFoundError:
            return b""

    @contextlib.contextmanager
    def _held(self, lock: str, patience: float) -> t.Iterator[bool]:
        """Whether nobody else holds that lock of it."""
        descriptor = os.open(self._path + lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            yield flock.taken(descriptor, patience)
        finally:
            os.close(descriptor)


def _whole_end(descriptor: int) -> int:
    """Where the last whole line ends: what a killed run wrote behind it is no event."""
    end = os.fstat(descriptor).st_size
    while end > 0:
        start = max(0, end - _BLOCK)
        found = os.pread(descriptor, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _line(event: t.Mapping[str, t.Any]) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode() + b"\n"


def _events(lines: t.Iterable[bytes]) -> list[dict[str, t.Any]]:
    """Without what is none."""
    found = []
    for line in lines:
        with contextlib.suppress(ValueError):
            found.append(json.loads(line))
    return found
