# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One instance of a release: ``python instance.py RELEASE PORT NAME PID_FILE``.

It starts within a tenth of a second and behaves as the JSON file RELEASE says
(see :data:`QUALITIES`). Every answer names the release and the instance. It
holds a flock(2) on PID_FILE for as long as it lives, and prints a line once it
listens. SIGTERM lets the requests under way finish.

- ``/readyz``                 200, or 503 where it is not ready
- ``/metrics``                what it has counted, in Prometheus' text format
- ``/control/QUALITY/VALUE``  changes one of its qualities
- anything else               is counted, takes its time and is answered with 200, or with 500
"""

from __future__ import annotations

import asyncio
import collections
import fcntl
import json
import os
import pathlib
import signal
import statistics
import sys
import time
import typing as t

from ansible_collections.progressive.delivery.tests.e2e.balancers.endpoint_server import Exchange

QUALITIES: dict[str, t.Any] = {"starts": True, "ready": True, "error_rate": 0.0, "latency": 0.002}
"""What a release is unless it says otherwise; the error rate is a part of 1, the latency in seconds."""
RECENT = 100
"""How many requests ``error_ratio`` and ``latency_seconds`` are about."""


class Instance:
    """What :class:`Exchange` asks for answers.

    :param pool: what it says in X-Release
    """

    def __init__(self, release: dict[str, t.Any], name: str) -> None:
        self.pool = release["version"]
        self.name = name
        self.in_flight = 0
        self.ends = False
        self._is = {**QUALITIES, **release}
        self._answers: collections.Counter[int] = collections.Counter()
        self._recent: collections.deque[tuple[bool, float]] = collections.deque(maxlen=RECENT)
        self._due = 0.5

    async def answer(self, _method: str, path: str, _headers: dict[str, str]) -> tuple[int, bytes]:
        """The status and the body for *path*."""
        _empty, first, *rest = path.partition("?")[0].split("/")
        if first == "readyz":
            return (200, b"ready\n") if self._is["ready"] else (503, b"not ready\n")
        if first == "metrics":
            return 200, self._metrics().encode()
        if first == "control":
            self._is[rest[0]] = json.loads(rest[1])
            return 200, b"done\n"
        self.in_flight += 1
        try:
            return await self._serve()
        finally:
            self.in_flight -= 1

    async def _serve(self) -> tuple[int, bytes]:
        """Errors come at regular distances, so that a verdict on them is no matter of chance."""
        begun = time.perf_counter()
        self._due += self._is["error_rate"]
        fails = self._due >= 1
        self._due -= fails
        await asyncio.sleep(self._is["latency"])
        status = 500 if fails else 200
        self._answers[status] += 1
        self._recent.append((fails, time.perf_counter() - begun))
        return status, b"sorry\n" if fails else b"hello\n"

    def _metrics(self) -> str:
        lines = ["# TYPE requests_total counter"]
        lines += [f'requests_total{{code="{code}"}} {count}' for code, count in self._answers.items()]
        if self._recent:
            fails, latencies = zip(*self._recent, strict=True)
            lines += ["# TYPE error_ratio gauge", f"error_ratio {sum(fails) / len(fails)}"]
            lines += ["# TYPE latency_seconds gauge", f"latency_seconds {statistics.median(latencies)}"]
        return "\n".join([*lines, ""])


async def serve(instance: Instance, port: int) -> None:
    """Listen, say so, and serve until SIGTERM."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    server = await loop.create_server(lambda: Exchange(instance), "127.0.0.1", port, backlog=1024)
    print("listening", flush=True)
    await stopped.wait()
    server.close()
    instance.ends = True
    # What was accepted last may still bring its request, and what is answered is still to be sent.
    await asyncio.sleep(0.05)
    while instance.in_flight:
        await asyncio.sleep(0.01)


def main() -> None:
    path, port, name, pid_file = sys.argv[1:]
    release = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    with open(pid_file, "w", encoding="ascii") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        print(os.getpid(), file=held, flush=True)
        instance = Instance(release, name)
        if not release.get("starts", True):
            sys.exit(f"{name}: release {release['version']} does not start")
        asyncio.run(serve(instance, int(port)))


if __name__ == "__main__":
    main()
