# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is particular to nginx: the link whose target is the split, and that nginx is asked what it sees."""

from __future__ import annotations

import contextlib
import socket

import pytest

from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import Failed, ask


def remove_link(nginx):
    (nginx.directory / "current").unlink()


def remove_folder(nginx):
    (nginx.directory / "current").resolve().rmdir()


def lead_elsewhere(nginx):
    remove_link(nginx)
    (nginx.directory / "current").symlink_to("temp")


def lead_out(nginx):
    folder = nginx.directory / "green=09000,preview=none,sticky=off"
    folder.mkdir(exist_ok=True)
    remove_link(nginx)
    (nginx.directory / "current").symlink_to(folder)


@pytest.mark.parametrize("damage", [remove_link, remove_folder, lead_elsewhere, lead_out])
def test_a_damaged_link_is_repaired(nginx, damage):
    # given a split that somebody touched
    nginx.split(20)
    damage(nginx)
    assert not nginx.info()["consistent"]
    # when the module runs again, then it is whole
    assert nginx.split(20)["repaired"]
    reading = nginx.info()
    assert reading["consistent"]
    assert reading["split"] == {"blue": 80, "green": 20}


@pytest.mark.parametrize("damage", [remove_link, remove_folder, lead_elsewhere])
def test_without_a_split_the_base_pool_serves(nginx, damage):
    nginx.split(100)
    damage(nginx)
    assert set(nginx.pools_of(20)) == {"blue"}


@pytest.mark.parametrize("put", [lambda path: path.mkdir(), lambda path: path.write_text("")])
def test_what_is_in_the_place_of_the_link_is_named(nginx, put):
    # given a file or folder where the link should be
    remove_link(nginx)
    current = nginx.directory / "current"
    put(current)
    try:
        # then the base pool serves, which is what the module says
        assert set(nginx.pools_of(20)) == {"blue"}
        reading = nginx.info()
        assert reading["split"] == {"blue": 100, "green": 0}
        assert not reading["consistent"]
        # and it takes nothing away that it did not put there
        with pytest.raises(Failed) as failed:
            nginx.split(20)
    finally:
        current.rmdir() if current.is_dir() else current.unlink()
    assert failed.value.result["error"] == "balancer-not-written"
    assert f"{current} exists and is not a symbolic link" in failed.value.result["msg"]
    assert nginx.split(20)["repaired"]


def test_a_listener_of_something_else_is_noticed(nginx):
    [port] = {nginx.endpoints.ports["blue"]["blue1"]}
    connection = {"directory": str(nginx.directory), "probe": f"http://127.0.0.1:{port}"}
    with pytest.raises(Failed) as failed:
        nginx.traffic(connection=connection, split={"blue": 0, "green": 100})
    assert failed.value.result["error"] == "balancer-layout-mismatch"


def test_single_servers_are_not_changed(nginx):
    with pytest.raises(Failed) as failed:
        nginx.traffic(servers={"pool": "green", "names": ["green1"], "state": "maint"})
    assert failed.value.result["error"] == "balancer-unsupported"


def test_nginx_says_what_it_sees_under_a_name_of_its_own(nginx):
    nginx.split(100)
    assert ask(nginx.port, "/", {"Host": "analyze-all.split.invalid"}).body == "green=10000,preview=none,sticky=off"
    # any other name is the app's
    assert ask(nginx.port, "/", {"Host": "split.invalid"}).pool == "green"


def test_what_strangers_send_is_no_warning_about_the_configuration(nginx):
    before = (nginx.directory / "log").read_text()
    with contextlib.closing(socket.create_connection(("127.0.0.1", nginx.port), timeout=30)) as channel:
        channel.sendall(b"GET /../up HTTP/1.1\r\nHost: a\r\n\r\n")
        assert channel.makefile("rb").readline().startswith(b"HTTP/1.1 400 ")
    assert "uninitialized" not in (nginx.directory / "log").read_text()[len(before) :]


@pytest.mark.parametrize("green", [0.01, 0.99, 9.99, 10, 50, 90.01, 99.99])
def test_a_kept_bucket_is_compared_as_a_number(nginx, green):
    nginx.split(green, sticky=True)
    share = round(green * 100)
    for bucket in {0, share - 1, share, share + 1, 9999} & set(range(10000)):
        expected = "green" if bucket < share else "blue"
        assert nginx.get(Cookie=f"analyze_all_bucket={bucket:04d}").pool == expected
