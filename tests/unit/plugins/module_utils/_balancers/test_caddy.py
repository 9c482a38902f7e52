# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Caddy's line, and what the driver makes of what Caddy sees of it."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._balancers import caddy
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import (
    CommandRefused,
    LayoutMismatch,
    NotWritten,
    PermissionMissing,
    UnknownPool,
    Unsupported,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.interface import Connection
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import Layout, Server
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.split import WHOLE, HeaderRoute, Split
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._balancers.given import (
    THREE_POOLS,
    layout,
    split_of_three,
    splits_of_three,
)

POOLS = {
    "blue": [Server("blue1", "127.0.0.1:8001"), Server("blue2", "127.0.0.1:8002")],
    "green": [Server("green1", "[::1]:8001")],
}


def layout_in(directory):
    return Layout(
        app="shop",
        balancer="caddy",
        directory=str(directory),
        pools=POOLS,
        header="X-Preview",
        cookie="shop_bucket",
        listen="0.0.0.0:80",
        admin="/run/caddy.sock",
    )


LAYOUT = layout_in("/etc/shop")


def splits():
    routes = st.none() | st.sampled_from(["blue", "green"]).map(lambda pool: HeaderRoute("X-Preview", pool))
    return st.builds(
        lambda share, header, sticky: Split({"blue": WHOLE - share, "green": share}, header, sticky),
        st.integers(0, WHOLE),
        routes,
        st.booleans(),
    )


def split_of(green, **options):
    return Split({"blue": WHOLE - green, "green": green}, **options)


class Answers:
    """Stands for an interface that answers everything with one text, or raises one error."""

    address = "127.0.0.1:80"

    def __init__(self, answer):
        self._answer = answer

    def get(self, path, host=None):
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def driver(directory, on_disk=None, seen=None, heading=None, listener=None):
    """A driver for a Caddy that finds *seen* in the file, by default what is there."""
    layout = layout_in(directory)
    if on_disk is not None:
        (directory / "split").write_text(on_disk + "\n")
    driven = caddy.Caddy(layout, Connection())
    found = seen if seen is not None else on_disk or ""
    driven._listener = listener or Answers("{0}\n{1}".format(heading or caddy.identity(layout), found))
    return driven


@given(splits())
def test_a_line_stands_for_one_split(split):
    assert caddy.split_from(caddy.line_for(split, LAYOUT), LAYOUT) == split


def test_the_line_is_readable():
    line = caddy.line_for(split_of(500, header=HeaderRoute("X-Preview", "green")), LAYOUT)
    assert line == "green=500 preview=green sticky=off"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "green=500",
        "blue=500 preview=- sticky=off",
        "green=10001 preview=- sticky=off",
        "green=0500 preview=- sticky=off",
        "green=5.00 preview=- sticky=off",
        "green=500 preview=yellow sticky=off",
        "green=500 preview=- sticky=1",
        "green=500 preview=- sticky=off\nmore",
    ],
)
def test_other_lines_stand_for_nothing(line):
    assert caddy.split_from(line, LAYOUT) is None


def test_what_is_on_disk_and_seen_is_consistent(tmp_path):
    reading = driver(tmp_path, "green=500 preview=- sticky=on").read()
    assert reading.live == reading.stored == split_of(500, sticky=True)
    assert reading.consistent


def test_the_end_of_the_line_that_caddy_2_8_passes_on_is_no_part_of_it(tmp_path):
    line = "green=500 preview=- sticky=on"
    assert driver(tmp_path, line, seen=line + "\n").read().consistent


def test_a_consistent_split_needs_no_command(tmp_path):
    driven = driver(tmp_path, "green=500 preview=- sticky=on")
    assert driven.plan(driven.read(), split_of(500, sticky=True)) == []


def test_a_change_is_one_file(tmp_path):
    driven = driver(tmp_path, "green=500 preview=- sticky=off")
    commands = driven.plan(driven.read(), split_of(2500))
    assert [str(command) for command in commands] == [
        "write {0} green=2500 preview=- sticky=off".format(tmp_path / "split")
    ]
    driven.apply(commands)
    assert (tmp_path / "split").read_text() == "green=2500 preview=- sticky=off\n"


@pytest.mark.parametrize("on_disk", [None, "nonsense", "green=20000 preview=- sticky=off"])
def test_a_file_that_is_missing_or_nonsense_leaves_all_on_the_base_and_is_repaired(tmp_path, on_disk):
    driven = driver(tmp_path, on_disk)
    reading = driven.read()
    assert reading.live == split_of(0)
    assert reading.stored is None
    assert not reading.consistent
    assert "'blue'" in reading.faults[0]
    assert driven.plan(reading, split_of(0)) != []


def test_a_folder_in_the_place_of_the_file_is_no_traceback(tmp_path):
    (tmp_path / "split").mkdir()
    driven = driver(tmp_path)
    reading = driven.read()
    assert reading.stored is None
    with pytest.raises(NotWritten, match="split: Is a directory"):
        driven.apply(driven.plan(reading, split_of(500)))


