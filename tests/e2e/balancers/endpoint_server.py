# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of one pool: ``python endpoint_server.py POOL NAME...``.

Each name listens on a port of its own on loopback; the ports are printed as a
JSON object once all listen. Every answer says who gave it: ``X-Release`` is the
pool, ``X-Instance`` the name.

- ``/readyz``           200, or 503 after ``/control/unready``
- ``/hold/<key>``       answers only after ``/control/let-go/<key>``
- ``/status/<number>``  that status
- ``/control/seen``     the requests that were no control and no check, a JSON array of objects with ``method``, ``path``
                        and ``headers``; then it begins anew
- anything else         200
"""

from __future__ import annotations

import asyncio
import contextlib
import http
import json
import sys

import httptools


class Instance:
    """What one endpoint remembers."""

    def __init__(self, pool: str, name: str) -> None:
        self.pool = pool
        self.name = name
        self.ready = True
        self.ends = False
        self.held: dict[str, asyncio.Event] = {}
        self.seen: list[dict[str, object]] = []

    async def answer(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        """The status and the body for *path*."""
        _empty, first, *rest = path.partition("?")[0].split("/")
        if first not in {"control", "readyz"}:
            self.seen.append({"method": method, "path": path, "headers": headers})
        if first == "hold":
            await self.held.setdefault(rest[0], asyncio.Event()).wait()
        elif first == "control" and rest[0] == "let-go":
            self.held.pop(rest[1], asyncio.Event()).set()
        elif first == "control" and rest[0] == "seen":
            seen, self.seen = self.seen, []
            return 200, json.dumps(seen).encode()
        elif first == "control":
            self.ready = rest[0] == "ready"
        elif first == "status":
            return int(rest[0]), f"{self.pool} {self.name}\n".encode()
        elif first == "readyz" and not self.ready:
            return 503, b"not ready\n"
        return 200, f"{self.pool} {self.name}\n".encode()


class Exchange(asyncio.Protocol):
    """One connection; answers one request after the other.

    :param instance: who gives the answers; where it ``ends``, each is the last of its connection, as otherwise a balancer
        that keeps connections would go on sending requests
    """

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._parser = httptools.HttpRequestParser(self)
        self._tasks: set[asyncio.Task[None]] = set()
        self._path = ""
        self._headers: dict[str, str] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        # It speaks nothing but HTTP, and answers who would rather have a websocket, too.
        with contextlib.suppress(httptools.HttpParserUpgrade):
            self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._path = ""
        self._headers = {}

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode().lower()] = value.decode()

    def on_url(self, url: bytes) -> None:
        self._path += url.decode()

    def on_message_complete(self) -> None:
        method = self._parser.get_method().decode()
        task = asyncio.ensure_future(self._answer(method, self._path, self._headers, self._parser.should_keep_alive()))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, method: str, path: str, headers: dict[str, str], keep_alive: bool) -> None:
        status, body = await self._instance.answer(method, path, headers)
        keep_alive = keep_alive and not self._instance.ends
        head = [
            f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}",
            f"X-Release: {self._instance.pool}",
            f"X-Instance: {self._instance.name}",
            "Content-Type: text/plain",
            f"Content-Length: {len(body)}",
            *([] if keep_alive else ["Connection: close"]),
        ]
        self._transport.write("\r\n".join([*head, "", ""]).encode() + (b"" if method == "HEAD" else body))
        if not keep_alive:
            self._transport.close()


async def serve(pool: str, names: list[str]) -> None:
    """Listen for every name, say where, and never end."""
    loop = asyncio.get_running_loop()
    ports = {}
    for name in names:
        instance = Instance(pool, name)
        server = await loop.create_server(lambda instance=instance: Exchange(instance), "127.0.0.1", 0, backlog=1024)
        ports[name] = server.sockets[0].getsockname()[1]
    print(json.dumps(ports), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], sys.argv[2:]))
