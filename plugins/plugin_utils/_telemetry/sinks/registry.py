# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sinks there are, by how their addresses begin.

PRIVATE to the collection. The one place that a sink is added to; what takes
measurements alone is in ``_metrics/stores/registry.py``.
"""

from __future__ import annotations

import collections.abc
import os

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._host_and_port import host_and_port
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.stores.registry import STORES, store_at
from ansible_collections.progressive.delivery.plugins.module_utils._shown_url import shown_url
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.metrics import GROUP
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.alertmanager import (
    AlertmanagerCluster,
)
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.apprise import Services
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.cloudevents import (
    CloudEventsReceiver,
)
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.interface import Sink
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.journald import Journald
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.jsonl import Jsonl
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.loki import Loki
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.measurements import Measurements
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.otlp import OtlpReceiver
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.syslog import Syslog
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.web import access


def _jsonl(address: str) -> Sink:
    if not address.startswith(("/", "~/")):
        raise InvalidOption("jsonl:{0} has no whole path of a file; jsonl:/var/log/delivery.jsonl has".format(address))
    return Jsonl(os.path.expanduser(address))


def _syslog(address: str, reliably: bool) -> Sink:
    if address.startswith("/") and not reliably:
        return Syslog(address, reliably)
    found = host_and_port(address)
    if found is None:
        raise InvalidOption(
            "{0} names no syslog; syslog:/dev/log, syslog:logs.example.com:514 and syslog+tcp:logs.example.com:601 do".format(
                address
            )
        )
    return Syslog(found, reliably)


def _journald(address: str) -> Sink:
    if address:
        raise InvalidOption("behind journald: stands nothing, as it is that of this machine")
    return Journald()


SINKS: collections.abc.Mapping[str, collections.abc.Callable[[str], Sink]] = {
    "jsonl:": _jsonl,
    "cloudevents+": CloudEventsReceiver,
    "alertmanager+": AlertmanagerCluster,
    "apprise+": Services,
    "otlp+": OtlpReceiver,
    "loki+": Loki,
    "syslog+tcp:": lambda address: _syslog(address, True),
    "syslog:": lambda address: _syslog(address, False),
    "journald:": _journald,
}


def sink_at(address: str) -> Sink:
    """The sink that an address of the option ``sinks`` means.

    :raises InvalidOption: it means none; an address is not told, as there may be a password in it
    :raises MissingLibrary: what it needs is not installed
    """
    for beginning, make in SINKS.items():
        if address.startswith(beginning):
            try:
                return make(address[len(beginning) :])
            except InvalidOption as error:
                raise InvalidOption("sinks: " + error.message) from error
    if address.startswith(tuple(STORES)):
        return Measurements(shown_url(address), store_at(address, access, GROUP, "sinks"))
    known = ", ".join(dict.fromkeys([*SINKS, *STORES]))
    raise InvalidOption("sinks: an address begins with one of {0}, and {1}… does not".format(known, address[:8]))
