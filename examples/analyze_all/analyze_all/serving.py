# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process: opens the port, serves until it is told to stop, and stops without dropping anybody.

A stop goes: not ready, and every answer says that the connection ends
(``lame_duck`` seconds) → the port closes → requests on their way in are still
read (``SETTLE`` seconds) → connections without a request close, the others as
soon as they are answered → the process ends.
"""

from __future__ import annotations

import asyncio
import collections.abc
import contextlib
import dataclasses
import logging
import signal
import socket

import uvicorn

from analyze_all.manifest import Manifest
from analyze_all.server import Service

SETTLE = 0.2
"""Seconds for which a connection accepted last may still bring its request."""

KEEP_ALIVE = 2 * 3600
"""Seconds an idle connection is kept. Balancers keep theirs for up to an hour; if the service gave up first, it
would now and then close a connection on which a request is already under way."""

log = logging.getLogger("analyze_all")


@dataclasses.dataclass(frozen=True)
class StopTimes:
    """How long each part of a stop may take, in seconds.

    :param lame_duck: how long the port stays open after the service has said that it is not ready
    :param drain: how long requests in flight may take after that; then they are cut
    """

    lame_duck: float = 0.5
    drain: float = 25.0


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; connections are refused until it is served.

    :raises OSError: the address is not this machine's, or is taken
    """
    family, kind, protocol, _name, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    bound = socket.socket(family, kind, protocol)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(address)
    return bound


async def serve(service: Service, manifest: Manifest, instance: str, bound: socket.socket, times: StopTimes) -> None:
    """Serve on a bound socket until SIGTERM or SIGINT, then stop as the module says."""
    server = _Server(_configuration(service, manifest, instance, times), times.lame_duck)
    told_to_stop = asyncio.Event()

    def stop() -> None:
        service.readiness.drain()
        server.should_exit = True
        told_to_stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(told_to_stop.wait(), manifest.faults.start_delay_seconds)
    if not told_to_stop.is_set():
        await server.serve(sockets=[bound])
    log.info("stopped")


class _Server(uvicorn.Server):
    """uvicorn's server, which by itself would close the port at once and end by the signal that it caught."""

    def __init__(self, config: uvicorn.Config, lame_duck: float) -> None:
        super().__init__(config)
        self._lame_duck = lame_duck

    @contextlib.contextmanager
    def capture_signals(self) -> collections.abc.Generator[None, None, None]:
        """Leave the signals to ``serve``."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for bound in sockets or []:
            log.info("serving on %s port %d", *bound.getsockname()[:2])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        log.info("not ready any more; the port closes in %g s", self._lame_duck)
        await asyncio.sleep(self._lame_duck)
        for listener in self.servers:
            listener.close()
        await asyncio.sleep(SETTLE)
        await super().shutdown(sockets)


def _configuration(service: Service, manifest: Manifest, instance: str, times: StopTimes) -> uvicorn.Config:
    return uvicorn.Config(
        service.application(),
        http="httptools",
        ws="none",
        lifespan="off",
        headers=[("X-Release", manifest.version), ("X-Instance", instance)],
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=max(1, round(times.drain)),
    )
