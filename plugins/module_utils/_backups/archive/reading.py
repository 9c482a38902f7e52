# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a snapshot: everything in it is compared with the manifest, and the manifest with its signature.

PRIVATE to the collection. The headers that belong to the manifest are made
again and compared byte by byte, so an archive that says anything else than its
manifest is never understood, only refused. All of it is read once: what is
given meanwhile is known to be right when the last has come.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tarfile
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive import headers
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.compression import (
    Torn,
    check,
    decompressor,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.digests import (
    CHUNK,
    WORTH_A_THREAD,
    Beside,
    Buffers,
    Followed,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.entries import Entry, Kind
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.manifest import Manifest, Tail
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.writing import (
    COPY,
    MANIFEST,
    SIGNATURE,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import (
    RepositoryUnreachable,
    SnapshotDamaged,
    UnknownSnapshot,
    WrongPassword,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Snapshot

_LONGEST_SIGNATURE = 1000
_LONGEST_COPY = 1 << 28
# None is what a decompressor says without the system; all else may be over when the disk or the net is there again.
_NO_FILE_OF_OURS = (None, errno.EISDIR, errno.ENOTDIR, errno.ELOOP)

KeyOf = t.Callable[[t.Optional[str]], t.Optional[bytes]]
Stored = t.Iterable[t.Tuple[int, t.Union[bytes, memoryview]]]
"""What is stored of a file: offsets, and what stands there, each until the next is asked for."""
Members = t.Iterable[t.Tuple[Entry, t.Optional[Stored]]]


@contextlib.contextmanager
def opened_manifest(folder: str) -> t.Iterator[Manifest]:
    """The manifest in *folder*, not yet compared with its signature."""
    with contextlib.ExitStack() as opened:
        with explained(folder):
            stream = opened.enter_context(open(os.path.join(folder, MANIFEST), "rb", CHUNK))
            manifest = Manifest(stream, os.path.basename(folder))
        yield manifest


class Reader:
    """A snapshot whose manifest is as it was written; :func:`opened_snapshot` gives one."""

    def __init__(self, manifest: Manifest, archive: t.BinaryIO, folder: str) -> None:
        self._manifest = manifest
        self._archive = archive
        self._folder = folder

    def entries(self) -> t.Iterator[Entry]:
        """All that it holds; only when the last has come it is known that the manifest was not changed meanwhile."""
        # What whoever takes them raises does not come by here.
        with explained(self._folder):
            yield from self._manifest.entries()

    def copied(self, path: str) -> t.Optional[Members]:
        """The file *path* and the folders that it is in, from the copy beside the archive, of which nothing is read.

        None where there is no copy of it that is right: the archive has it too.
        """
        if path != self._manifest.head.copied:
            return None
        try:
            return self._copied(path)
        except SnapshotDamaged:
            return None

    def check_copy(self) -> None:
        """Raise :class:`SnapshotDamaged` unless the copy is there and right, if one was made."""
        if self._manifest.head.copied is not None:
            self._copied(self._manifest.head.copied)

    def _copied(self, path: str) -> Members:
        way = [entry for entry in self.entries() if (path + "/").startswith(entry.path + "/")]
        with explained(self._folder), open(os.path.join(self._folder, COPY), "rb") as stream:
            content = stream.read(_LONGEST_COPY)
        if not way or way[-1].path != path or hashlib.sha256(content).hexdigest() != way[-1].sha256:
            raise SnapshotDamaged("{0}: {1} is not what {2!r} was".format(os.path.basename(self._folder), COPY, path))
        parts, begin = [], 0
        for offset, length in way[-1].stored:
            parts.append((offset, content[begin : begin + length]))
            begin += length
        return [*((entry, None) for entry in way[:-1]), (way[-1], parts)]

    def members(self) -> t.Iterator[t.Tuple[Entry, t.Optional[Content]]]:
        """Each entry, a file with its content, which may be left unread; raises :class:`SnapshotDamaged`.

        Only behind the last one it is known that the archive is the one that was written, to its last byte.
        """
        self._archive.seek(0)
        with Beside() as beside, Followed(self._archive.fileno()) as followed, decompressor(
            self._manifest.head.compression, self._archive
        ) as plain:
            tar = _Tar(plain, self._folder, followed)
            buffers = Buffers(beside)
            for entry in self.entries():
                tar.expect(entry)
                content = Content(entry, tar, beside, buffers) if entry.kind is Kind.FILE else None
                yield entry, content
                if content is not None:
                    content.finish()
            tar.end(self._manifest.tail())


@contextlib.contextmanager
def opened_snapshot(folder: str, snapshot: Snapshot, key_of: KeyOf, *, signed: bool) -> t.Iterator[Reader]:
    """The snapshot in *folder*, once its signature is right, it is the one that is meant, and its archive is as long as it was.

    Raises :class:`SnapshotDamaged`, :class:`WrongPassword` or :class:`EngineMissing`.

    :param key_of: makes the key that belongs to a salt
    :param signed: whether it must be
    """
    with opened_manifest(folder) as manifest, contextlib.ExitStack() as opened:
        with explained(folder):
            _verify(folder, manifest, snapshot, key_of, signed=signed)
            archive = opened.enter_context(open(os.path.join(folder, manifest.head.archive), "rb", CHUNK))
            _check_length(os.fstat(archive.fileno()).st_size, manifest.tail(), os.path.basename(folder))
        yield Reader(manifest, archive, folder)


def _verify(folder: str, manifest: Manifest, snapshot: Snapshot, key_of: KeyOf, *, signed: bool) -> None:
    name = os.path.basename(folder)
    head = manifest.head
    if signed and head.salt is None:
        raise SnapshotDamaged("{0}: it is not signed, and a password was given".format(name))
    if not signed and head.salt is not None:
        raise WrongPassword("{0} is signed, and without its password that cannot be verified".format(name))
    with open(os.path.join(folder, SIGNATURE), "rb") as stream:
        manifest.verify(key_of(head.salt), stream.read(_LONGEST_SIGNATURE))
    if _identity(head.snapshot) != _identity(snapshot):
        raise SnapshotDamaged("{0}: its manifest is that of {1}".format(name, head.snapshot.identifier))
    check(head.compression)


def _check_length(length: int, tail: Tail, name: str) -> None:
    if length != tail.length:
        raise SnapshotDamaged("{0}: its archive has {1} bytes, not {2}".format(name, length, tail.length))


class Content:
    """What is stored of a file."""

    def __init__(self, entry: Entry, tar: _Tar, beside: Beside, buffers: Buffers) -> None:
        self._entry = entry
        self._tar = tar
        self._beside = beside
        self._buffers = buffers
        self._digest = hashlib.sha256()
        self._begun = False

    def __iter__(self) -> t.Iterator[t.Tuple[int, memoryview]]:
        """Offsets, and what stands there, until the next is asked for; raises :class:`SnapshotDamaged` after the last when it is
        not what was saved.
        """
        self._begun = True
        large = sum(length for _offset, length in self._entry.stored) >= WORTH_A_THREAD
        added = 0
        for offset, length in self._entry.stored:
            position = offset
            while position < offset + length:
                chunk = self._buffers.next(min(CHUNK, offset + length - position))
                self._tar.read_into(chunk)
                if large:
                    added = self._buffers.digest(self._digest, chunk)
                else:
                    self._digest.update(chunk)
                yield position, chunk
                position += len(chunk)
        self._tar.expect_bytes(headers.padding(self._entry))
        self._beside.wait(added)
        if self._digest.hexdigest() != self._entry.sha256:
            raise self._tar.damaged("{0!r} is not what was saved: its SHA-256 is another".format(self._entry.path))

    def finish(self) -> None:
        """Pass over what was not read."""
        if not self._begun:
            for _position, _chunk in self:
                pass


class _Tar:
    """A tar archive that is known beforehand."""

    def __init__(self, plain: t.Any, folder: str, followed: Followed) -> None:
        self._plain = plain
        self._folder = folder
        self._followed = followed
        self._position = 0
        self._at = "its beginning"

    def expect(self, entry: Entry) -> None:
        """Read the header of *entry*."""
        self._at = repr(entry.path)
        expected = headers.header(entry)
        found = self._read(len(expected))
        if found != expected:
            raise self.damaged(
                "where the manifest has {0!r}, the archive has {1}".format(entry.path, _described(found))
            )

    def expect_bytes(self, expected: bytes) -> None:
        """Read *expected*, between members."""
        if self._read(len(expected)) != expected:
            raise self.damaged("something stands behind {0}".format(self._at))

    def read_into(self, buffer: memoryview) -> None:
        """Read exactly as much as *buffer* takes."""
        if self._filled(buffer) < len(buffer):
            raise self.damaged("its archive ends at {0}".format(self._at))
        self._position += len(buffer)

    def end(self, tail: Tail) -> None:
        """Read what ends an archive, behind which nothing comes, and see that *tail* is that of all that was read."""
        expected = headers.ending(self._position)
        found = self._read(len(expected))
        if found != expected:
            raise self.damaged("the archive has {0}, which the manifest has not".format(_described(found)))
        self._at = "its end"
        if self._filled(memoryview(bytearray(1))):
            raise self.damaged("the archive goes on behind its end")
        with explained(self._folder):
            sha256 = self._followed.finish()
        _check_length(self._followed.length, tail, os.path.basename(self._folder))
        if sha256 != tail.sha256:
            raise self.damaged("the SHA-256 of its archive is another")

    def _read(self, size: int) -> bytes:
        buffer = bytearray(size)
        self.read_into(memoryview(buffer))
        return bytes(buffer)

    def _filled(self, buffer: memoryview) -> int:
        try:
            with explained(self._folder):
                filled = t.cast(int, self._plain.readinto(buffer))
                self._followed.follow()
                return filled
        except Torn as error:
            raise self.damaged("its archive cannot be read at {0}: {1}".format(self._at, error)) from error

    def damaged(self, why: str) -> SnapshotDamaged:
        return SnapshotDamaged("{0}: {1}".format(os.path.basename(self._folder), why))


@contextlib.contextmanager
def explained(folder: str) -> t.Iterator[None]:
    """Turn an :class:`OSError` of reading a snapshot into an error of the area."""
    name = os.path.basename(folder)
    try:
        yield
    except FileNotFoundError as error:
        if not os.path.isdir(folder):
            raise UnknownSnapshot("there is no snapshot {0}".format(name)) from error
        raise SnapshotDamaged("{0}: {1} is missing".format(name, os.path.basename(str(error.filename)))) from error
    except OSError as error:
        if error.errno in _NO_FILE_OF_OURS:
            raise SnapshotDamaged("{0}: it cannot be read: {1}".format(name, error)) from error
        raise RepositoryUnreachable("{0} cannot be read: {1}".format(error.filename or folder, error)) from error


def _identity(snapshot: Snapshot) -> t.Tuple[t.Any, ...]:
    return (snapshot.identifier, snapshot.taken, snapshot.labels, snapshot.host, snapshot.paths)


def _described(found: bytes) -> str:
    """For a message: what a header that should not be there is about."""
    for begin in range(0, len(found), headers.BLOCK):
        try:
            member = tarfile.TarInfo.frombuf(found[begin : begin + headers.BLOCK], "utf-8", "surrogateescape")
        except (tarfile.HeaderError, ValueError):
            continue
        if member.type not in (tarfile.XHDTYPE, tarfile.XGLTYPE):
            return "a member {0!r} of another kind or with other facts".format(member.name)
    return "something else"
