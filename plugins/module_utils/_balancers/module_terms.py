# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules ``traffic`` and ``traffic_info`` have in common: options and the form of results.

PRIVATE to the collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._balancers import layout as layouts
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.change import check_pools
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.interface import (
    Balancer,
    Connection,
    Endpoint,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import Layout
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.registry import DRIVERS, driver_for
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.split import Split


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
    """
    connection = params["connection"]
    layout = layouts.load(connection["directory"], params["app"], params["balancer"])
    check_pools(params["pools"], layout)
    override = {name: connection[name] or "" for name in ("socket", "admin", "probe")}
    return driver_for(layout, Connection(**override)), layout


def split_result(split: Split) -> t.Dict[str, t.Any]:
    """*split* as plain data: per cent, shares, header and stickiness."""
    header = {"name": split.header.name, "pool": split.header.pool} if split.header else {}
    return {"split": split.per_cent(), "shares": dict(split.shares), "header": header, "sticky": split.sticky}


def endpoint_result(endpoint: Endpoint) -> t.Dict[str, t.Any]:
    """*endpoint* as plain data."""
    return {
        "name": endpoint.name,
        "address": endpoint.address,
        "state": endpoint.state,
        "in_flight": endpoint.in_flight,
    }
