# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that the role ``balancer`` refuses before it touches anything."""

from __future__ import annotations

import contextlib

import pytest

from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down


@pytest.fixture(scope="module")
def endpoints():
    with contextlib.closing(laid_down.Endpoints()) as running:
        yield running


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"balancer_kind": "iptables"}, "balancer_kind"),
        ({"balancer_listen": "8080"}, "balancer_listen ('8080') must be host:port"),
        ({"rollout_pools": ["blue"]}, "balancer_pools (blue) must be two"),
        ({"rollout_pools": ["blue", "green", "blue"]}, "(blue, green, blue) must be two or three different names"),
        ({"rollout_pools": ["blue", "red"]}, "Pool 'red' is empty"),
        ({"balancer_cookie": "a-b"}, "balancer_cookie ('a-b')"),
        ({"balancer_preview_cookie": "a b"}, "balancer_preview_cookie ('a b')"),
        ({"balancer_preview_cookie": "same", "balancer_cookie": "same"}, "which differ"),
        ({"balancer_health_path": "/readyz#now"}, "balancer_health_path ('/readyz#now')"),
        ({"balancer_health_path": "/readyz{$HOME}"}, "the path and the query of a URL"),
        ({"balancer_header": "X-Preview\n"}, "balancer_header ('X-Preview"),
        ({"balancer_binary": "/nowhere/haproxy"}, "'/nowhere/haproxy' does not run on edge"),
        ({"balancer_admin": "127.0.0.1:9999"}, "balancer_admin ('127.0.0.1:9999') must be the absolute path"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_laid_down(endpoints, tmp_path, options, words):
    refused = laid_down.role_process("haproxy", tmp_path / "app", laid_down.free_port(), endpoints, **options)
    assert refused.returncode != 0
    assert words in " ".join(refused.stdout.split())
    assert not (tmp_path / "app").exists()


def refused(tmp_path, ports, **options):
    """What the role says of pools of *ports*, on one line; nothing may be laid down."""
    directory = tmp_path / "app"
    play = {
        "hosts": "balancers",
        "gather_facts": False,
        "roles": ["progressive.delivery.balancer"],
        "vars": laid_down.role_variables("haproxy", directory, laid_down.free_port(), **options),
    }
    inventory = {"all": {"vars": laid_down.LOCAL, "children": laid_down.groups(ports)}}
    process = laid_down.run_playbook(tmp_path / "playbook", inventory, play)
    assert process.returncode != 0
    assert not directory.exists()
    return " ".join(process.stdout.split())


def test_a_host_in_both_pools_is_named_with_both_groups(tmp_path):
    said = refused(tmp_path, {"blue": {"app1": 8001, "app2": 8002}, "green": {"app2": 8002, "app3": 8003}})
    assert "In both groups 'blue' and 'green': app2." in said


def test_of_three_pools_any_two_that_share_a_host_are_named(tmp_path):
    ports = {"blue": {"app1": 8001}, "green": {"app2": 8002}, "baseline": {"app2": 8002, "app3": 8003}}
    said = refused(tmp_path, ports, rollout_pools=list(ports))
    assert "In both groups 'green' and 'baseline': app2." in said
    assert "In both groups 'blue'" not in said


def test_two_hosts_with_one_endpoint_are_named(tmp_path):
    said = refused(tmp_path, {"blue": {"app1": 8001}, "green": {"app2": 8002, "app3": 8001}})
    assert "Hosts 'app1' and 'app3' both have the endpoint 127.0.0.1:8001" in said
