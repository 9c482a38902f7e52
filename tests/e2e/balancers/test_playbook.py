# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook ``balancer``: which hosts it touches is said by the inventory."""

from __future__ import annotations

import contextlib
import re

import pytest

from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down

PLAYBOOK = "progressive.delivery.balancer"


@pytest.fixture
def play(tmp_path):
    """Runs the playbook with the balancers in a group, and variables in the inventory."""
    with contextlib.closing(laid_down.Endpoints()) as endpoints:
        options = laid_down.role_variables("haproxy", tmp_path / "app", laid_down.free_port(), balancer_run=False)

        def run(group, *arguments, **variables):
            groups = laid_down.groups(endpoints.ports)
            groups[group] = groups.pop("balancers")
            inventory = {"all": {"vars": {**laid_down.LOCAL, **options, **variables}, "children": groups}}
            return laid_down.run_playbook(tmp_path / "playbook", inventory, PLAYBOOK, *arguments)

        yield run


def changes(process):
    """How much changed on each host that did anything."""
    assert process.returncode == 0, process.stdout + process.stderr
    found = re.findall(r"^(\w+) +: ok=\d+ +changed=(\d+)", process.stdout, re.MULTILINE)
    return {host: int(count) for host, count in found if int(count)}


def test_the_inventory_names_the_group_of_balancers(play, tmp_path):
    # when only the inventory says who the balancers are, then check mode foretells that they alone change, and they do
    assert set(changes(play("edges", "--check", rollout_balancer_group="edges"))) == {"edge"}
    assert not (tmp_path / "app").exists()
    assert set(changes(play("edges", rollout_balancer_group="edges"))) == {"edge"}
    assert (tmp_path / "app" / "haproxy.cfg").exists()
    assert changes(play("edges", rollout_balancer_group="edges")) == {}


def test_without_a_name_it_is_balancers(play):
    assert set(changes(play("balancers"))) == {"edge"}


def test_an_inventory_without_a_balancer_is_refused(play):
    refused = play("edges")
    assert refused.returncode != 0
    assert "No host of the play is in the inventory group 'balancers'" in " ".join(refused.stdout.split())
