# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users with a cookie jar each, who come to a balancer again and again, and what each of them met every time."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import http.cookies
import io
import random
import threading
import time
import types
import typing as t

from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import until

PAUSES = (0.3, 0.9)
"""Seconds between two requests of one user, at least and at most."""


class Visit(t.NamedTuple):
    """One request and what became of it.

    :param began: when it was sent, or its connection was asked for; on the clock of ``time.monotonic``
    :param outcome: the pool that answered it with 200, or else what went wrong
    """

    began: float
    outcome: str


class User:
    """One user.

    :param keep_alive: whether all requests go over one connection; otherwise each has its own
    """

    def __init__(self, port: int, keep_alive: bool) -> None:
        self._port = port
        self._keep_alive = keep_alive
        self._jar = http.cookies.SimpleCookie()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.visits: list[Visit] = []

    async def come_again_and_again(self) -> None:
        """Never ends; nothing is tried twice."""
        try:
            while True:
                await asyncio.sleep(random.uniform(*PAUSES))
                began = time.monotonic()
                try:
                    outcome = await self._visit()
                except (OSError, EOFError, http.client.HTTPException, ValueError) as error:
                    self._leave()
                    outcome = repr(error)
                self.visits.append(Visit(began, outcome))
        finally:
            self._leave()

    async def _visit(self) -> str:
        reader, writer = self._streams or await asyncio.open_connection("127.0.0.1", self._port)
        self._streams = reader, writer
        lines = ["GET / HTTP/1.1", "Host: shop.example"]
        lines += [] if self._keep_alive else ["Connection: close"]
        if self._jar:
            lines.append("Cookie: " + "; ".join(f"{name}={cookie.value}" for name, cookie in self._jar.items()))
        writer.write("\r\n".join([*lines, "", ""]).encode())
        status, _newline, head = (await reader.readuntil(b"\r\n\r\n")).partition(b"\r\n")
        headers = http.client.parse_headers(io.BytesIO(head))
        await reader.readexactly(int(headers["Content-Length"]))
        for cookie in headers.get_all("Set-Cookie", []):
            self._jar.load(cookie)
        if not self._keep_alive or headers["Connection"] == "close":
            self._leave()
        return headers["X-Release"] if status.split()[1] == b"200" else status.decode()

    def _leave(self) -> None:
        if self._streams:
            self._streams[1].close()
        self._streams = None


class Users:
    """So many users, half of them with a connection that they keep; they come while the block runs."""

    def __init__(self, port: int, number: int) -> None:
        self.all = [User(port, keep_alive=index % 2 == 0) for index in range(number)]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Users:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._everyone.cancel)
        self._thread.join()

    def _run(self) -> None:
        async def come() -> None:
            self._everyone = asyncio.gather(*(user.come_again_and_again() for user in self.all))
            with contextlib.suppress(asyncio.CancelledError):
                await self._everyone

        with contextlib.closing(self._loop):
            self._loop.run_until_complete(come())

    def pools(self) -> list[str]:
        """Where each user is now: what the second request met that each of them sends from now on."""
        now = time.monotonic()
        until(lambda: all(len(self._since(user, now)) > 1 for user in self.all), "every user came twice more")
        return [self._since(user, now)[1] for user in self.all]

    def paths(self, since: float = 0) -> list[list[str]]:
        """What each user met from *since* on, without repetitions: ``["blue", "green"]`` moved over once."""
        paths = []
        for user in self.all:
            met = self._since(user, since)
            paths.append([pool for index, pool in enumerate(met) if index == 0 or met[index - 1] != pool])
        return paths

    @staticmethod
    def _since(user: User, begin: float) -> list[str]:
        return [visit.outcome for visit in list(user.visits) if visit.began >= begin]
