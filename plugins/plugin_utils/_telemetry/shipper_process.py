# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run's side of the process that ships: hands observations over and never waits, but for its end.

PRIVATE to the collection. Imports as little as can be: each result is worked on in a copy of the run's process, and what
that has in memory is paid for each time.
"""

from __future__ import annotations

import collections
import contextlib
import fcntl
import json
import os
import pathlib
import select
import subprocess
import sys
import time

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.handing_over import END, written
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.model import Observation
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.options import Options

ROOM = 100_000
"""Observations that wait for a process that does not read."""
_SET_SIZE = getattr(fcntl, "F_SETPIPE_SZ", None)
_PIPE = 1 << 20
"""Bytes that the system is asked to keep for it, where it can be, which is as much as a user may by default."""
_GRACE = 5.0
"""Seconds that it is given to say what became of all, beside those in which it ships; it takes them where it does not run, alone."""
_START = """
import sys
sys.path[:] = sys.argv[1:]
try:
    from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry import shipper
except ImportError as error:
    import json
    print(json.dumps({"problem": "it cannot be imported: {0}".format(error)}))
else:
    shipper.run()
"""
"""With the path of the run alone: the present folder, of which anybody may be the owner, is not looked in."""


class ShipperProcess:
    """The process, from its start to its end.

    Its input ends with the run, also with one that is killed; it ships what it has then, and keeps the rest.
    """

    def __init__(self, options: Options) -> None:
        # Where ansible_collections is, by the names by which it was found: a link is not followed.
        path = [str(pathlib.Path(__file__).parents[6]), *filter(None, sys.path)]
        self._flush = options.flush
        theirs_in, self._input = os.pipe()
        self._output, theirs_out = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _START, *path],
            stdin=theirs_in,
            stdout=theirs_out,
            stderr=subprocess.DEVNULL,
            # What interrupts the run is not to interrupt the shipping of that.
            start_new_session=True,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        os.set_blocking(self._input, False)
        os.set_blocking(self._output, False)
        # A user may have used up what there is of it.
        with contextlib.suppress(OSError):
            if _SET_SIZE is not None:
                fcntl.fcntl(self._input, _SET_SIZE, _PIPE)
        # A worker of Ansible's that outlives a killed run must not keep the input open.
        self._is_open = True
        os.register_at_fork(after_in_child=self._close)
        self._waiting: collections.deque[bytes] = collections.deque()
        self._told = b""
        self._said: dict[str, str | list[str]] = {}
        self._is_gone = False
        self._lost = 0
        self._hand_over(written(options))

    def see(self, observation: Observation) -> None:
        """Have this shipped, soon. Never waits."""
        if self._is_gone or len(self._waiting) >= ROOM:
            self._lost += 1
        else:
            self._hand_over(written(observation))

    def problem(self) -> str:
        """Why it cannot ship at all, once it has said so; empty where it can, or has not said it yet."""
        if "problem" not in self._said:
            self._listen(0.0)
        return str(self._said.get("problem", ""))

    def end(self) -> list[str]:
        """Wait until all is shipped or kept, for as long as the options say; what went where, in lines."""
        until = time.monotonic() + self._flush + _GRACE
        self._hand_over(END)
        while self._waiting and not self._is_gone and time.monotonic() < until:
            select.select([], [self._input], [], 0.1)
            self._write()
        while "lines" not in self._said and time.monotonic() < until and self._listen(until - time.monotonic()):
            continue
        lines = self._said.get("lines", [])
        if self._lost or self._waiting:
            count = self._lost + sum(line != END for line in self._waiting)
            lines = [*lines, "telemetry: {0} observations were not taken, and are missing".format(count)]
        if "lines" not in self._said and not self.problem():
            lines = [*lines, "telemetry: the process that ships has not said what became of the rest"]
        self._close()
        return list(lines)

    def _close(self) -> None:
        """Take no part in it any more."""
        if self._is_open:
            self._is_open = False
            os.close(self._input)
            os.close(self._output)

    def _hand_over(self, line: bytes) -> None:
        self._waiting.append(line)
        self._write()

    def _write(self) -> None:
        """As much as it takes right now."""
        while self._waiting:
            first = self._waiting[0]
            try:
                count = os.write(self._input, first)
            except BlockingIOError:
                return
            except BrokenPipeError:
                self._is_gone = True
                return
            if count < len(first):
                self._waiting[0] = first[count:]
            else:
                self._waiting.popleft()

    def _listen(self, seconds: float) -> bool:
        """Take in what it says within *seconds*; whether it may say more."""
        if not select.select([self._output], [], [], max(0.0, seconds))[0]:
            return False
        read = os.read(self._output, 1 << 16)
        *lines, self._told = (self._told + read).split(b"\n")
        for line in lines:
            self._said.update(json.loads(line))
        return bool(read)
