# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SHA-256, made in a thread beside the one that reads and writes.

PRIVATE to the collection. Digests let other threads run, so on two cores they
cost a copy little time.
"""

from __future__ import annotations

import hashlib
import os
import queue
import threading
import typing as t

if t.TYPE_CHECKING:
    from hashlib import _Hash

CHUNK = 1 << 19
"""Bytes that are read at once."""
WORTH_A_THREAD = 1 << 16
"""Bytes that are digested faster than they are handed over."""
WRITTEN_AT_ONCE = 1 << 23
"""Bytes of a file that the system is told to bring to the disk while more of it is made."""
_MOST_WAITING = 8

Work = t.Callable[..., t.Any]


class Beside:
    """Does what it is given in a thread, in that order; only one thread may give."""

    def __init__(self) -> None:
        # A queue of this kind costs a small part of what an executor does, and work comes by the thousand.
        self._given: queue.SimpleQueue[t.Optional[t.Tuple[Work, t.Tuple[t.Any, ...]]]] = queue.SimpleQueue()
        self._ended: queue.SimpleQueue[t.Optional[Exception]] = queue.SimpleQueue()
        self._asked = self._done = 0
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def __enter__(self) -> Beside:
        return self

    def __exit__(self, *_error: object) -> None:
        self._given.put(None)
        self._thread.join()

    def do(self, work: Work, *arguments: t.Any) -> int:
        """Let it be done; the number is for :meth:`wait`. Raises what earlier work raised."""
        self._given.put((work, arguments))
        self._asked += 1
        self.wait(self._asked - _MOST_WAITING)
        return self._asked

    def wait(self, number: t.Optional[int] = None) -> None:
        """Return when the work of that *number* is done, or all; raises what it raised."""
        while self._done < (self._asked if number is None else number):
            self._take(self._ended.get())

    def has_done(self, number: int) -> bool:
        """Whether the work of that *number* is done; raises what it raised."""
        while self._done < number and not self._ended.empty():
            self._take(self._ended.get())
        return self._done >= number

    def _take(self, failure: t.Optional[Exception]) -> None:
        self._done += 1
        if failure is not None:
            raise failure

    def _work(self) -> None:
        for work, arguments in iter(self._given.get, None):
            try:
                work(*arguments)
            except Exception as error:  # noqa: BLE001 (a thread has nobody to raise it to; whoever waits for the work raises it)
                self._ended.put(error)
            else:
                self._ended.put(None)


class Buffers:
    """Memory in turn for what is read, of which each part comes again when its digest is made."""

    def __init__(self, beside: Beside) -> None:
        self._beside = beside
        self._made: t.List[memoryview] = []
        self._work: t.List[int] = []
        self._at = -1

    def next(self, size: int) -> memoryview:
        """So many bytes, :data:`CHUNK` at most, of what is free."""
        self._at = (self._at + 1) % (_MOST_WAITING + 1)
        if self._at == len(self._made):
            self._made.append(memoryview(bytearray(CHUNK)))
            self._work.append(0)
        self._beside.wait(self._work[self._at])
        return self._made[self._at][:size]

    def digest(self, digest: _Hash, chunk: memoryview) -> int:
        """Add the last *chunk* to *digest*, beside; as :meth:`Beside.do`."""
        self._work[self._at] = self._beside.do(digest.update, chunk)
        return self._work[self._at]


class Followed:
    """The digest of an open file, made as another reads it, so that it comes from the disk once.

    How far that one is tells the position that both share, though it be another process. Nothing of the file is read into
    memory twice but what is in the system's cache still.
    """

    def __init__(self, descriptor: int) -> None:
        self.length = 0
        self._descriptor = descriptor
        self._beside = Beside()
        self._digest = hashlib.sha256()
        self._buffer = memoryview(bytearray(CHUNK))

    def __enter__(self) -> Followed:
        return self

    def __exit__(self, *error: object) -> None:
        self._beside.__exit__(*error)

    def follow(self) -> None:
        """Come as far as who reads is, but for what is not worth it yet; raises :class:`OSError`."""
        position = os.lseek(self._descriptor, 0, os.SEEK_CUR)
        while position - self.length >= CHUNK:
            self._beside.do(self._add, self.length)
            self.length += CHUNK

    def finish(self) -> str:
        """Come to its end; the digest of it all. Raises :class:`OSError`."""
        self._beside.wait()
        while True:
            count = os.preadv(self._descriptor, [self._buffer], self.length)
            if not count:
                return self._digest.hexdigest()
            self._digest.update(self._buffer[:count])
            self.length += count

    def _add(self, begin: int) -> None:
        end = begin + CHUNK
        while begin < end:
            count = os.preadv(self._descriptor, [self._buffer[: end - begin]], begin)
            if not count:
                # It was cut off after it was read; the length will tell.
                return
            self._digest.update(self._buffer[:count])
            begin += count
