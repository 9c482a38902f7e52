# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alertmanager, which groups alerts, silences them and tells people.

PRIVATE to the collection. Of events it gets those that raise or end an alert.
"""

from __future__ import annotations

from ansible_collections.progressive.delivery.plugins.module_utils._alerts.alertmanager import Alertmanager
from ansible_collections.progressive.delivery.plugins.module_utils._alerts.model import Matcher
from ansible_collections.progressive.delivery.plugins.module_utils._shown_url import shown_url
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.alerting.told import (
    SOURCE,
    is_raised,
    is_resolved,
    to_tell,
)
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.interface import Shipment, Sink
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.web import access, as_sink


class AlertmanagerCluster(Sink):
    """The members at *addresses*, with a semicolon between them.

    :raises InvalidOption: one is no address
    :raises MissingLibrary: requests is not installed
    """

    def __init__(self, addresses: str) -> None:
        members = [address.strip() for address in addresses.split(";")]
        self.name = ";".join(map(shown_url, members))
        self._alertmanager = Alertmanager([access(member) for member in members])

    def send(self, shipment: Shipment) -> None:
        events = [event for event in shipment if is_raised(event) or is_resolved(event)]
        if events:
            with as_sink():
                known = [alert for alert, _told in self._alertmanager.alerts([Matcher("source", SOURCE)])]
                told = to_tell(events, known)
                if told:
                    self._alertmanager.tell(told)
