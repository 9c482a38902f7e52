#!/usr/bin/python
# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: divide an app's traffic among its pools."""

from __future__ import annotations

DOCUMENTATION = r"""
module: traffic
short_description: Divide an app's traffic among its pools
version_added: "0.1.0"
description:
  - Sets which per cent of an app's traffic each pool gets, opens a pool to testers who send a preview header or cookie, keeps
    clients in their pool with a cookie, sends a copy of requests to a pool that serves nobody, waits until a pool is drained, and
    takes servers of a pool in and out.
  - No change reloads the balancer or drops a request. HAProxy gets a new map in one transaction, nginx a renamed link, Caddy and Envoy a renamed file.
  - Runs on the balancer's host. What serves is read from the running balancer each time, compared with what is on disk, and read
    back after a change.
  - A module that is killed at any instant leaves a balancer that serves either the old or the new split; run it again, and what was
    left half done is repaired.
requirements:
  - HAProxy 2.4 or newer, or nginx 1.13.4 or newer, or Caddy 2.8 or newer, or Envoy 1.36 or newer; laid down by the role
    P(progressive.delivery.balancer#role).
options:
  split:
    description:
      - Per cent of the traffic by pool, with at most two decimals. Every pool is named, of three all three, and the sum is 100.
      - Left out, the shares stay as they are.
    type: dict
  header:
    description:
      - Opens a pool to every request that names it, whatever the shares. The pool's name is the value of the header O(header.name),
        or of the cookie O(header.cookie), which a browser sends by itself. Either is enough.
      - An empty dictionary closes the route to both. Left out, it stays as it is.
    type: dict
    suboptions:
      name:
        description: Name of the header. It can only be the one that the balancer was laid down with, which is the default.
        type: str
      cookie:
        description: Name of the cookie. It can only be the one that the balancer was laid down with, which is the default.
        type: str
        version_added: "0.2.0"
      pool:
        description: The pool that is opened.
        type: str
  sticky:
    description:
      - Whether a client keeps its place by a cookie, so that raising a pool's share moves clients to it and never one back.
      - With three pools, a client that is in the second stays there while its share grows, whatever the share of the third. One that is
        in the third goes to the second only where the new share of the second and the old one of the third are above 100 together.
      - Left out, it stays as it is.
    type: bool
  mirror:
    description:
      - Sends a copy of some of the requests that go to other pools to O(mirror.pool), and throws its answers away.
        The pool meets real requests while nobody depends on it. nginx and Envoy only.
      - Only C(GET) and C(HEAD) are copied, since a copied write would be written twice. Such a request that does write something,
        for example a visit into a counter, writes it twice all the same; nothing tells the app that a request is a copy.
      - The pool has no share. The copy ends by itself when the pool gets one.
      - An empty dictionary ends it. Left out, it stays as it is.
    type: dict
    version_added: "0.2.0"
    suboptions:
      pool:
        description: The pool that gets the copy.
        type: str
      percent:
        description: Per cent of the requests that are copied, above 0, at most 100, with at most two decimals.
        type: raw
  health:
    description: When a pool may get more traffic or more of a copy, or its header route be opened. A pool that gets less is never asked.
    type: dict
    default: {}
    suboptions:
      path:
        description: Path that each endpoint is asked for from this host; a 2xx answer is healthy. Empty, a TCP connection is enough.
        type: str
        default: /readyz
      timeout:
        description: Seconds that an endpoint may take, from the connection to the status of its answer.
        type: float
        default: 2.0
      quorum:
        description: How many endpoints must be healthy, V(all), a count, or a percentage such as V(60%). At least one.
        type: str
        default: all
      wait:
        description:
          - Seconds to wait for the pool to become healthy before the change is refused.
          - HAProxy takes a moment to see that an instance has started.
        type: float
        default: 5.0
      check:
        description:
          - V(false) is for a return in haste. One endpoint that accepts a TCP connection is then enough, and there is no waiting.
        type: bool
        default: true
  drain:
    description:
      - Waits until no request is in flight to a pool, after the other changes.
      - The pool's share must be 0, its header route closed, and no copy sent to it.
    type: dict
    suboptions:
      pool:
        description: The pool that is to be without requests.
        type: str
        required: true
      timeout:
        description: Seconds to wait; then the module fails and says how many requests are left. V(0) waits for none to end.
        type: float
        default: 30.0
  servers:
    description:
      - Puts servers of one pool into a state, all in one call. HAProxy and Envoy only.
      - The last ready servers of a pool that gets traffic are not taken out.
      - A server that was taken out stays out when the balancer is reloaded or restarted.
    type: dict
    suboptions:
      pool:
        description: The servers' pool.
        type: str
        required: true
      names:
        description: Names of the servers, which are the inventory names of their hosts.
        type: list
        elements: str
        required: true
      state:
        description:
          - V(ready) serves, with its full weight. V(drain) gets no new requests and is still checked. V(maint) gets none and is not checked.
        type: str
        choices: [ready, drain, maint]
        required: true
      wait:
        description:
          - Seconds to wait until no request is in flight to servers that were taken out; then the module fails and says how many are left.
            V(0) does not wait.
        type: float
        default: 0.0
        version_added: "0.2.0"
  lock_timeout:
    description: Seconds to wait for another process that is changing this app.
    type: float
    default: 10.0
extends_documentation_fragment:
  - progressive.delivery.attributes
  - progressive.delivery.attributes.actiongroup_delivery
  - progressive.delivery.balancer
attributes:
  check_mode:
    support: full
    details:
      - The pools' health is checked all the same, and a drain counts the requests in flight without waiting.
  diff_mode:
    support: full
  idempotent:
    support: full
  platform:
    support: full
notes:
  - >-
    What each balancer can do. Shares in steps of 0.01 %, preview by header and cookie, stickiness and drain: all four. Copies of
    requests: nginx and Envoy. Single servers into drain or maint: HAProxy and Envoy; nginx and Caddy would need a reload. A view of
    its own on the health of endpoints, which must agree with that of this host: HAProxy and Envoy.
  - Whoever may use HAProxy's runtime socket may move traffic. HAProxy lets map commands pass at every C(level) of a socket, also
    that of an exporter.
  - The requests in flight to a pool are counted by the balancer itself; HAProxy's processes that a reload left behind to finish their
    requests are not counted. For nginx they are the TCP connections to the pool's endpoints, from Linux's C(/proc); of nginx alone,
    where the module runs as root or as nginx's user, else of the whole host.
seealso:
  - module: progressive.delivery.traffic_info
author:
  - The progressive.delivery engineers (@progressive-delivery)
"""

