# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request that an endpoint may have acted on is not sent again, whatever became of it."""

from __future__ import annotations

import collections
import contextlib
import http.client
import http.server
import threading
import types
import typing as t

import pytest

from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down


class Rude(http.server.BaseHTTPRequestHandler):
    """Answers with 200, but on ``/dropped`` counts the request and closes the connection without a word.

    Requests are counted by connection: ``"kept"`` where one was answered on it before, else ``"new"``.
    """

    protocol_version = "HTTP/1.1"
    seen: t.ClassVar[collections.Counter[str]] = collections.Counter()
    connection = "new"

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/dropped":
            self.seen[self.connection] += 1
            self.close_connection = True
            return
        self.connection = "kept"
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET

    def log_message(self, *_arguments):
        pass


@pytest.fixture(scope="module")
def rude_endpoints():
    """Two pools of two endpoints that close connections."""
    servers = {
        name: http.server.ThreadingHTTPServer(("127.0.0.1", 0), Rude) for name in ("blue1", "blue2", "green1", "green2")
    }
    for server in servers.values():
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    ports = {name: server.server_address[1] for name, server in servers.items()}
    yield types.SimpleNamespace(
        ports={
            pool: {name: port for name, port in ports.items() if name.startswith(pool)} for pool in laid_down.SERVERS
        }
    )
    for server in servers.values():
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module", params=laid_down.KINDS)
def balancer(request, rude_endpoints, tmp_path_factory):
    """Each kind in front of them."""
    running = laid_down.lay_down(request.param, tmp_path_factory.mktemp(request.param) / "app", rude_endpoints)
    running.start()
    yield running
    running.stop()


def seen_of(balancer, method):
    """How often endpoints saw one request that none of them answered, by connection."""
    Rude.seen.clear()
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", balancer.port, timeout=30)) as channel:
        channel.request(method, "/dropped", body=b"{}" if method == "POST" else None)
        assert channel.getresponse().status in {502, 503}
    return collections.Counter(Rude.seen)


def seen_of_several(balancer, method):
    """The same of four requests and more, until one of them was seen: nginx sends nothing for a while to endpoints that failed."""
    seen = []

    def enough():
        seen.append(seen_of(balancer, method))
        return len(seen) >= 4 and any(seen)

    laid_down.until(enough, f"an endpoint sees a {method}")
    return seen


def test_a_post_that_was_sent_is_not_sent_twice(balancer):
    assert max(each.total() for each in seen_of_several(balancer, "POST")) == 1


def test_a_get_is_sent_twice_only_by_those_that_learn_from_it(balancer):
    # nginx learns only by a request that an endpoint is dead; it and Caddy, that a connection they kept is closed
    seen = seen_of_several(balancer, "GET")
    if balancer.kind in {"caddy", "nginx"}:
        assert max(each["new"] for each in seen) <= (2 if balancer.kind == "nginx" else 1)
    else:
        assert max(each.total() for each in seen) == 1
