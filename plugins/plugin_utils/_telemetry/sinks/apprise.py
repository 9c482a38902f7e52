# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People, by whatever service Apprise speaks to, where there is no Alertmanager.

PRIVATE to the collection. Of events they get those that raise an alert, and its
end where this run has told of its beginning.
"""

from __future__ import annotations

from ansible_collections.progressive.delivery.plugins.module_utils._alerts.notifying import Notifier, message
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.alerting.told import (
    explained,
    is_raised,
    is_resolved,
)
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.interface import Shipment, Sink
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.web import as_sink


class Services(Sink):
    """The service at *address*, which holds secrets and is not told.

    :raises InvalidOption: it means no service
    :raises MissingLibrary: apprise is not installed
    """

    def __init__(self, address: str) -> None:
        self.name = "apprise {0}://…".format(address.partition(":")[0])
        self._notifier = Notifier([address])
        self._told: set[str] = set()

    def send(self, shipment: Shipment) -> None:
        for event in shipment:
            data = event["data"]
            with as_sink():
                if is_raised(event) and data["incident"] not in self._told:
                    self._notifier.notify(data["summary"], message(explained(event)), data["severity"])
                    self._told.add(data["incident"])
                elif is_resolved(event) and data["incident"] in self._told:
                    self._notifier.notify("Over: " + data["summary"], "", "info", over=True)
                    self._told.discard(data["incident"])
