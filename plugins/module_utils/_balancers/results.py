# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules ``traffic`` and ``traffic_info`` return, as plain data.

PRIVATE to the collection. Pure: no I/O.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.interface import Endpoint
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.split import HeaderRoute, Split


def split_result(split: Split) -> t.Dict[str, t.Any]:
    """*split* as plain data: per cent, shares, header, stickiness and mirror."""
    return {
        "split": split.per_cent(),
        "shares": dict(split.shares),
        "header": _route_result(split.header) if split.header else {},
        "sticky": split.sticky,
        "mirror": {"pool": split.mirror.pool, "percent": split.mirror.per_cent()} if split.mirror else {},
    }


def _route_result(route: HeaderRoute) -> t.Dict[str, t.Any]:
    cookie = {"cookie": route.cookie} if route.cookie else {}
    return dict(cookie, name=route.name, pool=route.pool)


def endpoint_result(endpoint: Endpoint) -> t.Dict[str, t.Any]:
    """*endpoint* as plain data."""
    return {
        "name": endpoint.name,
        "address": endpoint.address,
        "state": endpoint.state,
        "in_flight": endpoint.in_flight,
    }
