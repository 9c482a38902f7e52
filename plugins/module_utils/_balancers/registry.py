# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The balancers that the collection drives, by name.

PRIVATE to the collection. The one place to add a line when a driver is added.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.caddy import Caddy
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.envoy import Envoy
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.haproxy import HAProxy
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.interface import Balancer, Connection
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import Layout
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.nginx import Nginx

DRIVERS: t.Mapping[str, t.Type[Balancer]] = {
    "caddy": Caddy,
    "envoy": Envoy,
    "haproxy": HAProxy,
    "nginx": Nginx,
}


def driver_for(layout: Layout, connection: Connection) -> Balancer:
    """The driver for the balancer that *layout* describes."""
    return DRIVERS[layout.balancer](layout, connection)
