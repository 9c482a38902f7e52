# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real servers on the loopback interface, which answer what a test tells them to."""

from __future__ import annotations

import contextlib
import http.server
import socket
import ssl
import threading
import typing as t
from dataclasses import dataclass, field

HOST = "127.0.0.1"


def hosts() -> list[str]:
    """The loopback addresses of this machine, which may have been set up without IPv6."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return [HOST]
    return [HOST, "::1"]


@dataclass
class Exchange:
    """What a server is asked and what it shall answer."""

    method: str
    path: str
    headers: t.Mapping[str, str]
    body: bytes


@dataclass
class Reply:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


Responder = t.Callable[[Exchange], Reply]


@dataclass
class WebServer:
    port: int
    seen: list[Exchange]


@contextlib.contextmanager
def web_server(respond: Responder, tls: ssl.SSLContext | None = None, host: str = HOST) -> t.Iterator[WebServer]:
    """An HTTP server, with TLS if there is a context for it."""
    seen: list[Exchange] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen.append(Exchange(self.command, self.path, dict(self.headers.items()), body))
            reply = respond(seen[-1])
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, *_message: object) -> None:
            """Keep the output of the tests readable."""

    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 256
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

        def handle_error(self, request: object, client_address: object) -> None:
            """Clients that refuse the certificate or hang up are part of the tests."""

        def finish_request(self, request: t.Any, client_address: t.Any) -> None:
            if tls is not None:
                request = tls.wrap_socket(request, server_side=True)
            super().finish_request(request, client_address)
            request.close()

    with Server((host, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield WebServer(server.server_address[1], seen)
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def raw_server(converse: t.Callable[[socket.socket, threading.Event], None]) -> t.Iterator[int]:
    """A TCP server that does with each connection as it is told; yields its port.

    :param converse: given the connection, and an event that says that the test is over
    """
    over = threading.Event()

    def serve() -> None:
        while True:
            connection, _address = listener.accept()
            if over.is_set():
                connection.close()
                return
            threading.Thread(target=attend, args=(connection,), daemon=True).start()

    def attend(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            converse(connection, over)

    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield port
        finally:
            over.set()
            socket.create_connection((HOST, port)).close()
            thread.join()


def drip(data: bytes, pause: float) -> t.Callable[[socket.socket, threading.Event], None]:
    """Send ``data`` a byte at a time; the pauses are what is tested, not a way to wait for something."""

    def converse(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(65536)
        for byte in data:
            connection.sendall(bytes([byte]))
            if over.wait(pause):
                return

    return converse


def say(data: bytes) -> t.Callable[[socket.socket, threading.Event], None]:
    """Read a request, send ``data`` and hang up."""

    def converse(connection: socket.socket, _over: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(65536)

    return converse


def keep_silent(connection: socket.socket, over: threading.Event) -> None:
    """Take the connection and say nothing until the test is over."""
    over.wait()


@contextlib.contextmanager
def refusing_port() -> t.Iterator[int]:
    """A port that is taken, so that nobody else gets it, but takes no connections."""
    with socket.socket() as bound:
        bound.bind((HOST, 0))
        yield bound.getsockname()[1]
