# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two roles find out from the inventory where an instance listens, neither needing the other, and find the same."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import jinja2
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.tests.tree.checkout import ROOT

ADDRESSES = st.sampled_from(["10.0.0.5", "app1.example", "2001:db8::1"])
HOSTS = st.fixed_dictionaries(
    {"rollout_port": st.integers(1, 65535)},
    optional={
        "rollout_address": ADDRESSES,
        "ansible_host": ADDRESSES,
        "ansible_connection": st.sampled_from(["local", "ssh"]),
    },
)


def rendered(template: str, **variables: t.Any) -> t.Any:
    """What *template* comes to, as Ansible would render it, read as JSON."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    environment.filters.update(to_json=json.dumps, to_nice_json=json.dumps)
    text = Path(ROOT, template).read_text(encoding="utf-8")
    return json.loads(environment.from_string(text).render(variables))


@given(blue=st.lists(HOSTS, min_size=1, max_size=3), green=st.lists(HOSTS, min_size=1, max_size=3))
def test_a_rollout_and_a_balancer_agree_where_each_instance_listens(blue, green) -> None:
    pools = {
        name: {f"{name}{number}": facts for number, facts in enumerate(hosts)}
        for name, hosts in (("blue", blue), ("green", green))
    }
    hostvars = {host: facts for hosts in pools.values() for host, facts in hosts.items()}
    targets = rendered("roles/rollout/templates/targets.json.j2", __rollout_app_hosts=list(hostvars), hostvars=hostvars)
    layout = rendered(
        "roles/balancer/templates/layout.json.j2",
        hostvars=hostvars,
        groups={name: list(hosts) for name, hosts in pools.items()},
        balancer_pools=["blue", "green"],
        balancer_pool_groups={},
        **dict.fromkeys(
            [
                "balancer_app",
                "balancer_kind",
                "balancer_listen",
                "__balancer_admin",
                "balancer_header",
                "balancer_cookie",
                "balancer_preview_cookie",
            ],
            "",
        ),
    )
    endpoints = {server["name"]: server["address"] for pool in layout["pools"] for server in pool["servers"]}
    assert endpoints == {
        name: "{}:{}".format(
            "[{address}]".format(**target) if ":" in target["address"] else target["address"], target["port"]
        )
        for name, target in targets.items()
    }
