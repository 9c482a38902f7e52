# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what is to be saved, while it may be in use.

PRIVATE to the collection. Folders are gone through by their descriptors and no
link is followed below a path, so whoever may write there cannot lead the walk
elsewhere. A file that is gone when it would be read is left out, as if it had
been gone before; sockets are, since they are nothing without their process.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import grp
import os
import pwd
import stat
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.digests import CHUNK, Buffers
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.entries import (
    Entry,
    Kind,
    Ranges,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.names import (
    parts_of,
    raw,
    text,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import DumpFailed, SourceUnusable
from ansible_collections.progressive.delivery.plugins.module_utils._backups.excludes import excluded

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_READ_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FOREIGN = (errno.ELOOP, errno.ENOTDIR, errno.ENXIO)
_NO_ATTRIBUTES = (errno.ENOTSUP, errno.ENODATA, errno.EPERM, errno.EACCES)
_TRIES = 10
_MOST_RANGES = 100_000
"""More holes than would fit into memory are not told apart."""

Identity = t.Tuple[int, int]
Found = t.Tuple[Entry, t.Optional[int]]


def identity_of(path: str) -> t.Optional[Identity]:
    """Which file or folder *path* is, whatever it is called; None when there is none."""
    try:
        known = os.stat(raw(path))
    except (FileNotFoundError, NotADirectoryError):
        return None
    return known.st_dev, known.st_ino


def check_paths(paths: t.Sequence[str]) -> None:
    """Raise :class:`SourceUnusable` unless each of *paths* is there, is a plain absolute path, and lies in no other."""
    known: t.Dict[t.Tuple[bytes, ...], str] = {}
    for path in paths:
        try:
            parts = parts_of(path)
        except ValueError as error:
            raise SourceUnusable("{0}, and such a one is needed".format(error)) from error
        if parts in known:
            raise SourceUnusable("{0!r} is named twice".format(path))
        known[parts] = path
        with _explained(path):
            os.lstat(raw(path))
    for parts, path in known.items():
        above = next((known[parts[:length]] for length in range(len(parts)) if parts[:length] in known), None)
        if above is not None:
            raise SourceUnusable("{0} lies within {1}, which is saved too".format(path, above))


def sorted_paths(paths: t.Iterable[str]) -> t.List[str]:
    """*paths* in the order in which they are saved."""
    return sorted(paths, key=parts_of)


class Tree:
    """What is below some paths.

    :param repository: which folder must not be saved into itself
    """

    def __init__(self, excludes: t.Sequence[str], repository: t.Optional[Identity]) -> None:
        self._excludes = excludes
        self._repository = repository
        self._seen: t.Dict[Identity, str] = {}

    def entries(self, path: str, *, excluding: bool) -> t.Iterator[Found]:
        """*path* and all that is below it, sorted; with each regular file a descriptor, which is closed afterwards.

        The digests of the entries are missing, as they have not been read. Raises :class:`SourceUnusable` for what may not
        be read, and :class:`DumpFailed` for what cannot be.
        """
        folder, _slash, name = path.rpartition("/")
        with _explained(path):
            above = os.open(raw(folder or "/"), _READ_FOLDER)
            stack = [(above, folder, iter([raw(name)]))]
        try:
            while stack:
                descriptor, folder, names = stack[-1]
                name_raw = next(names, None)
                if name_raw is None:
                    os.close(stack.pop()[0])
                    continue
                here = folder + "/" + text(name_raw)
                if excluding and len(stack) > 1 and excluded(here, self._excludes):
                    continue
                with _explained(here, may_be_gone=len(stack) > 1):
                    found = self._found(descriptor, name_raw, here)
                    if found is None:
                        continue
                    entry, opened = found
                    if entry.kind is Kind.FOLDER and opened is not None:
                        stack.append((opened, here, iter(())))
                        stack[-1] = (opened, here, iter(sorted(os.fsencode(name) for name in os.listdir(opened))))
                        yield entry, None
                        continue
                    yield from self._given(entry, opened)
        finally:
            for descriptor, _folder, _names in stack:
                os.close(descriptor)

    def _given(self, entry: Entry, opened: t.Optional[int]) -> t.Iterator[Found]:
        try:
            yield entry, opened
        finally:
            if opened is not None:
                os.close(opened)

    def _found(self, folder: int, name: bytes, path: str) -> t.Optional[Found]:
        """The entry, with a descriptor of a file or folder; None for a socket."""
        for _try in range(_TRIES):
            known = os.lstat(name, dir_fd=folder)
            form = stat.S_IFMT(known.st_mode)
            if form == stat.S_IFSOCK:
                return None
            if form in (stat.S_IFBLK, stat.S_IFCHR):
                raise SourceUnusable(
                    "{0!r} is a device, and no data that could be saved; name it in the excludes".format(path)
                )
            if form == stat.S_IFLNK:
                target = os.readlink(name, dir_fd=folder)
                return _entry(path, Kind.SYMLINK, known, target=text(target)), None
            if form == stat.S_IFIFO:
                return _entry(path, Kind.FIFO, known), None
            found = self._opened(folder, name, path, form)
            if found is not None:
                return found
        raise DumpFailed("{0!r} becomes something else again and again while it is read".format(path))

    def _opened(self, folder: int, name: bytes, path: str, form: int) -> t.Optional[Found]:
        """As above; None when it is no longer what it was."""
        try:
            opened = os.open(name, _READ, dir_fd=folder)
        except OSError as error:
            if error.errno in _FOREIGN:
                return None
            raise
        try:
            known = os.fstat(opened)
            if stat.S_IFMT(known.st_mode) != form:
                os.close(opened)
                return None
            if form == stat.S_IFDIR:
                return self._folder(path, opened, known), opened
            entry = self._file(path, opened, known)
        except BaseException:
            os.close(opened)
            raise
        if entry.kind is Kind.HARDLINK:
            os.close(opened)
            return entry, None
        return entry, opened

    def _folder(self, path: str, opened: int, known: os.stat_result) -> Entry:
        if (known.st_dev, known.st_ino) == self._repository:
            raise SourceUnusable(
                "the repository, {0}, is in what is to be saved, and would be saved into itself; choose another place"
                " for it or, unless it is itself named to be saved, name it in the excludes".format(path)
            )
        return _entry(path, Kind.FOLDER, known, xattrs=_attributes(opened))

    def _file(self, path: str, opened: int, known: os.stat_result) -> Entry:
        shared = known.st_nlink > 1
        if shared:
            first = self._seen.setdefault((known.st_dev, known.st_ino), path)
            if first != path:
                return _entry(path, Kind.HARDLINK, known, target=first)
        return _entry(
            path,
            Kind.FILE,
            known,
            size=known.st_size,
            data=_data(opened, known),
            shared=shared,
            xattrs=_attributes(opened),
        )


def content(entry: Entry, opened: int, buffers: Buffers) -> t.Iterator[memoryview]:
    """What is to be stored of a file, exactly as much as *entry* says; what is gone of it meanwhile is zeros.

    :param buffers: where it is read to, chunk by chunk
    """
    for offset, length in entry.stored:
        position, end = offset, offset + length
        while position < end:
            chunk = buffers.next(min(CHUNK, end - position))
            try:
                count = os.preadv(opened, [chunk], position)
            except OSError as error:
                raise DumpFailed("{0!r} cannot be read: {1}".format(entry.path, error.strerror)) from error
            if count:
                chunk = chunk[:count]
            else:
                chunk[:] = bytes(len(chunk))
            position += len(chunk)
            yield chunk


def _entry(path: str, kind: Kind, known: os.stat_result, **more: t.Any) -> Entry:
    return Entry(
        path=path,
        kind=kind,
        mode=stat.S_IMODE(known.st_mode),
        uid=known.st_uid,
        gid=known.st_gid,
        user=_user(known.st_uid),
        group=_group(known.st_gid),
        mtime_ns=known.st_mtime_ns,
        **more,
    )


def _data(opened: int, known: os.stat_result) -> t.Optional[Ranges]:
    """Where there are no holes; None when there are none anywhere, or the file system cannot tell."""
    size = known.st_size
    if known.st_blocks * 512 >= size:
        return None
    ranges: t.List[t.Tuple[int, int]] = []
    end = 0
    while end < size:
        try:
            begin = os.lseek(opened, end, os.SEEK_DATA)
            end = os.lseek(opened, begin, os.SEEK_HOLE)
        except OSError as error:
            if error.errno == errno.ENXIO:  # nothing but a hole comes, or the file has become shorter
                break
            return None
        if begin >= size:
            break
        if len(ranges) + 1 == _MOST_RANGES:
            end = size
        ranges.append((begin, min(end, size) - begin))
    return None if ranges == [(0, size)] else tuple(ranges)


def _attributes(opened: int) -> t.Dict[str, bytes]:
    try:
        names = os.listxattr(opened)
    except OSError as error:
        if error.errno in _NO_ATTRIBUTES:
            return {}
        raise
    found = {}
    for name in names:
        try:
            found[name] = os.getxattr(opened, name)
        except OSError as error:
            if error.errno not in _NO_ATTRIBUTES:
                raise
    return found


@functools.lru_cache(maxsize=1024)
def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return ""


@functools.lru_cache(maxsize=1024)
def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return ""


@contextlib.contextmanager
def _explained(path: str, *, may_be_gone: bool = False) -> t.Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        if not may_be_gone:
            raise SourceUnusable("{0!r} is not there".format(path)) from error
    except (PermissionError, NotADirectoryError) as error:
        raise SourceUnusable("{0!r} cannot be read: {1}".format(path, error.strerror)) from error
    except OSError as error:
        raise DumpFailed("{0!r} cannot be read: {1}".format(path, error.strerror)) from error
