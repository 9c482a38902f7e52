# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes from end to end, on a balancer that is a variable."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._balancers import pool_health
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.change import Request
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import (
    LayoutMismatch,
    ReadBackMismatch,
    UnhealthyPool,
    Unsupported,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.pool_health import HealthPolicy
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.shift import set_servers, shift
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._balancers.given import (
    Variable,
    layout,
    split,
    splits,
)

LAYOUT = layout()
POLICY = HealthPolicy(wait=0)


@pytest.fixture(autouse=True, scope="module")
def every_endpoint_answers():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool_health, "probe", lambda address, policy: None)
        yield


def asked(wanted):
    """The request that names all of *wanted*."""
    header = {"pool": wanted.header.pool} if wanted.header else {}
    mirror = {"pool": wanted.mirror.pool, "percent": wanted.mirror.per_cent()} if wanted.mirror else {}
    return Request(wanted.per_cent(), header, wanted.sticky, mirror)


@given(splits(), splits() | st.none(), splits())
def test_what_is_wanted_is_there_afterwards_and_a_second_time_is_nothing(live, stored, wanted):
    balancer = Variable(live, stored)
    first = shift(balancer, LAYOUT, asked(wanted), POLICY, apply=True)
    assert balancer.live == balancer.stored == first.after == wanted
    assert first.changed == bool(first.commands) == bool(balancer.said)
    second = shift(balancer, LAYOUT, asked(wanted), POLICY, apply=True)
    assert not second.changed
    assert second.commands == ()


@given(splits(), splits() | st.none(), splits())
def test_check_mode_predicts_and_touches_nothing(live, stored, wanted):
    balancer = Variable(live, stored)
    predicted = shift(balancer, LAYOUT, asked(wanted), POLICY, apply=False)
    assert (balancer.live, balancer.stored, balancer.said) == (live, stored, [])
    assert predicted == shift(balancer, LAYOUT, asked(wanted), POLICY, apply=True)


def test_a_balancer_that_says_yes_and_does_nothing_is_caught():
    with pytest.raises(ReadBackMismatch, match="'green': 500"):
        shift(Variable(split(0), split(0), deaf=True), LAYOUT, asked(split(500)), POLICY, apply=True)


def test_an_unhealthy_pool_gets_nothing_also_in_check_mode():
    for apply in (True, False):
        balancer = Variable(split(0), split(0), states={"green1": "down"})
        with pytest.raises(UnhealthyPool, match="green1"):
            shift(balancer, LAYOUT, asked(split(1)), POLICY, apply=apply)
        assert balancer.said == []


@pytest.mark.parametrize("apply", [True, False])
def test_who_cannot_mirror_is_asked_for_nothing_else_either(apply):
    balancer = Variable(split(0), split(0), states={"green1": "down"})
    balancer.CANNOT_MIRROR = "it has no mirror"
    wanted = asked(split(0, sticky=True, mirror=("green", 100)))
    with pytest.raises(Unsupported, match="mirror: balancer haproxy cannot mirror; it has no mirror"):
        shift(balancer, LAYOUT, wanted, POLICY, apply=apply)
    balancer.CANNOT_MIRROR = ""
    with pytest.raises(LayoutMismatch, match="laid down before it could mirror"):
        shift(balancer, dataclasses.replace(LAYOUT, mirrors=False), wanted, POLICY, apply=apply)
    assert balancer.said == []


@pytest.mark.parametrize("now", [None, ("green", 99)])
def test_an_unhealthy_pool_gets_no_more_copies_but_fewer(now):
    balancer = Variable(split(0, mirror=now), split(0, mirror=now), states={"green1": "down"})
    with pytest.raises(UnhealthyPool, match="green1"):
        shift(balancer, LAYOUT, asked(split(0, mirror=("green", 100))), POLICY, apply=True)
    assert balancer.said == []
    assert shift(balancer, LAYOUT, asked(split(0)), POLICY, apply=True).changed == (now is not None)


def test_servers_are_told_once_and_read_back():
    balancer = Variable(split(0), split(0))
    done = set_servers(balancer, "green", ["green1", "green2"], "maint", apply=True)
    assert done.changed == ["green1", "green2"]
    assert balancer.said == [("green", ("green1", "green2"), "maint")]
    assert set_servers(balancer, "green", ["green1"], "maint", apply=True).changed == []
    with pytest.raises(ReadBackMismatch, match="green1"):
        set_servers(Variable(split(0), split(0), deaf=True), "green", ["green1"], "maint", apply=True)