def test_a_caddy_without_the_placeholder_is_refused_and_nothing_written(tmp_path):
    driven = driver(tmp_path, "green=500 preview=- sticky=off", seen="{file." + str(tmp_path) + "/split}")
    with pytest.raises(Unsupported, match=r"\{file\.\*\}.*2\.8"):
        driven.read()
    assert (tmp_path / "split").read_text() == "green=500 preview=- sticky=off\n"


def test_a_caddy_that_may_not_read_the_file_is_refused(tmp_path):
    with pytest.raises(PermissionMissing, match="cannot read"):
        driver(tmp_path, "green=500 preview=- sticky=off", seen="").read()


@pytest.mark.parametrize("heading", ["blue green X-Other shop_bucket /etc/shop/split", "<html>Welcome</html>"])
def test_another_configuration_is_refused(tmp_path, heading):
    with pytest.raises(LayoutMismatch, match="not the Caddy of app 'shop'"):
        driver(tmp_path, "green=500 preview=- sticky=off", heading=heading).read()


def test_a_listener_that_does_not_know_the_question_is_refused(tmp_path):
    with pytest.raises(LayoutMismatch, match="404"):
        driver(tmp_path, listener=Answers(CommandRefused("answered 404"))).read()


def test_the_listener_is_reached_over_loopback_when_it_has_every_address():
    assert caddy.Caddy(LAYOUT, Connection())._listener.address == "127.0.0.1:80"


def test_requests_in_flight_are_counted_by_server():
    driven = caddy.Caddy(LAYOUT, Connection())
    counts = {"127.0.0.1:8001": 2, "127.0.0.1:8002": 0, "[::1]:8001": 5}
    driven._admin = Answers(json.dumps([{"address": key, "num_requests": count} for key, count in counts.items()]))
    assert [(endpoint.name, endpoint.in_flight) for endpoint in driven.endpoints("blue")] == [
        ("blue1", 2),
        ("blue2", 0),
    ]
    assert [endpoint.in_flight for endpoint in driven.endpoints("green")] == [5]


def test_an_upstream_that_caddy_does_not_have_is_reported():
    driven = caddy.Caddy(LAYOUT, Connection())
    driven._admin = Answers("[]")
    with pytest.raises(LayoutMismatch, match="another configuration"):
        driven.endpoints("blue")


def test_an_unknown_pool_has_no_endpoints():
    with pytest.raises(UnknownPool):
        caddy.Caddy(LAYOUT, Connection()).endpoints("yellow")


@pytest.mark.parametrize("answer", ["not JSON", "7", '[{"address": "a:1"}]'])
def test_a_list_of_upstreams_that_is_none_is_reported(answer):
    with pytest.raises(CommandRefused):
        caddy.parse_in_flight(answer)


def test_servers_stay_as_they_are():
    with pytest.raises(Unsupported, match="share"):
        caddy.Caddy(LAYOUT, Connection()).set_servers("blue", ["blue1"], "drain")


THREE = layout("caddy", pools=THREE_POOLS)


@given(splits_of_three(mirrors=False))
def test_a_line_stands_for_one_split_of_three_pools(split):
    assert caddy.split_from(caddy.line_for(split, THREE), THREE) == split


@given(splits())
def test_a_line_of_two_pools_is_one_of_three_of_which_the_third_has_nothing(split):
    of_three = dataclasses.replace(split, shares={**split.shares, "baseline": 0})
    assert caddy.line_for(of_three, THREE) == caddy.line_for(split, LAYOUT)


def test_the_line_ends_with_the_third_pool():
    assert caddy.line_for(split_of_three(500, 400), THREE) == "green=500 preview=- sticky=off baseline=400"


@pytest.mark.parametrize(
    "line",
    [
        "green=500 preview=- sticky=off baseline=0",
        "green=500 preview=- sticky=off baseline=0400",
        "green=500 preview=- sticky=off blue=400",
        "green=500 preview=- sticky=off =400",
        "green=500 baseline=400 preview=- sticky=off",
    ],
)
def test_other_lines_stand_for_nothing_with_three_pools_either(line):
    assert caddy.split_from(line, THREE) is None


@pytest.mark.parametrize("tail", [" baseline=400", " =400"])
def test_with_two_pools_a_third_is_not_understood(tail):
    assert caddy.split_from("green=500 preview=- sticky=off" + tail, LAYOUT) is None


def test_a_line_that_gives_away_more_than_there_is_is_a_fault_that_is_repaired(tmp_path):
    driven = caddy.Caddy(layout("caddy", tmp_path, THREE_POOLS), Connection())
    line = "green=9000 preview=- sticky=off baseline=2000"
    (tmp_path / "split").write_text(line + "\n")
    heading = "blue green baseline X-Preview shop_bucket {0}".format(tmp_path / "split")
    driven._listener = Answers("{0}\n{1}".format(heading, line))
    reading = driven.read()
    assert reading.live == split_of_three(9000, 1000)
    [fault] = reading.faults
    assert "more than there is" in fault
    [command] = driven.plan(reading, reading.live)
    assert command.content == "green=9000 preview=- sticky=off baseline=1000"
