# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""nginx's driver without nginx: the names of splits, and what is done to the link."""

from __future__ import annotations

import dataclasses
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._balancers import nginx
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import (
    BalancerUnreachable,
    NotWritten,
    UnknownPool,
    Unsupported,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.interface import Connection, Reading
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._balancers.given import (
    THREE_POOLS,
    layout,
    split,
    split_of_three,
    splits,
    splits_of_three,
)

LAYOUT = layout("nginx")


@given(splits())
def test_every_split_has_a_name_and_comes_back(wanted):
    assert nginx.split_from(nginx.name_for(wanted, LAYOUT), LAYOUT) == wanted


@pytest.mark.parametrize(
    "name",
    [
        "",
        "current",
        "green=00500",
        "green=500,preview=none,sticky=off",
        "green=10001,preview=none,sticky=off",
        "blue=00500,preview=none,sticky=off",
        "green=00500,preview=red,sticky=off",
        "green=00500,preview=none,sticky=yes",
        "green=00500,preview=none,sticky=off,",
        "green=00000,preview=none,sticky=off\n",
        "green=00000,preview=none,sticky=off,mirror=green:100",
        "green=00000,preview=none,sticky=off,mirror=green:00000",
        "green=00000,preview=none,sticky=off,mirror=red:00100",
        "green=00500,preview=none,sticky=off,mirror=green:00100",
    ],
)
def test_any_other_name_is_no_split(name):
    assert nginx.split_from(name, LAYOUT) is None


def test_a_plan_is_empty_only_where_all_is_well():
    driver = nginx.Nginx(LAYOUT, Connection())
    assert driver.plan(Reading(split(5), split(5)), split(5)) == []
    assert len(driver.plan(Reading(split(5), None), split(5))) == 1
    [command] = driver.plan(Reading(split(5), split(5)), split(700, header="green"))
    assert str(command) == "point /etc/shop/current splits/green=00700,preview=green,sticky=off"
    # and a split without a mirror has the name that it had before there were any
    [command] = driver.plan(Reading(split(5), split(5)), split(0, mirror=("green", 1234)))
    assert command.content == "splits/green=00000,preview=none,sticky=off,mirror=green:01234"


@pytest.fixture
def on_disk(tmp_path, monkeypatch):
    """A driver whose nginx sees what is on disk, and the way to change it."""
    driver = nginx.Nginx(layout("nginx", tmp_path), Connection())
    monkeypatch.setattr(driver._listener, "get", lambda *_words, **_more: os.path.basename(os.readlink(driver._link)))

    def change(wanted):
        driver.apply(driver.plan(Reading(split(0), None), wanted))
        return driver.read()

    return change


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=st.lists(splits(), min_size=1, max_size=5))
def test_a_change_is_there_and_leaves_one_folder_beside_its_own(on_disk, tmp_path, wanted):
    for one in wanted:
        assert on_disk(one) == Reading(one, one)
    assert len(list((tmp_path / "splits").iterdir())) <= 2


def test_the_folders_can_be_searched_by_every_user(on_disk, tmp_path):
    previous = os.umask(0o077)
    try:
        on_disk(split(5))
    finally:
        os.umask(previous)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "splits", tmp_path / "current")} == {0o755}


def test_what_is_in_the_way_is_no_traceback(on_disk, tmp_path):
    (tmp_path / "current").mkdir()
    with pytest.raises(NotWritten, match="current"):
        on_disk(split(5))


@pytest.mark.parametrize("put", [lambda path: path.mkdir(), lambda path: path.write_text("")])
def test_something_else_in_the_place_of_the_link_is_read_as_no_split(tmp_path, monkeypatch, put):
    driver = nginx.Nginx(layout("nginx", tmp_path), Connection())
    monkeypatch.setattr(driver._listener, "get", lambda *_words, **_more: nginx.name_for(split(0), LAYOUT))
    put(tmp_path / "current")
    reading = driver.read()
    assert reading == Reading(split(0), None)
    with pytest.raises(NotWritten, match="current exists and is not a symbolic link"):
        driver.apply(driver.plan(reading, split(5)))


def test_a_listener_that_nobody_listens_at_is_unreachable(unused_port, tmp_path):
    driver = nginx.Nginx(layout("nginx", tmp_path), Connection(probe=f"http://127.0.0.1:{unused_port}"))
    with pytest.raises(BalancerUnreachable, match=str(unused_port)):
        driver.read()


def test_single_servers_are_not_offered():
    with pytest.raises(Unsupported, match="reload"):
        nginx.Nginx(LAYOUT, Connection()).set_servers("green", ["green1"], "maint")
    with pytest.raises(UnknownPool):
        nginx.Nginx(LAYOUT, Connection()).endpoints("red")


THREE = layout("nginx", pools=THREE_POOLS)


@given(splits_of_three())
def test_every_split_of_three_pools_has_a_name_and_comes_back(wanted):
    assert nginx.split_from(nginx.name_for(wanted, THREE), THREE) == wanted


@given(splits())
def test_a_name_of_two_pools_is_one_of_three_of_which_the_third_has_nothing(wanted):
    of_three = dataclasses.replace(wanted, shares={**wanted.shares, "baseline": 0})
    assert nginx.name_for(of_three, THREE) == nginx.name_for(wanted, LAYOUT)


def test_a_name_has_the_buckets_of_the_third_pool():
    wanted = split_of_three(0, 400, sticky=True, mirror=("green", 1234))
    name = "green=00000,preview=none,sticky=on,baseline=09600-09999,mirror=green:01234"
    assert nginx.name_for(wanted, THREE) == name
    assert nginx.split_from(name, LAYOUT) is None


@pytest.mark.parametrize(
    "name",
    [
        "green=09000,preview=none,sticky=off,baseline=08000-09999",
        "green=00500,preview=none,sticky=off,baseline=10000-09999",
        "green=00500,preview=none,sticky=off,baseline=09500-09998",
        "green=00500,preview=none,sticky=off,baseline=00500",
        "green=00500,preview=none,sticky=off,blue=09500-09999",
        "green=00000,preview=none,sticky=off,mirror=green:00100,baseline=09500-09999",
        "green=00000,preview=none,sticky=off,baseline=09500-09999,mirror=baseline:00100",
    ],
)
def test_any_other_name_is_no_split_of_three_pools(name):
    assert nginx.split_from(name, THREE) is None
