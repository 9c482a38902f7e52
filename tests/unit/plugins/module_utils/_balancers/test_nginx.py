# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""nginx's driver without nginx: the search for the live share, and the words of a plan."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._balancers import nginx
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import (
    BalancerUnreachable,
    UnknownPool,
    Unsupported,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.flag_folder import BUCKETS
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.interface import Connection, Reading
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._balancers.given import (
    layout,
    split,
    splits,
)

LAYOUT = layout("nginx")


@given(st.integers(0, BUCKETS))
def test_the_threshold_is_found_with_few_questions(threshold):
    asked = []

    def taken(bucket):
        asked.append(bucket)
        return bucket < threshold

    assert nginx.threshold_by(taken) == threshold
    assert len(asked) <= 17


@given(splits())
def test_a_plan_can_be_read_back(wanted):
    assert nginx.from_words(nginx.to_words(wanted, LAYOUT), LAYOUT) == wanted


def test_a_plan_is_empty_only_where_all_is_well():
    driver = nginx.Nginx(LAYOUT, Connection())
    assert driver.plan(Reading(split(5), split(5)), split(5)) == []
    assert len(driver.plan(Reading(split(5), None), split(5))) == 1
    [command] = driver.plan(Reading(split(5), split(5)), split(700, header="green"))
    assert str(command) == "point /etc/shop/current share 700, header green, sticky 0"


def test_a_listener_that_nobody_listens_at_is_unreachable(unused_port, tmp_path):
    driver = nginx.Nginx(layout("nginx", tmp_path), Connection(probe=f"http://127.0.0.1:{unused_port}"))
    with pytest.raises(BalancerUnreachable, match=str(unused_port)):
        driver.read()


def test_single_servers_are_not_offered():
    with pytest.raises(Unsupported, match="reload"):
        nginx.Nginx(LAYOUT, Connection()).set_servers("green", ["green1"], "maint")
    with pytest.raises(UnknownPool):
        nginx.Nginx(LAYOUT, Connection()).endpoints("red")
