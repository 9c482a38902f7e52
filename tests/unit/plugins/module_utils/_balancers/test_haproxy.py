# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HAProxy's map and answers, without HAProxy."""

from __future__ import annotations

import errno
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._balancers import haproxy, haproxy_servers
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import (
    BalancerUnreachable,
    CommandRefused,
    LayoutMismatch,
    NotWritten,
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

LAYOUT = layout()
THREE = layout(pools=THREE_POOLS)

# As HAProxy 2.6 prints it.
STATES = """1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_port
4 shop.green 1 green1 127.0.0.1 {op} {admin} {weight} 1 8011
4 shop.green 2 green2 ::1 2 0 1 1 8012

"""
TEN = "0x1 share 10\n0x2 header 0\n0x3 sticky 0\n"
STAT = """# pxname,svname,qcur,qmax,scur,smax,
shop.green,green1,1,1,2,5,
shop.green,green2,0,0,0,0,

"""


class Transcript:
    """A runtime socket that answers as it was told to, and remembers what it was asked."""

    path = "/run/shop.sock"

    def __init__(self, **answers):
        self.answers = {key.replace("_", " "): value for key, value in answers.items()}
        self.asked = []

    def ask(self, line):
        self.asked.append(line)
        return next((answer for begin, answer in self.answers.items() if line.startswith(begin)), "\n")


def driver(directory="/etc/shop", **answers):
    """A driver with a transcript for a socket."""
    made = haproxy.HAProxy(layout(directory=directory), Connection())
    made._socket = Transcript(**answers)
    return made


@given(splits(mirrors=False))
def test_a_split_comes_back_from_the_file_and_from_memory(wanted):
    entries = haproxy.entries_for(wanted, LAYOUT)
    stored = haproxy.parse_map_file(haproxy.render_map(entries, LAYOUT))
    live = haproxy.parse_runtime_map("".join(f"0x5601d7df5170 {key} {value}\n" for key, value in entries) + "\n")
    for back in (stored, live):
        assert haproxy.split_from(back, LAYOUT) == wanted
        assert haproxy.entry_faults(back, LAYOUT) == ()


entries = st.lists(
    st.tuples(st.sampled_from([*haproxy.KEYS, "x"]), st.sampled_from(["0", "1", "2", "77", "20000", "-5", "lots", ""]))
)


@given(entries)
def test_any_entries_mean_some_split_and_only_those_of_a_split_have_no_faults(found):
    meant = haproxy.split_from(found, LAYOUT)
    ours = sorted(haproxy.entries_for(meant, LAYOUT)) == sorted(found)
    assert (haproxy.entry_faults(found, LAYOUT) == ()) == ours


@given(splits(mirrors=False), splits(mirrors=False) | st.none(), splits(mirrors=False))
def test_a_plan_touches_only_what_differs(live, stored, wanted):
    commands = driver().plan(Reading(live, stored), wanted)
    assert [command.verb for command in commands] == ["write"] * (stored != wanted) + ["commit map"] * (live != wanted)


def test_faults_in_memory_are_committed_away():
    assert [
        command.verb for command in driver().plan(Reading(split(5), split(5), ("2 entries for share",)), split(5))
    ] == ["commit map"]


def test_the_file_is_written_before_memory_changes(tmp_path):
    made = driver(tmp_path, prepare_map="New version created: 7\n")
    made.apply(made.plan(Reading(split(0), split(0)), split(500, header="green", sticky=True)))
    path = tmp_path / "split.map"
    assert haproxy.parse_map_file(path.read_text()) == [("share", "500"), ("header", "2"), ("sticky", "1")]
    assert made._socket.asked == [
        f"prepare map {path}",
        f"add map @7 {path} share 500; add map @7 {path} header 2; add map @7 {path} sticky 1; commit map @7 {path}",
    ]


def test_on_a_full_disk_memory_stays_as_it_is(tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(haproxy, "write_file", full)
    made = driver(tmp_path, prepare_map="New version created: 7\n")
    with pytest.raises(NotWritten, match=r"split\.map: No space left on device"):
        made.apply(made.plan(Reading(split(0), split(0)), split(500)))
    # a transaction that was begun and never committed is no change
    assert made._socket.asked == [f"prepare map {tmp_path}/split.map"]


@pytest.mark.parametrize(
    ("answer", "error"), [("Unknown command: 'prepare map'\n", Unsupported), ("Out of memory.\n", CommandRefused)]
)
def test_a_haproxy_without_transactions_is_refused_before_the_file_is_written(tmp_path, answer, error):
    (tmp_path / "split.map").write_text("share 0\nheader 0\nsticky 0\n")
    made = driver(tmp_path, prepare_map=answer)
    with pytest.raises(error):
        made.apply(made.plan(Reading(split(0), split(0)), split(1)))
    assert (tmp_path / "split.map").read_text() == "share 0\nheader 0\nsticky 0\n"


def test_an_answer_where_none_belongs_is_a_refusal(tmp_path):
    made = driver(tmp_path, prepare_map="New version created: 7\n", add_map="Out of memory error.\n")
    with pytest.raises(CommandRefused, match="Out of memory"):
        made.apply(made.plan(Reading(split(0), split(0)), split(1)))


@pytest.mark.parametrize("answer", ["Unknown map identifier. Please use #<id> or <file>.\n", "Permission denied\n"])
def test_a_haproxy_that_does_not_know_the_app_is_no_split(tmp_path, answer):
    with pytest.raises((LayoutMismatch, CommandRefused)):
        driver(tmp_path, show_map=answer).read()


def test_a_missing_or_unreadable_file_is_nothing_stored(tmp_path):
    made = driver(tmp_path, show_map=TEN, show_servers_state=STATES.format(op=2, admin=0, weight=1))
    assert made.read() == Reading(split(10), None)
    (tmp_path / "split.map").write_text("share 10\nheader 0\nsticky 0\nshare 20\n")
    assert made.read().stored is None
    (tmp_path / "split.map").write_text("share 10\nheader 0\nsticky 0\n")
    assert made.read().consistent
    (tmp_path / "split.map").write_bytes(b"# caf\xe9\nshare 10\nheader 0\nsticky 0\n")
    assert made.read().consistent
    (tmp_path / "split.map").write_bytes(b"share 1\xff0\nheader 0\nsticky 0\n")
    assert made.read().stored is None


def test_what_is_in_the_way_of_the_file_is_no_traceback(tmp_path):
    (tmp_path / "split.map").mkdir()
    made = driver(
        tmp_path,
        prepare_map="New version created: 7\n",
        show_map=TEN,
        show_servers_state=STATES.format(op=2, admin=0, weight=1),
    )
    reading = made.read()
    assert reading.stored is None
    with pytest.raises(NotWritten, match=r"split\.map"):
        made.apply(made.plan(reading, split(500)))


@pytest.mark.parametrize(
    ("op", "admin", "weight", "state"),
    [
        (2, 0, 1, "ready"),
        (0, 0, 1, "down"),
        (2, 1, 1, "maint"),
        (0, 4, 1, "maint"),
        (2, 8, 1, "drain"),
        (0, 8, 1, "drain"),
        (2, 0, 0, "drain"),
    ],
)
def test_a_servers_state_is_what_it_serves(op, admin, weight, state):
    made = driver(show_servers_state=STATES.format(op=op, admin=admin, weight=weight), show_stat=STAT)
    first, second = made.endpoints("green")
    assert (first.name, first.address, first.state, first.in_flight) == ("green1", "127.0.0.1:8011", state, 3)
    assert (second.address, second.state, second.in_flight) == ("[::1]:8012", "ready", 0)


def test_servers_change_in_one_line(tmp_path):
    made = driver(tmp_path, show_servers_state=STATES.format(op=2, admin=0, weight=1), show_stat=STAT)
    made.set_servers("green", ["green1", "green2"], "ready")
    assert made._socket.asked[-1] == (
        "set server shop.green/green1 state ready; set server shop.green/green1 weight 100%; "
        "set server shop.green/green2 state ready; set server shop.green/green2 weight 100%"
    )


servers = st.lists(
    st.builds(
        haproxy_servers.ServerState,
        st.sampled_from(["shop.blue", "shop.green"]),
        st.sampled_from(["one", "two", "three"]),
        st.sampled_from(["127.0.0.1", "::1"]),
        st.sampled_from(["80", "8001"]),
        st.sampled_from(["ready", "down", "drain", "maint"]),
    ),
    unique_by=lambda server: (server.backend, server.name),
)


@given(servers)
def test_servers_that_were_taken_out_come_back_from_the_file_and_no_others(found):
    told = haproxy_servers.taken_out(found)
    text = haproxy_servers.render_told(told, found)
    assert haproxy_servers.parse_told(text) == told
    assert len(text.splitlines()) == 2 + len(told)


@pytest.mark.parametrize("text", ["nonsense", "1\n# be_id be_name\n0 shop.green\n", "1\n0 shop.green 0 green1\n"])
def test_a_file_of_servers_that_is_none_is_told_from_one_without_any(text):
    assert haproxy_servers.parse_told(text) is None
    assert haproxy_servers.parse_told(None) == {}


def test_a_server_is_out_in_the_file_before_haproxy_is_told(tmp_path):
    made = driver(tmp_path, show_servers_state=STATES.format(op=2, admin=8, weight=1), set_server="No such server.\n")
    with pytest.raises(CommandRefused, match="No such server"):
        made.set_servers("green", ["green2"], "maint")
    told = {("shop.green", "green1"): "drain", ("shop.green", "green2"): "maint"}
    assert haproxy_servers.parse_told((tmp_path / "servers.state").read_text()) == told


def test_servers_that_a_restart_would_treat_otherwise_are_a_fault_that_is_put_right(tmp_path):
    (tmp_path / "split.map").write_text("share 10\nheader 0\nsticky 0\n")
    made = driver(tmp_path, show_map=TEN, show_servers_state=STATES.format(op=0, admin=1, weight=1), show_stat=STAT)
    reading = made.read()
    [fault] = reading.out_of_order
    assert fault == "HAProxy has taken out green1 (maint), and a restart would take out no server"
    assert not reading.consistent
    assert [endpoint.stored for endpoint in made.endpoints("green")] == ["ready", "ready"]
    # the map needs no transaction for it
    made.apply(made.plan(reading, split(10)))
    assert not any(asked.startswith("prepare") for asked in made._socket.asked)
    assert made.read().consistent
    assert [endpoint.stored for endpoint in made.endpoints("green")] == ["maint", "ready"]


def test_which_configuration_runs_is_its_description():
    assert driver(show_info="Name: HAProxy\nnode: edge\ndescription: 0f3a\n\n").generation() == "0f3a"
    assert driver(show_info="Name: HAProxy\n").generation() == ""


def test_a_socket_that_is_not_there_is_unreachable(tmp_path):
    with pytest.raises(BalancerUnreachable, match="nothing.sock"):
        haproxy.RuntimeSocket(str(tmp_path / "nothing.sock")).ask("show map")


@given(splits_of_three(mirrors=False))
def test_a_split_of_three_pools_comes_back_and_without_a_third_share_it_is_that_of_two(wanted):
    entries = haproxy.entries_for(wanted, THREE)
    assert haproxy.split_from(haproxy.parse_map_file(haproxy.render_map(entries, THREE)), THREE) == wanted
    assert haproxy.entry_faults(entries, THREE) == ()
    assert (haproxy.entry_faults(entries, LAYOUT) == ()) == (
        wanted.shares["baseline"] == 0 and (wanted.header is None or wanted.header.pool != "baseline")
    )


entries_of_three = st.lists(
    st.tuples(
        st.sampled_from([*haproxy.KEYS, haproxy.THIRD, "x"]),
        st.sampled_from(["0", "1", "2", "3", "77", "9923", "9999", "20000", "-5", "lots", ""]),
    )
)


@given(entries_of_three)
def test_of_three_pools_any_entries_mean_some_split_and_only_those_of_a_split_have_no_faults(found):
    meant = haproxy.split_from(found, THREE)
    ours = sorted(haproxy.entries_for(meant, THREE)) == sorted(found)
    assert (haproxy.entry_faults(found, THREE) == ()) == ours


def test_the_map_says_what_the_third_share_is():
    text = haproxy.render_map(haproxy.entries_for(split_of_three(500, 400, header="baseline"), THREE), THREE)
    assert text.splitlines() == [
        "# shop: share of green and third_share of baseline in 1/100 %; header route: 0 closed, 1 blue, 2 green, "
        "3 baseline; sticky: 0 or 1",
        "share 500",
        "header 3",
        "sticky 0",
        "third_share 400",
    ]
    assert haproxy.render_map(haproxy.entries_for(split(500), LAYOUT), LAYOUT).splitlines()[0] == (
        "# shop: share of green in 1/100 %; header route: 0 closed, 1 blue, 2 green; sticky: 0 or 1"
    )
