#!/usr/bin/python
# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: read how an app's traffic is divided."""

from __future__ import annotations

DOCUMENTATION = r"""
module: traffic_info
short_description: Read how an app's traffic is divided among its pools
version_added: "0.1.0"
description:
  - Asks the running balancer for the split that requests meet now, says whether the files on disk agree with it, and lists the
    endpoints of each pool with their state and the requests in flight.
  - Runs on the balancer's host.
extends_documentation_fragment:
  - progressive.delivery.attributes
  - progressive.delivery.attributes.actiongroup_delivery
  - progressive.delivery.attributes.info_module
  - progressive.delivery.balancer
attributes:
  platform:
    support: full
seealso:
  - module: progressive.delivery.traffic
author:
  - The progressive.delivery engineers (@progressive-delivery)
"""

EXAMPLES = r"""
- name: Ask which pool serves
  progressive.delivery.traffic_info:
    app: analyze-all
    balancer: haproxy
    connection:
      directory: /etc/progressive.delivery/analyze-all
  register: traffic

- name: Say it
  ansible.builtin.debug:
    msg: "{{ traffic.split }}"
"""

RETURN = r"""
split:
  description: Per cent of the traffic by pool, as requests meet it now.
  type: dict
  returned: success
  sample: {"blue": 95, "green": 5}
shares:
  description: The same in 1/100 per cent.
  type: dict
  returned: success
  sample: {"blue": 9500, "green": 500}
header:
  description: The header route that is open, or an empty dictionary.
  type: dict
  returned: success
  sample: {"name": "X-Preview", "cookie": "analyze_all_preview", "pool": "green"}
sticky:
  description: Whether clients keep their place.
  type: bool
  returned: success
mirror:
  description: The copy of requests that is sent to a pool, or an empty dictionary.
  type: dict
  returned: success
  version_added: "0.2.0"
  sample: {"pool": "green", "percent": 10}
cannot_mirror:
  description: Why this balancer can send no copies of requests; empty where it can.
  type: str
  returned: success
  version_added: "0.2.0"
cannot_take_out:
  description: Why this balancer can take no single server out of a pool; empty where it can.
  type: str
  returned: success
  version_added: "0.2.0"
consistent:
  description: Whether the files on disk say the same, of servers too, so that a restart of the balancer changes nothing.
  type: bool
  returned: success
faults:
  description: What else is out of order, in words, and would be repaired by M(progressive.delivery.traffic).
  type: list
  elements: str
  returned: success
generation:
  description:
    - Which configuration the running process says that it has, as the role P(progressive.delivery.balancer#role) laid it down.
    - The role compares it with the files to see whether a reload was refused.
  type: str
  returned: success
pools:
  description: The pools by name.
  type: dict
  returned: success
  contains:
    endpoints:
      description:
        - C(name), C(address), C(state) and C(in_flight) of each instance.
        - The state is V(ready), V(drain), V(maint), V(down), or V(unknown) where the balancer cannot tell.
      type: list
      elements: dict
    in_flight:
      description: Requests in flight to the whole pool.
      type: int
error:
  description: Name of the kind of failure, for example C(balancer-unreachable).
  type: str
  returned: failure
details:
  description: Further facts of a failure, where there are any.
  type: dict
  returned: failure, where there are any
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import (
    LayoutMismatch,
    Unsupported,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.interface import Balancer
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import Layout
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.parameters import (
    common_arguments,
    open_balancer,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.results import (
    endpoint_result,
    split_result,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.shift import check_mirroring
from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError


def read(params: t.Mapping[str, t.Any]) -> t.Dict[str, t.Any]:
    """All that the balancer says of the app."""
    balancer, layout = open_balancer(params)
    reading = balancer.read()
    return dict(
        split_result(reading.live),
        changed=False,
        cannot_mirror=_why_not_mirrored(balancer, layout),
        cannot_take_out=balancer.CANNOT_TAKE_OUT,
        consistent=reading.consistent,
        faults=list(reading.out_of_order),
        generation=balancer.generation(),
        pools={pool: _pool(balancer, pool) for pool in layout.pools},
    )


def _why_not_mirrored(balancer: Balancer, layout: Layout) -> str:
    try:
        check_mirroring(balancer, layout)
    except (LayoutMismatch, Unsupported) as error:
        return error.message
    return ""


def _pool(balancer: Balancer, pool: str) -> t.Dict[str, t.Any]:
    endpoints = balancer.endpoints(pool)
    return {
        "endpoints": [endpoint_result(endpoint) for endpoint in endpoints],
        "in_flight": sum(endpoint.in_flight for endpoint in endpoints),
    }


def main() -> t.NoReturn:
    """Run the module."""
    module = AnsibleModule(argument_spec=common_arguments(), supports_check_mode=True)
    try:
        result = read(module.params)
    except DeliveryError as error:
        module.fail_json(**error.as_result())
    module.exit_json(**result)


if __name__ == "__main__":
    main()