EXAMPLES = r"""
- name: Give the new pool a twentieth of the traffic
  progressive.delivery.traffic:
    app: analyze-all
    balancer: haproxy
    connection:
      directory: /etc/progressive.delivery/analyze-all
    split:
      blue: 95
      green: 5
    sticky: true

- name: Give a baseline, the old release started afresh in a third pool, as much as the new one
  progressive.delivery.traffic:
    app: analyze-all
    balancer: haproxy
    connection:
      directory: /etc/progressive.delivery/analyze-all
    split:
      blue: 90
      green: 5
      baseline: 5
    sticky: true

- name: Let people who send X-Preview, or have the cookie analyze_all_preview, see the new release before anyone else
  progressive.delivery.traffic:
    app: analyze-all
    balancer: nginx
    connection:
      directory: /etc/progressive.delivery/analyze-all
    header:
      name: X-Preview
      pool: green

- name: Show the new release a tenth of the requests that the old one answers
  progressive.delivery.traffic:
    app: analyze-all
    balancer: envoy
    connection:
      directory: /etc/progressive.delivery/analyze-all
    mirror:
      pool: green
      percent: 10

- name: Move everything, close the preview, and wait for the last requests of the old pool
  progressive.delivery.traffic:
    app: analyze-all
    balancer: haproxy
    connection:
      directory: /etc/progressive.delivery/analyze-all
    split:
      blue: 0
      green: 100
    header: {}
    drain:
      pool: blue
      timeout: 60

- name: Take two of the pool's servers out
  progressive.delivery.traffic:
    app: analyze-all
    balancer: haproxy
    connection:
      directory: /etc/progressive.delivery/analyze-all
    servers:
      pool: green
      names: [app4, app5]
      state: maint
"""

