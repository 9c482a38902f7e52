# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pool's health: how many must be well, and who is asked."""

from __future__ import annotations

import contextlib
import http.server
import math
import socket
import threading

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._balancers import pool_health
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import UnhealthyPool
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.interface import Endpoint
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import Server
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.pool_health import (
    HealthPolicy,
    require_healthy,
)
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

AT_ONCE = HealthPolicy(wait=0)


@pytest.mark.parametrize(("quorum", "needed"), [("all", 5), ("3", 3), ("33.5%", 2), ("60 %", 3)])
def test_the_policy_says_how_many_must_be_healthy(quorum, needed):
    assert HealthPolicy(quorum=quorum).needed(5) == needed
    assert HealthPolicy(quorum=quorum, check=False).needed(5) == 1


@pytest.mark.parametrize("quorum", ["6", "²", "٣", "half"])
def test_a_quorum_that_cannot_be_is_refused_by_its_option(quorum):
    with pytest.raises(InvalidOption, match="health.quorum"):
        HealthPolicy(quorum=quorum).needed(5)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("timeout", -1.0),
        ("timeout", 0.0),
        ("timeout", math.nan),
        ("timeout", math.inf),
        ("wait", -1.0),
        ("wait", math.nan),
    ],
)
def test_seconds_that_cannot_be_are_refused(option, value):
    with pytest.raises(InvalidOption, match=f"health.{option} is {value:g}"):
        HealthPolicy(**{option: value})


class Instance(http.server.BaseHTTPRequestHandler):
    """Answers with the status that its server holds."""

    def do_GET(self):
        self.server.paths.append(self.path)
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_words):
        pass


@contextlib.contextmanager
def instance(status=200):
    """A running endpoint."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Instance) as server:
        server.status, server.paths = status, []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def pool_of(*servers):
    """The servers as a layout has them: s0, s1, ..."""
    return [
        Server(f"s{number}", "127.0.0.1:{}".format(server.server_address[1])) for number, server in enumerate(servers)
    ]


def seen_as(state):
    """A balancer that has the first server in *state* and the others ready."""
    return lambda: [Endpoint("s0", "", state, 0), Endpoint("s1", "", "ready", 0)]


def test_a_pool_that_answers_is_healthy():
    with instance() as one, instance(204) as two:
        require_healthy("green", pool_of(one, two), HealthPolicy(path="/ok?x", wait=0), seen_as("ready"))
        assert one.paths == two.paths == ["/ok?x"]


def test_who_is_not_well_is_named_with_the_reason(unused_port):
    with instance(503) as one:
        pool = [*pool_of(one), Server("s1", f"127.0.0.1:{unused_port}")]
        with pytest.raises(UnhealthyPool, match="0 of 2 endpoints are, 2 must be") as failed:
            require_healthy("green", pool, AT_ONCE, seen_as("ready"))
    assert "/readyz answered 503" in failed.value.details["endpoints"]["s0"]
    assert "refused" in failed.value.details["endpoints"]["s1"]


@pytest.mark.parametrize("state", ["down", "maint", "drain"])
def test_the_balancer_must_find_it_healthy_too(state):
    with instance() as one, instance() as two:
        with pytest.raises(UnhealthyPool, match=f"s0: the balancer has it as '{state}'"):
            require_healthy("green", pool_of(one, two), AT_ONCE, seen_as(state))
        # the quorum counts those that both find healthy
        require_healthy("green", pool_of(one, two), HealthPolicy(wait=0, quorum="1"), seen_as(state))


def test_a_balancer_that_cannot_tell_is_not_in_the_way():
    with instance() as one, instance() as two:
        require_healthy("green", pool_of(one, two), AT_ONCE, seen_as("unknown"))


def test_a_pool_that_becomes_healthy_in_time_is_waited_for():
    with instance() as one:
        states = iter(["down", "down", "ready"])

        def view():
            return seen_as(next(states))()

        require_healthy("green", pool_of(one), HealthPolicy(wait=60), view)
    assert list(states) == []


def test_in_haste_one_open_port_is_enough(unused_port):
    with instance(503) as one:
        pool = [*pool_of(one), Server("s1", f"127.0.0.1:{unused_port}")]
        require_healthy("green", pool, HealthPolicy(check=False), seen_as("down"))
    with pytest.raises(UnhealthyPool):
        require_healthy("green", pool[1:], HealthPolicy(check=False), seen_as("ready"))


def test_without_a_path_an_open_port_is_enough():
    with instance(503) as one:
        assert pool_health.probe(pool_of(one)[0].address, HealthPolicy(path="")) is None


@contextlib.contextmanager
def bytewise(answer, pause):
    """An endpoint that gives its answer a byte at a time; where it listens."""
    ended = threading.Event()

    def give(listener):
        with contextlib.suppress(OSError), listener.accept()[0] as channel:
            channel.recv(65536)
            for byte in answer:
                channel.sendall(bytes([byte]))
                if ended.wait(pause):
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=give, args=(listener,))
        thread.start()
        yield "127.0.0.1:{}".format(listener.getsockname()[1])
        ended.set()
        thread.join()


def test_an_endpoint_has_its_time_for_the_whole_answer_not_for_each_byte():
    # given an answer that would take 6 s and be a good one, though never more than 20 ms between two bytes
    with bytewise(b"HTTP/1.1 200 OK" + b"!" * 300 + b"\r\n", 0.02) as address:
        assert pool_health.probe(address, HealthPolicy(timeout=0.3)) == f"{address}: timed out"


def test_an_answer_that_comes_slowly_and_in_time_is_one():
    with bytewise(b"HTTP/1.1 200 OK\r\n", 0.001) as address:
        assert pool_health.probe(address, HealthPolicy(timeout=60)) is None


@pytest.mark.parametrize(
    ("answer", "words"), [(b"SSH-2.0-OpenSSH\r\n", "SSH-2.0"), (b"HTTP/1.1 2x0\r\n", "2x0"), (b"", "without an answer")]
)
def test_what_is_no_answer_is_told(answer, words):
    with bytewise(answer, 0) as address:
        assert words in pool_health.probe(address, HealthPolicy())
