# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SHA-256, made in a thread beside the one that reads and writes.

PRIVATE to the collection. Digests let other threads run, so on two cores they
cost a copy little time.
"""

from __future__ import annotations

import collections
import concurrent.futures
import hashlib
import typing as t

if t.TYPE_CHECKING:
    from hashlib import _Hash

CHUNK = 1 << 18
"""Bytes that are read at once."""
WORTH_A_THREAD = 1 << 16
"""Bytes that are digested faster than they are handed over."""
_MOST_WAITING = 8


class Beside:
    """Feeds digests, each in the order in which it was asked to."""

    def __init__(self) -> None:
        self._thread = concurrent.futures.ThreadPoolExecutor(1)
        self._waiting: t.Deque[concurrent.futures.Future[None]] = collections.deque()

    def __enter__(self) -> Beside:
        return self

    def __exit__(self, *_error: object) -> None:
        self._thread.shutdown()

    def update(self, digest: _Hash, chunk: bytes) -> concurrent.futures.Future[None]:
        """Add *chunk*, which must not change any more, to *digest*: it is when what is returned is done."""
        added = self._thread.submit(digest.update, chunk)
        self._waiting.append(added)
        while len(self._waiting) > _MOST_WAITING:
            self._waiting.popleft().result()
        return added

    def wait(self) -> None:
        """Return when all is added."""
        while self._waiting:
            self._waiting.popleft().result()


def digest_of(stream: t.BinaryIO) -> t.Tuple[str, int]:
    """The SHA-256 and the length of what is left in *stream*."""
    digest = hashlib.sha256()
    length = 0
    for chunk in iter(lambda: stream.read(CHUNK), b""):
        digest.update(chunk)
        length += len(chunk)
    return digest.hexdigest(), length
