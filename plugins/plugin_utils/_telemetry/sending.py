# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thread for each sink, so that one that does not answer keeps neither the run nor the other sinks waiting.

PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import typing as t

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.outlet import Outlet
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.interface import Shipment

ROOM = 1_000
"""Shipments that wait for the thread; what comes when they are as many waits on disk."""


class Sending:
    """The thread of one outlet, which begins with the first shipment."""

    def __init__(self, outlet: Outlet) -> None:
        self.outlet = outlet
        self._queue: queue.Queue[Shipment | None] = queue.Queue(ROOM)
        self._thread = threading.Thread(target=self._run, name="telemetry " + outlet.sink.name, daemon=True)
        self._under_way: Shipment = ()

    def give(self, shipment: Shipment) -> None:
        """Have it shipped, soon. Waits for the disk at most."""
        if not self._thread.is_alive():
            self._thread.start()
        try:
            self._queue.put_nowait(shipment)
        except queue.Full:
            self.outlet.keep(shipment)

    def finish(self) -> None:
        """Nothing comes any more: end when all is shipped."""
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(None)

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended, for *seconds* at most, and not where the sink did not take what it was sent last; whether it has.

        What is not shipped then is kept for the next run. What the sink was taking right then it gets twice.
        """
        if self._thread.ident is None:
            return True
        self._thread.join(0.0 if self.outlet.is_failing else seconds)
        if not self._thread.is_alive():
            return True
        self.outlet.leave([*self._under_way, *self._drained()])
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(None)
        return False

    def _run(self) -> None:
        over = False
        while not over:
            found = [self._queue.get()]
            with contextlib.suppress(queue.Empty):
                while found[-1] is not None:
                    found.append(self._queue.get_nowait())
            over = found[-1] is None
            self._under_way = [event for shipment in found if shipment is not None for event in shipment]
            if self._under_way:
                self.outlet.ship(self._under_way)
        self.outlet.sink.close()

    def _drained(self) -> t.Iterator[t.Mapping[str, t.Any]]:
        with contextlib.suppress(queue.Empty):
            while True:
                yield from self._queue.get_nowait() or ()
