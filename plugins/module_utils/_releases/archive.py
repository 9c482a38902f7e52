# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading tar and zip archives, and unpacking the members found safe.

PRIVATE to the collection. Nothing of the archive's owners, special mode bits
or write permissions for others is taken over.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import lzma
import os
import shutil
import stat
import struct
import tarfile
import time
import typing as t
import zipfile
import zlib

from ansible_collections.progressive.delivery.plugins.module_utils._releases.errors import (
    ArchiveUnreadable,
    UnsafeArchive,
)
from ansible_collections.progressive.delivery.plugins.module_utils._releases.members import Kind, Member

_CHUNK = 1024 * 1024
_ENCRYPTED = 0x1
_READABLE_BY_ALL = 0o755
_LATEST = 253402300799.0  # The year 9999; no file system keeps a later time, and most end before.
_TORN = (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, NotImplementedError)
# What tarfile and zipfile let through of a field that makes no sense: a time of nan, a sparse map of letters,
# a name of another encoding, headers nested without end.
_SENSELESS = (ValueError, OverflowError, RuntimeError, struct.error, IndexError, KeyError)


def digest_of(handle: t.BinaryIO, algorithm: str) -> str:
    """The digest of all that *handle* holds, in hexadecimal digits; leaves it at its beginning."""
    digest = hashlib.new(algorithm)
    handle.seek(0)
    for chunk in iter(lambda: handle.read(_CHUNK), b""):
        digest.update(chunk)
    handle.seek(0)
    return digest.hexdigest()


class Archive:
    """An archive that is being read; :func:`open_archive` gives one."""

    def close(self) -> None:
        """Give back what reading it took; its file stays open."""
        raise NotImplementedError

    def members(self) -> t.List[Member]:
        """All entries as they are written, nothing checked. Raises :class:`ArchiveUnreadable`."""
        raise NotImplementedError

    def content(self, member: Member) -> t.IO[bytes]:
        """The content of a regular file."""
        raise NotImplementedError


@contextlib.contextmanager
def open_archive(handle: t.BinaryIO, name: str) -> t.Iterator[Archive]:
    """The archive in *handle*; *name* is for messages. Raises :class:`ArchiveUnreadable`, also while it is read."""
    try:
        with contextlib.closing(_opened(handle)) as opened:
            yield opened
    except _TORN as error:
        raise ArchiveUnreadable(
            "archive {0} cannot be read: {1}".format(name, error or type(error).__name__)
        ) from error
    except OSError as error:
        if error.errno is None:
            raise ArchiveUnreadable("archive {0} cannot be read: {1}".format(name, error)) from error
        raise


def unpack(archive: Archive, members: t.Iterable[Member], folder: str) -> None:
    """Write *members*, which have been found safe, below *folder*.

    Raises :class:`OSError`, :class:`ArchiveUnreadable`, or :class:`UnsafeArchive`
    when the file system folds two names of the archive into one.
    """
    modes: t.List[t.Tuple[str, int]] = []
    for member in members:
        path = os.path.join(folder, member.name)
        try:
            make_folders(folder, os.path.dirname(member.name))
            _create(archive, member, folder, path)
        except (FileExistsError, NotADirectoryError) as error:
            raise UnsafeArchive(
                "archive member {0!r} has a name that this file system takes for another's".format(member.name)
            ) from error
        if member.kind is Kind.FOLDER:
            modes.append((path, member.mode & 0o755 | 0o700))
    for path, mode in modes:
        os.chmod(path, mode)


def sync_tree(folder: str) -> None:
    """Make every file and name below *folder* durable."""
    for parent, _folders, files in os.walk(folder):
        for path in [os.path.join(parent, name) for name in files] + [parent]:
            if stat.S_IFMT(os.lstat(path).st_mode) in (stat.S_IFREG, stat.S_IFDIR):
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)


def make_folders(folder: str, below: str) -> None:
    """Make the folders of the path *below* inside *folder*; goes through nothing but folders (:class:`OSError`)."""
    for part in below.split("/") if below else ():
        folder = os.path.join(folder, part)
        try:
            os.mkdir(folder, 0o755)
            os.chmod(folder, _READABLE_BY_ALL)
        except FileExistsError:
            if not stat.S_ISDIR(os.lstat(folder).st_mode):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), folder) from None


def _opened(handle: t.BinaryIO) -> Archive:
    with _understood():
        if _begins_as_zip(handle):
            return _Zip(zipfile.ZipFile(handle))
        return _Tar(_TarFile.open(fileobj=handle, mode="r:*"))


@contextlib.contextmanager
def _understood() -> t.Iterator[None]:
    """Around nothing but the reading of an archive, so that no other fault is taken for one of its own."""
    try:
        yield
    except _TORN:
        raise
    except _SENSELESS as error:
        raise tarfile.ReadError(
            "it has a field that makes no sense: {0}".format(error or type(error).__name__)
        ) from error


