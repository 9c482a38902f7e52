# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command within a time limit, keeping a bounded part of what it writes.

PRIVATE to the collection.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
import typing as t
from dataclasses import dataclass

OUTPUT_LIMIT = 1024 * 1024
"""Bytes kept of each stream; the rest is read and forgotten."""


@dataclass(frozen=True)
class Completed:
    """How a command ended. ``rc`` is None for one that ran out of time, and below 0 for one that a signal ended."""

    rc: t.Optional[int]
    stdout: str
    stderr: str


def run(argv: t.Sequence[str], until: float) -> Completed:
    """Run ``argv`` without a shell; at ``until`` on the monotonic clock it and its children are killed.

    :raises OSError: when it cannot be started
    """
    with subprocess.Popen(
        list(argv), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        written = {process.stdout: bytearray(), process.stderr: bytearray()}
        try:
            in_time = _read(written, until)
            rc: t.Optional[int] = process.wait(max(0.0, until - time.monotonic())) if in_time else None
        except subprocess.TimeoutExpired:
            rc = None
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
        return Completed(rc, _text(written[process.stdout]), _text(written[process.stderr]))


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
