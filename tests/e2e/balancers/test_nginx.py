# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is particular to nginx: its folder of flags, and that it is asked what it sees."""

from __future__ import annotations

import shutil

import pytest

from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import Failed, ask


def remove_link(nginx):
    (nginx.directory / "current").unlink()


def remove_flag(nginx):
    (nginx.directory / "current" / "split" / "00").unlink()


def add_flag(nginx):
    (nginx.directory / "current" / "split" / "ee").mkdir()
    (nginx.directory / "current" / "split" / "ee" / "00").touch()


def open_both_pools(nginx):
    for pool in ("blue", "green"):
        (nginx.directory / "current" / "header" / pool).touch()


def empty_the_folder(nginx):
    for entry in (nginx.directory / "current").resolve().iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


@pytest.mark.parametrize("damage", [remove_link, remove_flag, add_flag, open_both_pools, empty_the_folder])
def test_a_damaged_folder_is_replaced(nginx, damage):
    # given a split whose files somebody touched
    nginx.split(20)
    damage(nginx)
    assert not nginx.info()["consistent"]
    # when the module runs again
    result = nginx.split(20, header={})
    # then it is whole
    assert result["repaired"]
    reading = nginx.info()
    assert reading["consistent"]
    assert reading["split"] == {"blue": 80, "green": 20}
    assert reading["header"] == {}


def test_without_the_folder_the_base_pool_serves(nginx):
    nginx.split(100)
    remove_link(nginx)
    assert set(nginx.pools_of(20)) == {"blue"}


def test_flags_that_nginx_does_not_see_are_noticed(nginx):
    # given a listener that belongs to something else than this nginx
    [port] = {nginx.endpoints.ports["blue"]["blue1"]}
    connection = {"directory": str(nginx.directory), "probe": f"http://127.0.0.1:{port}"}
    with pytest.raises(Failed) as failed:
        nginx.traffic(connection=connection, split={"blue": 0, "green": 100})
    assert failed.value.result["error"] == "balancer-layout-mismatch"


def test_no_more_than_two_folders_are_kept(nginx):
    for green in (10, 20, 30, 40):
        nginx.split(green)
    assert len(list((nginx.directory / "splits").iterdir())) == 2


def test_a_folder_that_was_never_finished_is_cleared_away(nginx):
    (nginx.directory / "splits" / "left-by-a-kill" / "split").mkdir(parents=True)
    nginx.split(10)
    nginx.split(20)
    assert not (nginx.directory / "splits" / "left-by-a-kill").exists()


def test_single_servers_are_not_changed(nginx):
    with pytest.raises(Failed) as failed:
        nginx.traffic(servers={"pool": "green", "names": ["green1"], "state": "maint"})
    assert failed.value.result["error"] == "balancer-unsupported"


def test_nginx_says_how_it_decides_under_a_name_of_its_own(nginx):
    asked = {"Host": "analyze-all.split.invalid"}
    assert ask(nginx.port, "/?bucket=00/00", asked).body == "blue none off"
    # a bucket that is none, or a way out of the folder, is a bucket that nobody moved
    nginx.split(100)
    assert ask(nginx.port, "/?bucket=../sticky", asked).body == "blue none off"
    # and any other host name is the app's
    assert ask(nginx.port, "/", {"Host": "split.invalid"}).pool == "green"
