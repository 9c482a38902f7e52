# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing the archive of a snapshot, and its manifest as it comes.

PRIVATE to the collection.
"""

from __future__ import annotations

import collections
import contextlib
import hashlib
import os
import typing as t
from dataclasses import replace

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive import headers, tree
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.compression import (
    Measured,
    Torn,
    compressor,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.digests import (
    CHUNK,
    WORTH_A_THREAD,
    Beside,
    Buffers,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.entries import Entry
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.manifest import (
    Head,
    Tail,
    Writer,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import DumpFailed

if t.TYPE_CHECKING:
    from hashlib import _Hash

MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
COPY = "backup.json"
"""The copy of a file that is in the archive too; it has the SHA-256 of that file's entry."""
_MOST_BEHIND = 64
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


def write_snapshot(folder: str, head: Head, key: t.Optional[bytes], found: t.Iterable[tree.Found]) -> Tail:
    """Write what is *found* into the empty *folder*; all of it is on the disk when this returns.

    Raises :class:`OSError`, of *folder* only, and what reading raises.
    """
    with _created(os.path.join(folder, MANIFEST)) as manifest, Measured(
        os.open(os.path.join(folder, head.archive), _NEW, 0o600)
    ) as measured, Beside() as beside:
        writer = Writer(manifest, head, key)
        listing = _Listing(writer, beside)
        with _explained(), compressor(head.compression, measured) as compressed:
            archive = _Archive(compressed, beside)
            for entry, opened in found:
                if entry.path == head.copied and opened is not None:
                    _write_whole(os.path.join(folder, COPY), tree.content(entry, opened, Buffers(beside)))
                listing.add(archive.add(entry, opened))
            archive.end()
        listing.finish()
        tail = Tail(measured.finish(), measured.length, listing.files, listing.bytes)
        seal = writer.finish(tail)
    _write_whole(os.path.join(folder, SIGNATURE), [seal.encode("ascii")])
    return tail


class _Written(t.NamedTuple):
    """An entry that is in the archive, and the digest of its content, which is complete when the work *added* is done."""

    entry: Entry
    digest: t.Optional[_Hash]
    added: int


class _Listing:
    """The entries on their way into the manifest; digests may be some files behind."""

    def __init__(self, writer: Writer, beside: Beside) -> None:
        self.files = 0
        self.bytes = 0
        self._writer = writer
        self._beside = beside
        self._waiting: t.Deque[_Written] = collections.deque()

    def add(self, written: _Written) -> None:
        self._waiting.append(written)
        while self._waiting and self._is_next():
            self._list(self._waiting.popleft())

    def finish(self) -> None:
        while self._waiting:
            self._list(self._waiting.popleft())

    def _is_next(self) -> bool:
        return self._beside.has_done(self._waiting[0].added) or len(self._waiting) > _MOST_BEHIND

    def _list(self, written: _Written) -> None:
        entry, digest, added = written
        self._beside.wait(added)
        if digest is not None:
            entry = replace(entry, sha256=digest.hexdigest())
            self.files += 1
            self.bytes += entry.size
        self._writer.add(entry)


class _Archive:
    """The tar archive; what is small is gathered, since each write costs."""

    def __init__(self, into: t.Any, beside: Beside) -> None:
        self._into = into
        self._buffers = Buffers(beside)
        self._gathered = bytearray()
        self._position = 0

    def add(self, entry: Entry, opened: t.Optional[int]) -> _Written:
        """Write an entry, with the content of a file."""
        self._write(headers.header(entry))
        if opened is None:
            return _Written(entry, None, 0)
        digest, added = hashlib.sha256(), 0
        large = sum(length for _offset, length in entry.stored) >= WORTH_A_THREAD
        for chunk in tree.content(entry, opened, self._buffers):
            if large:
                added = self._buffers.digest(digest, chunk)
            else:
                digest.update(chunk)
            self._write(chunk)
        self._write(headers.padding(entry))
        return _Written(entry, digest, added)

    def end(self) -> None:
        """Write what ends an archive."""
        self._write(headers.ending(self._position))
        self._flush()

    def _write(self, chunk: t.Union[bytes, memoryview]) -> None:
        self._position += len(chunk)
        if len(chunk) < WORTH_A_THREAD:
            self._gathered += chunk
            if len(self._gathered) >= CHUNK:
                self._flush()
        else:
            self._flush()
            self._into.write(chunk)

    def _flush(self) -> None:
        gathered, self._gathered = self._gathered, bytearray()
        if gathered:
            self._into.write(gathered)


@contextlib.contextmanager
def _explained() -> t.Iterator[None]:
    try:
        yield
    except Torn as error:
        raise DumpFailed("the archive cannot be compressed: {0}".format(error)) from error


def _write_whole(path: str, content: t.Iterable[t.Union[bytes, memoryview]]) -> None:
    with _created(path) as stream:
        stream.writelines(content)
        stream.flush()
        os.fsync(stream.fileno())


def _created(path: str) -> t.BinaryIO:
    return os.fdopen(os.open(path, _NEW, 0o600), "wb", CHUNK)