RETURN = r"""
app:
  description: The app whose traffic it is.
  type: str
  returned: success
  version_added: "0.2.0"
split:
  description: Per cent of the traffic by pool, in force after the module.
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
  description: The copy that is sent, or an empty dictionary.
  type: dict
  returned: success
  version_added: "0.2.0"
  sample: {"pool": "green", "percent": 10}
repaired:
  description:
    - What was on disk differed from what was live, or held what does not belong there, and was put right.
    - The states of servers count, too.
  type: bool
  returned: success
commands:
  description: What was done, or in check mode would be, in the balancer's terms.
  type: list
  elements: str
  returned: success
  sample: ["write /etc/progressive.delivery/analyze-all/split.map", "commit map /etc/progressive.delivery/analyze-all/split.map share 500"]
drained:
  description: Whether no request was in flight to the pool of O(drain).
  type: bool
  returned: when O(drain) was given
in_flight:
  description: Requests in flight to the pool of O(drain) at the end.
  type: int
  returned: when O(drain) was given
servers:
  description: The servers of the pool of O(servers) with C(name), C(address), C(state) and C(in_flight).
  type: list
  elements: dict
  returned: when O(servers) was given
error:
  description: Name of the kind of failure, for example C(unhealthy-pool), C(drain-timeout) or C(balancer-unreachable).
  type: str
  returned: failure
details:
  description: Further facts of a failure, such as what is wrong with each endpoint (C(endpoints)) or what is C(in_flight).
  type: dict
  returned: failure, where there are any
  sample: {"endpoints": {"app4": "192.0.2.14:8080/readyz answered 503"}}
"""

