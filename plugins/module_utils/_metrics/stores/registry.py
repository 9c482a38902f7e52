# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which stores of measurements there are, by how their addresses begin.

PRIVATE to the collection. The one place that a store is added to.
"""

from __future__ import annotations

import os
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._host_and_port import host_and_port
from ansible_collections.progressive.delivery.plugins.module_utils._http_api import Access
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.stores.interface import Store
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.stores.otlp import Otlp
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.stores.pushgateway import Pushgateway
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.stores.remote_write import RemoteWrite
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.stores.statsd import Statsd
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.stores.textfile import Textfile

AccessTo = t.Callable[[str], Access]
"""How an address of http or https is reached; raises InvalidOption where it is none."""


def _statsd(place: str) -> Store:
    found = host_and_port(place)
    if found is None:
        raise InvalidOption("statsd:{0} names no host and port; statsd:metrics.example.com:8125 does".format(place))
    return Statsd(*found)


def _textfile(folder: str, by: t.Collection[str]) -> Store:
    if not os.path.isabs(folder):
        raise InvalidOption(
            "textfile:{0} has no whole path of a folder; textfile:/var/lib/prometheus/node-exporter has".format(folder)
        )
    return Textfile(folder, by)


STORES: t.Mapping[str, t.Callable[[str, AccessTo, t.Collection[str]], Store]] = {
    "pushgateway+": lambda address, access, by: Pushgateway(access(address), by),
    "remote-write+": lambda address, access, _by: RemoteWrite(access(address)),
    "otlp+": lambda address, access, _by: Otlp(access(address)),
    "statsd:": lambda address, _access, _by: _statsd(address),
    "textfile:": lambda address, _access, by: _textfile(address, by),
}


def store_at(address: str, access: AccessTo, by: t.Collection[str], option: str) -> Store:
    """The store that *address* means.

    :param by: the labels that tell apart who measures, where a store replaces what the same one measured before
    :param option: what messages call it
    :raises InvalidOption: it means none; an address is not told, as there may be a password in it
    :raises MissingLibrary: what it needs is not installed
    """
    for beginning, make in STORES.items():
        if address.startswith(beginning):
            try:
                return make(address[len(beginning) :], access, by)
            except InvalidOption as error:
                raise InvalidOption("{0}: {1}".format(option, error.message)) from error
    raise InvalidOption(
        "{0}: an address begins with one of {1}, and {2}… does not".format(option, ", ".join(STORES), address[:8])
    )
