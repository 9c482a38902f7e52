# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the programs that keep, dump and restore data.

PRIVATE to the collection. Without a shell, without a terminal on which they
could ask, in English, and never longer than whoever runs them.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import io
import os
import select
import signal
import subprocess
import sys
import termios
import threading
import types
import typing as t
from dataclasses import dataclass

SAID = 4000
"""Characters kept of what a program says on standard error: its last ones."""

_NOTHING: t.Mapping[str, t.Optional[str]] = types.MappingProxyType({})
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
_CHUNK = 65536

Reader = t.Callable[[t.IO[bytes]], None]


@dataclass(frozen=True)
class Finished:
    """How a program ended.

    :param code: its exit code; below 0 for one that a signal ended
    :param out: what it wrote, unless that went into a file
    :param err: what it said on standard error, the last :data:`SAID` characters
    """

    code: int
    out: bytes
    err: str


def run(
    argv: t.Sequence[str],
    *,
    environment: t.Mapping[str, t.Optional[str]] = _NOTHING,
    stdin: t.Union[bytes, t.IO[bytes], None] = None,
    stdout: t.Union[t.IO[bytes], Reader, None] = None,
    stderr: t.Optional[t.IO[bytes]] = None,
    descriptors: t.Sequence[int] = (),
    folder: t.Optional[str] = None,
    timeout: t.Optional[float] = None,
) -> Finished:
    """Run a program to its end; it, and what it starts in its session, is killed when this process ends, however that is.

    What it starts in another session, as daemons do, lives on; what that writes after the program's end is not waited for.

    :param environment: variables beside those of this process; None takes one away
    :param stdin: what it reads; nothing when it is None
    :param stdout: a file to write into, or what reads it while the program runs, in another thread
    :param stderr: a file for all that it says, which may be more than is kept otherwise; readable too
    :param descriptors: open files that it gets, under the same numbers
    :param folder: where it runs
    :param timeout: seconds
    :raises FileNotFoundError: when it is not installed
    :raises TimeoutError: when it ran out of time, and was killed; with what it said
    """
    given = stdin if not isinstance(stdin, bytes) else None
    with subprocess.Popen(
        list(argv),
        env=environment_with(environment),
        stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE if given is None else given,
        stdout=subprocess.PIPE if stdout is None or callable(stdout) else stdout,
        stderr=subprocess.PIPE if stderr is None else stderr,
        pass_fds=tuple(descriptors),
        cwd=folder,
        start_new_session=True,
        preexec_fn=dying_with(os.getpid()),  # noqa: PLW1509 (system calls only, which wait for no other thread)
    ) as process:
        streams = _Streams(process, stdin if isinstance(stdin, bytes) else b"", stdout if callable(stdout) else None)
        alarm = _Alarm(process, timeout)
        try:
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        finally:
            alarm.cancel()
            # While it has not been waited for, its number cannot be another's.
            _kill(process)
            process.wait()
            streams.join()
    said = (bytes(streams.err) if stderr is None else end_of(stderr)).decode("utf-8", "replace")[-SAID:].strip()
    if alarm.rang:
        raise TimeoutError(
            "{0} did not end within {1:g} seconds{2}".format(
                os.path.basename(argv[0]), timeout or 0, "; it said: " + said if said else ""
            )
        )
    return Finished(process.returncode, bytes(streams.out), said)


