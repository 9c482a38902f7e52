# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command within a time limit, keeping a bounded part of what it writes.

PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import signal
import subprocess
import threading
import time
import typing as t
from dataclasses import dataclass

OUTPUT_LIMIT = 1024 * 1024
"""Bytes kept of each stream; the rest is read and forgotten."""

_PATIENCE = 1.0
"""Seconds for a command that is just being started."""


@dataclass(frozen=True)
class Completed:
    """How a command ended. ``rc`` is None for one that ran out of time, and below 0 for one that a signal ended."""

    rc: t.Optional[int]
    stdout: str
    stderr: str


class Custody:
    """Keeps the commands under way; whatever still runs when it is left is killed, and nothing more begins.

    The latest one that was entered keeps the commands of all threads.
    """

    latest: t.ClassVar[Custody]

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._starting = 0
        self._running: t.Set[subprocess.Popen[bytes]] = set()
        self._left = threading.Event()

    def __enter__(self) -> Custody:
        Custody.latest = self
        return self

    def __exit__(self, *exc_info: object) -> None:
        """A start that hangs is not waited for, so that it cannot hold up whoever leaves."""
        with self._changed:
            self._left.set()
            self._changed.wait_for(lambda: not self._starting, _PATIENCE)
        for process in list(self._running):
            kill(process)

    def start(self, argv: t.Sequence[str]) -> subprocess.Popen[bytes]:
        """Start a command, at the head of a session of its own.

        :raises OSError: when it cannot be started
        """
        with self._changed:
            if self._left.is_set():
                raise OSError(errno.ECANCELED, os.strerror(errno.ECANCELED))
            self._starting += 1
        try:
            process = subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            self._running.add(process)
            if self._left.is_set():
                kill(process)
            return process
        finally:
            with self._changed:
                self._starting -= 1
                self._changed.notify_all()

    def release(self, process: subprocess.Popen[bytes]) -> None:
        """Keep a command no longer."""
        self._running.discard(process)


Custody.latest = Custody()


def run(argv: t.Sequence[str], until: float) -> Completed:
    """Run ``argv`` without a shell; at ``until`` on the monotonic clock it and its children are killed.

    :raises OSError: when it cannot be started
    """
    custody = Custody.latest
    with custody.start(argv) as process:
        written = {process.stdout: bytearray(), process.stderr: bytearray()}
        try:
            in_time = _read(written, until)
            rc: t.Optional[int] = process.wait(max(0.0, until - time.monotonic())) if in_time else None
        except subprocess.TimeoutExpired:
            rc = None
        finally:
            kill(process)
            custody.release(process)
        return Completed(rc, _text(written[process.stdout]), _text(written[process.stderr]))


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a command and its children, unless it has been waited for; what another user runs cannot be killed."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _read(written: t.Mapping[t.Any, bytearray], until: float) -> bool:
    """Read until both streams end; False when time ran out first."""
    with selectors.DefaultSelector() as selector:
        for stream in written:
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map():
            left = until - time.monotonic()
            if left <= 0:
                return False
            for key, _events in selector.select(left):
                chunk = os.read(key.fd, 65536)
                kept = written[key.fileobj]
                kept.extend(chunk[: OUTPUT_LIMIT - len(kept)])
                if not chunk:
                    selector.unregister(key.fileobj)
    return True


def _text(output: bytearray) -> str:
    return output.decode("utf-8", "replace")
