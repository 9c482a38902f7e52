# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing the archive of a snapshot, and its manifest as it comes.

PRIVATE to the collection.
"""

from __future__ import annotations

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
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.digests import CHUNK, Beside
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.entries import Entry, Kind
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.manifest import (
    Head,
    Tail,
    Writer,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import DumpFailed

MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


def write_snapshot(folder: str, head: Head, key: t.Optional[bytes], found: t.Iterable[tree.Found]) -> Tail:
    """Write what is *found* into the empty *folder*; all of it is on the disk when this returns.

    Raises :class:`OSError`, of *folder* only, and what reading raises.
    """
    with _created(os.path.join(folder, MANIFEST)) as manifest, Measured(
        os.open(os.path.join(folder, head.archive), _NEW, 0o600)
    ) as measured, Beside() as beside:
        writer = Writer(manifest, head, key)
        files = held = 0
        with _explained(), compressor(head.compression, measured) as compressed:
            archive = _Archive(compressed, beside)
            for entry, opened in found:
                written = archive.add(entry, opened)
                writer.add(written)
                if written.kind is Kind.FILE:
                    files += 1
                    held += written.size
            archive.end()
        tail = Tail(sha256=measured.finish(), length=measured.length, files=files, bytes=held)
        seal = writer.finish(tail)
    with _created(os.path.join(folder, SIGNATURE)) as signature:
        signature.write(seal.encode("ascii"))
        signature.flush()
        os.fsync(signature.fileno())
    return tail


class _Archive:
    """The tar archive; what is small is gathered, since each write costs."""

    def __init__(self, into: t.Any, beside: Beside) -> None:
        self._into = into
        self._beside = beside
        self._gathered: t.List[bytes] = []
        self._size = 0
        self._position = 0

    def add(self, entry: Entry, opened: t.Optional[int]) -> Entry:
        """Write an entry, which comes back with the digest of what was written of it."""
        self._write(headers.header(entry))
        if opened is None:
            return entry
        digest = hashlib.sha256()
        for chunk in tree.content(entry, opened):
            self._beside.update(digest, chunk)
            self._write(chunk)
        self._write(headers.padding(entry))
        self._beside.wait()
        return replace(entry, sha256=digest.hexdigest())

    def end(self) -> None:
        """Write what ends an archive."""
        self._write(headers.ending(self._position))
        self._flush()

    def _write(self, chunk: bytes) -> None:
        self._position += len(chunk)
        self._gathered.append(chunk)
        self._size += len(chunk)
        if self._size >= CHUNK:
            self._flush()

    def _flush(self) -> None:
        gathered, self._gathered, self._size = self._gathered, [], 0
        self._into.write(gathered[0] if len(gathered) == 1 else b"".join(gathered))


@contextlib.contextmanager
def _explained() -> t.Iterator[None]:
    try:
        yield
    except Torn as error:
        raise DumpFailed("the archive cannot be compressed: {0}".format(error)) from error


def _created(path: str) -> t.BinaryIO:
    return os.fdopen(os.open(path, _NEW, 0o600), "wb", CHUNK)
