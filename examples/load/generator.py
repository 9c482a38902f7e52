# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends requests when they are due, over a fixed number of connections, until it is told to stop."""

from __future__ import annotations

import asyncio
import collections.abc
import dataclasses
import itertools
import time

from load.connection import Connection, ExchangeFailed, connect
from load.pace import Pace
from load.records import Record


@dataclasses.dataclass(frozen=True)
class Plan:
    """What to send.

    :param address: IP address and port
    :param requests: the bytes of each request, one after the other, and again from the first
    :param rate: requests a second
    :param connections: how many requests may be under way at once; when all are, the next are late
    :param keep_alive: use connections again, otherwise a new one for each request
    :param timeout: seconds that a request may take, connecting included
    :param limit: how many requests to send; None is until told to stop
    """

    address: tuple[str, int]
    requests: tuple[bytes, ...]
    rate: float
    connections: int
    keep_alive: bool = True
    timeout: float = 10.0
    limit: int | None = None


class Generator:
    """Carries out a plan once.

    :param keep: is given the record of each request when it has ended
    """

    def __init__(self, plan: Plan, keep: collections.abc.Callable[[Record], None]) -> None:
        self._plan = plan
        self._keep = keep
        self._stopping = False
        self._requests = itertools.cycle(plan.requests)
        self._idle: set[asyncio.Future[None]] = set()

    async def run(self) -> None:
        """Send until the plan's limit, or until ``stop``; returns when the last request has ended."""
        self._loop = asyncio.get_running_loop()
        # A clock that is set while we run must not tear the records apart, so it is read once.
        self._epoch = _epoch(self._loop.time)
        self._pace = Pace(self._plan.rate, self._loop.time(), self._plan.limit)
        async with asyncio.TaskGroup() as workers:
            for _number in range(self._plan.connections):
                workers.create_task(self._work())

    def stop(self) -> None:
        """Send nothing more; requests under way may finish."""
        self._stopping = True
        for future in self._idle:
            if not future.done():
                future.set_result(None)

    async def _work(self) -> None:
        connection: Connection | None = None
        while not self._stopping:
            due = self._pace.take()
            if due is None:
                break
            await self._until(due)
            if not self._stopping:
                connection = await self._send(due, connection)
        if connection is not None:
            connection.close()

    async def _until(self, due: float) -> None:
        if due <= self._loop.time():
            return
        future = self._loop.create_future()
        self._idle.add(future)
        self._loop.call_at(due, _wake, future)
        await future
        self._idle.remove(future)

    async def _send(self, due: float, connection: Connection | None) -> Connection | None:
        """One request on this connection, or on a new one; returns the connection when it can be used again."""
        sent = self._loop.time()
        outcome: int | str
        release = instance = None
        try:
            async with asyncio.timeout(self._plan.timeout):
                if connection is None or not connection.usable:
                    connection = await connect(*self._plan.address)
                outcome, release, instance = await connection.exchange(next(self._requests))
        except ExchangeFailed as error:
            outcome = error.kind
        except TimeoutError:
            outcome = "timeout"
            if connection is not None:
                connection.abort()
        latency = self._loop.time() - sent
        self._keep(Record(self._epoch + sent, sent - due, latency, outcome, release, instance))
        return self._kept(connection)

    def _kept(self, connection: Connection | None) -> Connection | None:
        if connection is None or not connection.usable:
            return None
        if not self._plan.keep_alive:
            connection.close()
            return None
        return connection


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _epoch(clock: collections.abc.Callable[[], float]) -> float:
    """When *clock* was 0, in seconds since the epoch: of several readings the one that was interrupted least, as a busy machine may stop one halfway."""
    readings = []
    for _number in range(20):
        before, now, after = clock(), time.time(), clock()
        readings.append((after - before, now - (before + after) / 2))
    return min(readings)[1]
