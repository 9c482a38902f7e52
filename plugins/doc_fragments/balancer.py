# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that say which app on which balancer."""

from __future__ import annotations


class ModuleDocFragment:
    """Options that C(traffic) and C(traffic_info) share."""

    DOCUMENTATION = r"""
options:
  app:
    description: Name of the app whose traffic it is.
    type: str
    required: true
  balancer:
    description: What carries out the split.
    type: str
    required: true
    choices: [caddy, envoy, haproxy, nginx]
  connection:
    description: Where the balancer's files are on this host, and how it is reached.
    type: dict
    required: true
    suboptions:
      directory:
        description: The directory that the role P(progressive.delivery.balancer#role) laid down for the app.
        type: path
        required: true
      socket:
        description: HAProxy's runtime socket; refused for the others. By default the one of the layout.
        type: path
      admin:
        description:
          - The admin interface of Caddy or Envoy, as C(http://host:port), C(host:port) or the path of a socket; refused for the others.
          - By default the one of the layout.
        type: str
      probe:
        description:
          - The listener of Caddy or nginx, which is asked what it sees, as C(http://host:port) or C(host:port); refused for the others.
          - By default the address of the layout.
        type: str
  pools:
    description:
      - The two or three pools that the task expects, the base pool first. The base takes what no other pool takes.
      - They are compared with what the balancer was laid down with; a difference is an error. Empty compares nothing.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the pool.
        type: str
        required: true
      endpoints:
        description: Its instances as C(host:port). Left out, they are not compared.
        type: list
        elements: str
"""
