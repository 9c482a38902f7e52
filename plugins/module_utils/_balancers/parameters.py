# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task gives the modules ``traffic`` and ``traffic_info`` alike, checked, and the balancer that it names.

PRIVATE to the collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._balancers import layout as layouts
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.change import check_pools
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.interface import Balancer, Connection
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import Layout
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.registry import DRIVERS, driver_for
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

_WAYS = ("socket", "admin", "probe")
"""The options of ``connection`` that say where a balancer is reached."""


def common_arguments() -> t.Dict[str, t.Any]:
    """The argument spec that both modules begin with."""
    return {
        "app": {"type": "str", "required": True},
        "balancer": {"type": "str", "required": True, "choices": sorted(DRIVERS)},
        "connection": {
            "type": "dict",
            "required": True,
            "options": {
                "directory": {"type": "path", "required": True},
                "socket": {"type": "path"},
                "admin": {"type": "str"},
                "probe": {"type": "str"},
            },
        },
        "pools": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str", "required": True},
                "endpoints": {"type": "list", "elements": "str"},
            },
        },
    }


def open_balancer(params: t.Mapping[str, t.Any]) -> t.Tuple[Balancer, Layout]:
    """The driver that the module's parameters name, and the layout it drives.

    :raises NotLaidDown: there is no layout in the directory
    :raises LayoutMismatch: the layout is not what the parameters say
    :raises InvalidOption: the connection cannot be that of this kind of balancer
    """
    connection = params["connection"]
    check_connection(connection, params["balancer"])
    layout = layouts.load(connection["directory"], params["app"], params["balancer"])
    check_pools(params["pools"], layout)
    override = {name: connection[name] or "" for name in _WAYS}
    return driver_for(layout, Connection(**override)), layout


def check_connection(connection: t.Mapping[str, t.Any], kind: str) -> None:
    """Refuse what a balancer of this *kind* would never be reached by; raises InvalidOption."""
    for name in _WAYS:
        if connection[name] and name not in DRIVERS[kind].REACHED_BY:
            others = " or ".join("connection.{0}".format(way) for way in DRIVERS[kind].REACHED_BY)
            raise InvalidOption("connection.{0} is not for {1}, which is reached by {2}".format(name, kind, others))