import contextlib
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.change import Request, check_drained_pool
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.drain import wait_until_drained
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.interface import Balancer, Endpoint
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import Layout
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.lock import change_lock
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.parameters import (
    common_arguments,
    open_balancer,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.pool_health import HealthPolicy
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.results import (
    endpoint_result,
    split_result,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.seconds import check_seconds
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.shift import Shift, set_servers, shift
from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError


def arguments() -> t.Dict[str, t.Any]:
    """The module's argument spec."""
    health = {
        "path": {"type": "str", "default": "/readyz"},
        "timeout": {"type": "float", "default": 2.0},
        "quorum": {"type": "str", "default": "all"},
        "wait": {"type": "float", "default": 5.0},
        "check": {"type": "bool", "default": True},
    }
    drain = {"pool": {"type": "str", "required": True}, "timeout": {"type": "float", "default": 30.0}}
    servers = {
        "pool": {"type": "str", "required": True},
        "names": {"type": "list", "elements": "str", "required": True},
        "state": {"type": "str", "choices": ["ready", "drain", "maint"], "required": True},
        "wait": {"type": "float", "default": 0.0},
    }
    return {
        **common_arguments(),
        "split": {"type": "dict"},
        "header": {"type": "dict", "options": {name: {"type": "str"} for name in ("name", "cookie", "pool")}},
        "sticky": {"type": "bool"},
        "mirror": {"type": "dict", "options": {"pool": {"type": "str"}, "percent": {"type": "raw"}}},
        "health": {"type": "dict", "options": health, "default": {}, "apply_defaults": True},
        "drain": {"type": "dict", "options": drain},
        "servers": {"type": "dict", "options": servers},
        "lock_timeout": {"type": "float", "default": 10.0},
    }


def carry_out(params: t.Mapping[str, t.Any], check_mode: bool) -> t.Dict[str, t.Any]:
    """Everything the task asks for; the module's result."""
    check_seconds("lock_timeout", params["lock_timeout"])
    if params["drain"]:
        check_seconds("drain.timeout", params["drain"]["timeout"])
    if params["servers"]:
        check_seconds("servers.wait", params["servers"]["wait"])
    balancer, layout = open_balancer(params)
    with contextlib.ExitStack() as held:
        if not check_mode:
            held.enter_context(change_lock(layout.path("lock"), params["lock_timeout"]))
        result = (
            _set_servers(balancer, params, check_mode)
            if params["servers"]
            else _shift(balancer, layout, params, check_mode)
        )
    # The lock is free again: a drain changes nothing, and others need not wait for it.
    if params["drain"]:
        result.update(_drain(balancer, params["drain"], check_mode))
    if params["servers"] and not check_mode:
        _wait_for_servers(balancer, params["servers"])
    return result


def _shift(balancer: Balancer, layout: Layout, params: t.Mapping[str, t.Any], check_mode: bool) -> t.Dict[str, t.Any]:
    request = Request(**{name: params[name] for name in ("split", "header", "sticky", "mirror")})
    if params["drain"]:
        check_drained_pool(params["drain"]["pool"], request.wanted(balancer.read().live, layout), layout)
    done = shift(balancer, layout, request, HealthPolicy(**params["health"]), apply=not check_mode)
    return dict(
        split_result(done.after),
        changed=done.changed,
        diff=_difference(done),
        repaired=done.repaired,
        commands=[str(command) for command in done.commands],
    )


def _difference(done: Shift) -> t.Dict[str, t.Any]:
    before, after = split_result(done.before.live), split_result(done.after)
    if done.repaired:
        before["stored"] = split_result(done.before.stored) if done.before.stored else None
        before["faults"] = list(done.before.out_of_order)
        after["stored"], after["faults"] = split_result(done.after), []
    return {"before": before, "after": after}


def _set_servers(balancer: Balancer, params: t.Mapping[str, t.Any], check_mode: bool) -> t.Dict[str, t.Any]:
    pool, names, state = (params["servers"][key] for key in ("pool", "names", "state"))
    done = set_servers(balancer, pool, names, state, apply=not check_mode)
    before = {endpoint.name: _in_words(endpoint) for endpoint in done.before}
    return dict(
        split_result(balancer.read().live),
        changed=bool(done.changed),
        diff={"before": before, "after": dict(before, **dict.fromkeys(done.changed, state))},
        repaired=done.repaired,
        commands=["{0} {1}/{2}".format(state, pool, name) for name in done.changed],
        servers=[endpoint_result(endpoint) for endpoint in done.after],
    )


def _in_words(endpoint: Endpoint) -> str:
    return "{0.state}, after a restart {0.stored}".format(endpoint) if endpoint.restarts_otherwise else endpoint.state


def _drain(balancer: Balancer, drain: t.Mapping[str, t.Any], check_mode: bool) -> t.Dict[str, t.Any]:
    if not check_mode:
        wait_until_drained(
            "pool '{0}'".format(drain["pool"]), lambda: balancer.endpoints(drain["pool"]), drain["timeout"]
        )
    in_flight = sum(endpoint.in_flight for endpoint in balancer.endpoints(drain["pool"])) if check_mode else 0
    return {"drained": in_flight == 0, "in_flight": in_flight}


def _wait_for_servers(balancer: Balancer, servers: t.Mapping[str, t.Any]) -> None:
    """Until nothing is in flight to those that were taken out, where the task waits."""
    pool, names = servers["pool"], servers["names"]
    if servers["wait"] and servers["state"] != "ready":
        where = "{0} of pool '{1}'".format(", ".join(names), pool)

        def named() -> t.List[Endpoint]:
            return [endpoint for endpoint in balancer.endpoints(pool) if endpoint.name in names]

        wait_until_drained(where, named, servers["wait"])


def main() -> t.NoReturn:
    """Run the module."""
    module = AnsibleModule(
        argument_spec=arguments(),
        supports_check_mode=True,
        required_one_of=[("split", "header", "sticky", "mirror", "drain", "servers")],
        mutually_exclusive=[("servers", wish) for wish in ("split", "header", "sticky", "mirror", "drain")],
    )
    try:
        result = carry_out(module.params, module.check_mode)
    except DeliveryError as error:
        module.fail_json(**error.as_result())
    module.exit_json(app=module.params["app"], **result)


if __name__ == "__main__":
    main()
