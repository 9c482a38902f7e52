# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One connection to the server, which carries one exchange after the other and retries none."""

from __future__ import annotations

import asyncio
import typing as t

import httptools


class Answer(t.NamedTuple):
    """The head of an answer whose body has come in whole."""

    status: int
    release: str | None
    instance: str | None


class ExchangeFailed(Exception):
    """No answer, or not a whole one; ``kind`` is how the records name it."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


async def connect(host: str, port: int) -> Connection:
    """A new connection.

    :raises ExchangeFailed: there is none to be had
    """
    loop = asyncio.get_running_loop()
    try:
        _transport, connection = await loop.create_connection(Connection, host, port)
    except ConnectionRefusedError:
        raise ExchangeFailed("refused") from None
    except ConnectionResetError:
        raise ExchangeFailed("reset") from None
    except OSError:
        raise ExchangeFailed("unreachable") from None
    return connection


class Connection(asyncio.Protocol):
    """The client's side of HTTP/1.1. Methods in the order in which they happen."""

    _transport: asyncio.Transport
    _parser: httptools.HttpResponseParser
    _release: str | None
    _instance: str | None

    def __init__(self) -> None:
        self._waiting: asyncio.Future[Answer] | None = None
        self._answers = 0
        self._expect_answer()

    @property
    def usable(self) -> bool:
        """Whether another exchange may begin on it."""
        return not self._transport.is_closing()

    async def exchange(self, request: bytes) -> Answer:
        """Send a request and wait for its answer.

        :raises ExchangeFailed: there is no answer; the connection is closed
        """
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    def abort(self) -> None:
        """Close at once."""
        self._waiting = None
        self._transport.abort()

    def close(self) -> None:
        """Close after what is still to be sent."""
        self._transport.close()

    # asyncio calls these

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = t.cast(asyncio.Transport, transport)
        self._parser = httptools.HttpResponseParser(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail("malformed")
            self._transport.abort()

    def eof_received(self) -> None:
        if self._headers_complete and not self._framed:
            self.on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        kind = "reset" if exc else "closed"
        self._fail(f"{kind}-reused" if self._answers else kind)

    # httptools calls these

    def on_header(self, name: bytes, value: bytes) -> None:
        field = name.lower()
        if field == b"x-release":
            self._release = value.decode("latin-1")
        elif field == b"x-instance":
            self._instance = value.decode("latin-1")
        elif field in (b"content-length", b"transfer-encoding"):
            self._framed = True

    def on_headers_complete(self) -> None:
        self._headers_complete = True

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        answer = Answer(status, self._release, self._instance)
        keep_alive = self._parser.should_keep_alive()
        self._expect_answer()
        if status < 200:
            return
        if self._waiting is None or not keep_alive:
            self._transport.close()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(answer)
        self._waiting = None
        self._answers += 1

    def _expect_answer(self) -> None:
        self._release = None
        self._instance = None
        self._framed = False
        self._headers_complete = False

    def _fail(self, kind: str) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ExchangeFailed(kind))
        self._waiting = None