def _begins_as_zip(handle: t.BinaryIO) -> bool:
    # zipfile.is_zipfile() looks at the end, where a tar may happen to hold a zip.
    handle.seek(0)
    magic = handle.read(4)
    handle.seek(0)
    return magic in (b"PK\x03\x04", b"PK\x05\x06")


def _create(archive: Archive, member: Member, folder: str, path: str) -> None:
    if member.kind is Kind.FOLDER:
        make_folders(folder, member.name)
    elif member.kind is Kind.FILE:
        _write(archive, member, path)
    elif member.kind is Kind.SYMLINK:
        os.symlink(member.target, path)
    elif member.kind is Kind.HARDLINK:
        os.link(os.path.join(folder, member.target), path, follow_symlinks=False)


def _write(archive: Archive, member: Member, path: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        with _understood(), archive.content(member) as content:
            shutil.copyfileobj(content, handle, _CHUNK)
        handle.flush()
        os.fchmod(handle.fileno(), member.mode & 0o755 | 0o600)
    modified = min(member.modified, _LATEST) if member.modified > 0 else 0.0
    os.utime(path, (modified, modified))


class _TarInfo(tarfile.TarInfo):
    def _block(self, count: int) -> int:
        # Where Python has not refused it yet: a negative size leads back to an earlier header, for ever.
        if count < 0:
            raise tarfile.ReadError("it has a member of negative size")
        return int(super()._block(count))  # type: ignore[misc]


class _TarFile(tarfile.TarFile):
    tarinfo = _TarInfo
    # The same on every Python; later ones know more.
    OPEN_METH: t.ClassVar[t.Mapping[str, str]] = {
        form: tarfile.TarFile.OPEN_METH[form] for form in ("tar", "gz", "bz2", "xz")
    }


class _Tar(Archive):
    def __init__(self, untarred: tarfile.TarFile) -> None:
        self._untarred = untarred
        self._entries: t.List[tarfile.TarInfo] = []

    def close(self) -> None:
        self._untarred.close()

    def members(self) -> t.List[Member]:
        with _understood():
            self._entries = self._untarred.getmembers()
            self._read_to_end()
            return [
                Member(
                    position, entry.name, _tar_kind(entry), entry.linkname, entry.mode, entry.size, float(entry.mtime)
                )
                for position, entry in enumerate(self._entries)
            ]

    def content(self, member: Member) -> t.IO[bytes]:
        content = self._untarred.extractfile(self._entries[member.position])
        if content is None:
            raise ArchiveUnreadable("archive member {0!r} has no content".format(member.name))
        return content

    def _read_to_end(self) -> None:
        # tarfile takes an archive that was cut between two members for a complete one,
        # and never comes to the checksum that stands at the end of a compressed one.
        end = self._untarred.fileobj
        if end is not None:
            end.seek(self._untarred.offset)
            if end.read(tarfile.BLOCKSIZE) != tarfile.NUL * tarfile.BLOCKSIZE:
                raise tarfile.ReadError("it ends without its end mark")
            while end.read(_CHUNK):
                pass


def _tar_kind(entry: tarfile.TarInfo) -> Kind:
    if entry.isreg():
        return Kind.FILE
    if entry.isdir():
        return Kind.FOLDER
    if entry.issym():
        return Kind.SYMLINK
    return Kind.HARDLINK if entry.islnk() else Kind.OTHER


class _Zip(Archive):
    def __init__(self, unzipped: zipfile.ZipFile) -> None:
        self._unzipped = unzipped

    def close(self) -> None:
        self._unzipped.close()

    def members(self) -> t.List[Member]:
        entries = self._unzipped.infolist()
        for entry in entries:
            if entry.flag_bits & _ENCRYPTED:
                raise zipfile.BadZipFile("its member {0!r} is encrypted".format(entry.filename))
        with _understood():
            broken = self._unzipped.testzip()
            if broken is not None:
                raise zipfile.BadZipFile("its member {0!r} is torn".format(broken))
            return [self._member(position, entry) for position, entry in enumerate(entries)]

    def content(self, member: Member) -> t.IO[bytes]:
        return self._unzipped.open(self._unzipped.infolist()[member.position])

    def _member(self, position: int, entry: zipfile.ZipInfo) -> Member:
        mode = entry.external_attr >> 16
        kind = _zip_kind(entry, mode)
        target = os.fsdecode(self._unzipped.read(entry)) if kind is Kind.SYMLINK else ""
        modified = time.mktime(entry.date_time + (0, 0, -1))
        return Member(position, entry.filename, kind, target, mode & 0o7777 or 0o644, entry.file_size, modified)


def _zip_kind(entry: zipfile.ZipInfo, mode: int) -> Kind:
    if entry.is_dir():
        return Kind.FOLDER
    if stat.S_IFMT(mode) in (0, stat.S_IFREG):
        return Kind.FILE
    return Kind.SYMLINK if stat.S_ISLNK(mode) else Kind.OTHER
