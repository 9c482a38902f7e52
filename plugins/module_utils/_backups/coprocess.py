# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Talks to a program that stays, line by line, as a database's own client does.

PRIVATE to the collection. It ends when it is closed and when this process
ends, however that is; the server then forgets its transaction and its locks.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.process import (
    SAID,
    dying_with,
    end_of,
    environment_with,
)

_GOODBYE = 0.5


class Ended(Exception):
    """The program is gone; ``str()`` is what it said last."""


class Coprocess:
    """A program with a pipe to write into and one to read from.

    :param descriptors: open files that it gets, under the same numbers
    :raises FileNotFoundError: when it is not installed
    """

    def __init__(
        self, argv: t.Sequence[str], environment: t.Mapping[str, t.Optional[str]], descriptors: t.Sequence[int] = ()
    ) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (closed in close)
        try:
            self._process = subprocess.Popen(
                list(argv),
                env=environment_with(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                pass_fds=tuple(descriptors),
                cwd="/",
                start_new_session=True,
                preexec_fn=dying_with(os.getpid()),  # noqa: PLW1509 (system calls only, which wait for no other thread)
            )
        except BaseException:
            self._said.close()
            raise

    def send(self, text: str) -> None:
        """Write *text*; raises :class:`Ended`."""
        stream = t.cast("t.IO[bytes]", self._process.stdin)
        try:
            stream.write(text.encode("utf-8", "surrogateescape"))
            stream.flush()
        except BrokenPipeError as error:
            raise self._ended() from error

    def line(self) -> str:
        """The next line, without its end; raises :class:`Ended`."""
        line = t.cast("t.IO[bytes]", self._process.stdout).readline()
        if not line.endswith(b"\n"):
            raise self._ended()
        return line[:-1].decode("utf-8", "surrogateescape")

    def _ended(self) -> Ended:
        self._process.wait()
        return Ended(self.said() or "it ended with code {0} and said nothing".format(self._process.returncode))

    def said(self) -> str:
        """What it said on standard error until now, the last of it."""
        return end_of(self._said).decode("utf-8", "replace")[-SAID:].strip()

    def running(self) -> bool:
        """Whether it is still there."""
        return self._process.poll() is None

    def wait(self) -> int:
        """Let it come to its end, for its exit code."""
        return self._process.wait()

    def close(self) -> None:
        """End the program: it has nothing more to read, and no more than a moment to say goodbye to its server."""
        with contextlib.suppress(BrokenPipeError):
            t.cast("t.IO[bytes]", self._process.stdin).close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_GOODBYE)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        t.cast("t.IO[bytes]", self._process.stdout).close()
        self._process.wait()
        self._said.close()
