# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One sink and its backlog: what it cannot take now it gets later, in order.

PRIVATE to the collection.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import threading

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.backlog import Backlog
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.interface import (
    Shipment,
    Sink,
    SinkDown,
    SinkRefused,
)

AT_ONCE = 500
"""Events in one shipment."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds after a failure in which the sink is not asked; twice as many after each further one."""


@dataclasses.dataclass
class Tally:
    """What became of the events of a run.

    :param shipped: taken by the sink, with those that earlier runs had left
    :param kept: on disk for the next run
    :param lost: which could not be kept
    :param refused: which the sink will never take
    :param why: what the sink said last when it did not take them
    :param why_lost: why they could not be kept
    """

    shipped: int = 0
    kept: int = 0
    lost: int = 0
    refused: int = 0
    why: str = ""
    why_lost: str = ""


class Outlet:
    """Where events go to one sink.

    :param clock: seconds that only grow
    """

    def __init__(self, sink: Sink, backlog: Backlog, clock: collections.abc.Callable[[], float]) -> None:
        self.sink = sink
        self.tally = Tally()
        self._backlog = backlog
        self._clock = clock
        self._closed_until = float("-inf")
        self._pause = FIRST_PAUSE
        self.is_failing = False
        """Whether it did not take what it was sent last."""
        self._guard = threading.Lock()
        self._taken: Shipment = ()
        self._is_left = False

    def ship(self, shipment: Shipment) -> None:
        """Send these after all that waits, or let them wait too."""
        self.take(shipment)
        self.ship_taken()

    def take(self, shipment: Shipment) -> None:
        """Have these to ship: from now on they are sent, or kept, once."""
        with self._guard:
            self._taken = shipment

    def ship_taken(self) -> None:
        """Send what was taken after all that waits, or let it wait too."""
        try:
            if self._clock() >= self._closed_until and not self._is_left:
                if not self._backlog.is_empty():
                    cleared = self._backlog.send(self._send, AT_ONCE)
                    self.tally.kept = max(0, self.tally.kept - cleared)
                while part := self._taken[:AT_ONCE]:
                    self._send(part)
                    with self._guard:
                        self._taken = self._taken[AT_ONCE:]
                self._pause = FIRST_PAUSE
                self.is_failing = False
        except SinkDown as down:
            self.tally.why = str(down)
            self._closed_until = self._clock() + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
            self.is_failing = True
        finally:
            self._keep_taken()

    def leave(self, shipment: Shipment) -> None:
        """Let what was taken and these wait for the next run; what :meth:`ship_taken` is sending in another thread may come twice."""
        self._is_left = True
        self._keep_taken()
        self.keep(shipment)

    def _keep_taken(self) -> None:
        with self._guard:
            taken, self._taken = self._taken, ()
            self.keep(taken)

    def _send(self, shipment: Shipment) -> None:
        if self._is_left:
            raise SinkDown("the run has ended")
        try:
            self.sink.send(shipment)
            self.tally.shipped += len(shipment)
        except SinkRefused as refused:
            self._refused(len(shipment), str(refused))
        except SinkDown:
            raise
        except Exception as defect:  # noqa: BLE001 (a library may raise anything, and one event must not keep a sink from all others)
            self._send_apart(shipment, defect)

    def _send_apart(self, shipment: Shipment, defect: Exception) -> None:
        """One by one, so that what the sink fails at is known from the rest.

        :raises SinkDown: it fails at all of them
        """
        failed = []
        for event in shipment:
            try:
                self.sink.send([event])
                self.tally.shipped += 1
            except SinkRefused as refused:
                self._refused(1, str(refused))
            except SinkDown:
                raise
            except Exception:  # noqa: BLE001 (the same; that it failed is told below)
                failed.append(event)
        why = "a defect: {0!r}".format(defect)
        if len(failed) == len(shipment):
            raise SinkDown(why)
        self._refused(len(failed), why)

    def _refused(self, count: int, why: str) -> None:
        if count:
            self.tally.why = why
            self.tally.refused += count

    def keep(self, shipment: Shipment) -> None:
        """Let these wait for the sink."""
        if shipment:
            lost, why = self._backlog.keep(shipment)
            self.tally.lost += lost
            self.tally.why_lost = why or self.tally.why_lost
            self.tally.kept += len(shipment) - lost
