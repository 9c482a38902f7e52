# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking over a port and over a unix socket, answered by a real server."""

from __future__ import annotations

import http.server
import socket
import socketserver
import threading

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._balancers import control_interface
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.control_interface import (
    ControlInterface,
    socket_path,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import (
    BalancerUnreachable,
    CommandRefused,
    PermissionMissing,
)
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with the path and the header Host; 404 below ``/missing``."""

    def do_GET(self):
        body = "{0} {1}".format(self.path, self.headers["Host"]).encode()
        self.send_response(404 if self.path.startswith("/missing") else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        pass

    def address_string(self):
        return "here"


class SocketServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


@pytest.fixture(params=["port", "url", "socket", "unix:"])
def address(request, tmp_path):
    """Where a server answers, in each form that an address can have."""
    path = str(tmp_path / "s")
    over_socket = request.param in ("socket", "unix:")
    server = SocketServer(path, Echo) if over_socket else http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    forms = {"socket": "{0}", "unix:": "unix:{0}", "port": "127.0.0.1:{1}", "url": "http://127.0.0.1:{1}/"}
    yield forms[request.param].format(path, 0 if over_socket else server.server_address[1])
    server.shutdown()
    server.server_close()


def test_the_body_is_returned(address):
    assert ControlInterface("it", address).get("/stats?filter=a").startswith("/stats?filter=a ")


def test_a_host_can_be_named(address):
    assert ControlInterface("it", address).get("/", host="shop.split.invalid") == "/ shop.split.invalid"


def test_another_status_is_a_refusal_that_says_what_was_answered(address):
    with pytest.raises(CommandRefused, match=r"GET /missing' with 404: /missing"):
        ControlInterface("it", address).get("/missing")


def test_where_nobody_listens_is_reported(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        for nowhere in (str(tmp_path / "none"), "127.0.0.1:{0}".format(port)):
            with pytest.raises(BalancerUnreachable, match="does not answer"):
                ControlInterface("it", nowhere).get("/")


def test_a_socket_that_one_may_not_use_is_reported(tmp_path, monkeypatch):
    def refuse(_channel):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(control_interface._SocketChannel, "connect", refuse)
    with pytest.raises(PermissionMissing, match="Permission denied"):
        ControlInterface("it", str(tmp_path / "s")).get("/")


@pytest.mark.parametrize(
    ("address", "path"),
    [("/run/x.sock", "/run/x.sock"), ("unix:/run/x.sock", "/run/x.sock"), ("127.0.0.1:2019", ""), ("http://h:1", "")],
)
def test_the_path_of_a_socket(address, path):
    assert socket_path(address) == path


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1:99999",
        "http://h:abc",
        "127.0.0.1:-1",
        "https://127.0.0.1:2019",
        "ftp://h",
        "http://[::1:80",
        "h:80:90",
    ],
)
def test_what_is_no_address_is_refused_before_anybody_is_asked(address):
    with pytest.raises(InvalidOption) as refused:
        ControlInterface("Caddy's admin interface", address)
    assert f"'{address}' cannot be the address of Caddy's admin interface" in str(refused.value)
