# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever takes measurements, as a sink: what events measure is added up, run by run.

PRIVATE to the collection.
"""

from __future__ import annotations

import itertools

from ansible_collections.progressive.delivery.plugins.module_utils._metrics.model import Sums
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.stores.interface import Store
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.metrics import points
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.interface import Shipment, Sink
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.web import as_sink


class Measurements(Sink):
    """The store, to which *name* is what people read of its address.

    What counts begins anew with each run. What the store did not take is not counted, so that it counts once when it is sent again.
    """

    def __init__(self, name: str, store: Store) -> None:
        self.name = name
        self._store = store
        self._run = ""
        self._sums = Sums()

    def send(self, shipment: Shipment) -> None:
        for run, events in itertools.groupby(shipment, lambda event: event["data"]["run"]):
            found = [point for event in events for point in points(event)]
            sums = (self._sums if run == self._run else Sums()).plus(found)
            if found:
                with as_sink():
                    self._store.put(sums, found)
            self._run, self._sums = run, sums
