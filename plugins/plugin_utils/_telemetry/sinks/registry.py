# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sinks there are, by how their addresses begin.

PRIVATE to the collection. The one place that a sink is added to.
"""

from __future__ import annotations

import collections.abc
import os

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.cloudevents import (
    CloudEventsReceiver,
    is_address,
)
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.interface import Sink
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.jsonl import Jsonl


def _jsonl(address: str) -> Sink:
    if not address.startswith(("/", "~/")):
        raise InvalidOption(
            "sinks: jsonl:{0} has no whole path of a file; jsonl:/var/log/delivery.jsonl has".format(address)
        )
    return Jsonl(os.path.expanduser(address))


def _cloudevents(address: str) -> Sink:
    if not is_address(address):
        raise InvalidOption(
            "sinks: after cloudevents+ stands an address of http or https, such as cloudevents+https://hub.example.com/events"
        )
    return CloudEventsReceiver(address)


SINKS: collections.abc.Mapping[str, collections.abc.Callable[[str], Sink]] = {
    "cloudevents+": _cloudevents,
    "jsonl:": _jsonl,
}


def sink_at(address: str) -> Sink:
    """The sink that an address of the option ``sinks`` means.

    :raises InvalidOption: it means none; an address is not told, as there may be a password in it
    """
    for beginning, make in SINKS.items():
        if address.startswith(beginning):
            return make(address[len(beginning) :])
    raise InvalidOption("sinks: an address begins with {0}, and {1}… does not".format(" or ".join(SINKS), address[:8]))
