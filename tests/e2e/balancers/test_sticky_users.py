# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users who keep their place by a cookie, on every kind of balancer, while shares move under load."""

from __future__ import annotations

import math
import time

import pytest

from ansible_collections.progressive.delivery.tests.e2e.balancers.users import Users

STEPS = (5, 25, 50, 100)
USERS = 200
NEWCOMERS = 400


@pytest.fixture
def users(balancer):
    """Users who all came before green got anything."""
    balancer.traffic(sticky=True)
    with Users(balancer.port, USERS) as users:
        assert set(users.pools()) == {"blue"}
        yield users


def grow(balancer, rising, per_cent):
    """Give *rising* so many per cent."""
    other = "blue" if rising == "green" else "green"
    balancer.traffic(split={rising: per_cent, other: 100 - per_cent})


def assert_divided(pools, rising, per_cent):
    """So many of those who met *pools* are in *rising*, within 4 sigma."""
    fraction = per_cent / 100
    tolerance = 4 * math.sqrt(fraction * (1 - fraction) / len(pools))
    assert abs(pools.count(rising) / len(pools) - fraction) <= tolerance


def test_no_user_is_sent_back_while_a_share_grows(balancer, users):
    # whether the release that grows is in the second pool or, the next time, in the base
    for old, new in (("blue", "green"), ("green", "blue")):
        begun = time.monotonic()
        assert set(users.pools()) == {old}
        for per_cent in STEPS:
            # when the share of the new pool grows
            grow(balancer, new, per_cent)
            # then as many of the users are there, and as many of those who come for the first time
            assert_divided(users.pools(), new, per_cent)
            assert_divided(balancer.pools_of(NEWCOMERS), new, per_cent)
        # and every user was answered each time, and moved over once
        assert {tuple(path) for path in users.paths(begun)} == {(old, new)}


def test_all_users_go_back_when_it_is_taken_back(balancer, users):
    # given users who are moving over
    for per_cent in (5, 25, 50):
        grow(balancer, "green", per_cent)
        moved = users.pools()
    # when green is taken back
    grow(balancer, "green", 0)
    returned = time.monotonic()
    # then nobody is there any more, neither they nor those who come for the first time
    assert set(users.pools()) == set(balancer.pools_of(NEWCOMERS)) == {"blue"}
    assert {tuple(path) for path in users.paths(returned)} == {("blue",)}
    assert {tuple(path) for path in users.paths()} == {("blue",), ("blue", "green", "blue")}
    # and when it is tried once more, it is tried on the same users
    grow(balancer, "green", 50)
    assert users.pools() == moved