class _Alarm:
    """Kills a process after a time, unless it is cancelled before."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: t.Optional[float]) -> None:
        self.rang = False
        self._process = process
        self._timer = None if seconds is None else threading.Timer(seconds, self._ring)
        if self._timer is not None:
            self._timer.start()

    def _ring(self) -> None:
        self.rang = True
        _kill(self._process)

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()


class _Streams:
    """Reads and writes what is connected to a process, each end in a thread of its own."""

    def __init__(self, process: subprocess.Popen[bytes], sent: bytes, reader: t.Optional[Reader]) -> None:
        self.out = bytearray()
        self.err = bytearray()
        self._threads: t.List[threading.Thread] = []
        # Closed when the process has ended, which wakes whoever waits for another that holds the other end of a stream.
        self._over, self._running = os.pipe()
        if process.stdin is not None:
            self._begin(_write, process.stdin, sent, self._over)
        if process.stdout is not None and reader is not None:
            self._begin(_read_with, self._written(process.stdout), reader)
        elif process.stdout is not None:
            self._begin(_read, self._written(process.stdout), self.out, None)
        if process.stderr is not None:
            # A character has at most four bytes.
            self._begin(_read, self._written(process.stderr), self.err, 4 * SAID)

    def _written(self, stream: t.IO[bytes]) -> t.IO[bytes]:
        return io.BufferedReader(_Written(stream.fileno(), self._over), _CHUNK)

    def _begin(self, work: t.Callable[..., None], *arguments: t.Any) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        thread.start()
        self._threads.append(thread)

    def join(self) -> None:
        """Return when all is read that the process wrote, which has ended."""
        os.close(self._running)
        for thread in self._threads:
            thread.join()
        os.close(self._over)


class _Written(io.RawIOBase):
    """What a process writes into a pipe until it ends, although others may hold the pipe open for longer."""

    def __init__(self, pipe: int, over: int) -> None:
        self._pipe = pipe
        self._over = over
        self._left: t.Optional[int] = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int:
        if self._left is None and self._over in _ready(self._over, (self._pipe, select.POLLIN)):
            # It will write no more, so all of it is there.
            self._left = _held(self._pipe)
        chunk = os.read(self._pipe, len(buffer) if self._left is None else min(len(buffer), self._left))
        buffer[: len(chunk)] = chunk
        if self._left is not None:
            self._left -= len(chunk)
        return len(chunk)


def _ready(over: int, *streams: t.Tuple[int, int]) -> t.List[int]:
    """Wait for one of the descriptors at least, and say which."""
    waiting = select.poll()
    for descriptor, event in ((over, select.POLLIN), *streams):
        waiting.register(descriptor, event)
    return [descriptor for descriptor, _event in waiting.poll()]


def _held(pipe: int) -> int:
    """How many bytes are in a pipe."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


def _write(stream: t.IO[bytes], content: bytes, over: int) -> None:
    with contextlib.suppress(BrokenPipeError), stream:
        os.set_blocking(stream.fileno(), False)
        rest = memoryview(content)
        while rest and over not in _ready(over, (stream.fileno(), select.POLLOUT)):
            with contextlib.suppress(BlockingIOError):
                rest = rest[os.write(stream.fileno(), rest) :]


def _read(stream: t.IO[bytes], into: bytearray, kept: t.Optional[int]) -> None:
    buffered = t.cast(io.BufferedReader, stream)
    for chunk in iter(lambda: buffered.read1(_CHUNK), b""):
        into.extend(chunk)
        if kept is not None:
            del into[:-kept]


def _read_with(stream: t.IO[bytes], reader: Reader) -> None:
    """Whatever the reader leaves is read too, so that the program can go on."""
    try:
        reader(stream)
    finally:
        _read(stream, bytearray(), 1)


def end_of(file: t.IO[bytes]) -> bytes:
    """The last of what a program said into *file*, enough for :data:`SAID` characters."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 4 * SAID))
    return file.read()


def environment_with(changes: t.Mapping[str, t.Optional[str]]) -> t.Dict[str, str]:
    """What a program says is read by programs, so it is to be in English; names of files stay UTF-8."""
    environment: t.Dict[str, t.Optional[str]] = dict(os.environ, LC_ALL="C.UTF-8")
    environment["LANGUAGE"] = None
    environment.update(changes)
    return {name: value for name, value in environment.items() if value is not None}


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def dying_with(parent: int) -> t.Optional[t.Callable[[], None]]:
    """What the child does before it becomes the program; None where the system cannot do that."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is None:
        return None

    def before() -> None:
        prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return before
