# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thread for each sink, so that one that does not answer keeps neither the run nor the other sinks waiting.

PRIVATE to the collection.
"""

from __future__ import annotations

import threading

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.outlet import Outlet
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.interface import Shipment

ROOM = 1_000
"""Shipments that wait for the thread; what comes when they are as many waits on disk."""


class Sending:
    """The thread of one outlet, which begins with the first shipment."""

    def __init__(self, outlet: Outlet) -> None:
        self.outlet = outlet
        self._thread = threading.Thread(target=self._run, name="telemetry " + outlet.sink.name, daemon=True)
        self._changed = threading.Condition()
        self._waiting: list[Shipment] = []
        self._is_over = False

    def give(self, shipment: Shipment) -> None:
        """Have it shipped, soon. Waits for the disk at most."""
        if self._thread.ident is None:
            self._thread.start()
        with self._changed:
            if len(self._waiting) < ROOM:
                self._waiting.append(shipment)
                self._changed.notify()
                return
        self.outlet.keep(shipment)

    def finish(self) -> None:
        """Nothing comes any more: end when all is shipped."""
        with self._changed:
            self._is_over = True
            self._changed.notify()

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended, for *seconds* at most, and not where the sink did not take what it was sent last; whether it has.

        What is not shipped then is kept for the next run. What the sink was taking right then it gets twice.
        """
        if self._thread.ident is None:
            return True
        self._thread.join(0.0 if self.outlet.is_failing else seconds)
        if not self._thread.is_alive() and not self._waiting:
            return True
        # Also what a thread left behind that died of a sink's defect.
        with self._changed:
            rest = [event for shipment in self._waiting for event in shipment]
            self._waiting.clear()
            self.outlet.leave(rest)
        return False

    def linger(self, seconds: float) -> None:
        """Wait for what is still being sent, so that it is known to have been."""
        if self._thread.ident is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        while self._took():
            self.outlet.ship_taken()
        self.outlet.sink.close()

    def _took(self) -> bool:
        """Have the outlet take all that waits, once there is something; False when nothing comes any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_over)
            found = [event for shipment in self._waiting for event in shipment]
            self._waiting.clear()
            self.outlet.take(found)
        return bool(found)
