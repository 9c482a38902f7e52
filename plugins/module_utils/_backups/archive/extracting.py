# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restoring entries below a folder, and never anywhere else.

PRIVATE to the collection. Everything is made in a folder that was made here
too, through its descriptor; no name that was there before is used, and no link
is followed. What somebody may do with a file is granted when it is complete.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import grp
import os
import pwd
import typing as t
import uuid
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.digests import (
    WRITTEN_AT_ONCE,
    Beside,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.entries import Entry, Kind
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.names import (
    Parts,
    parts_of,
    raw,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.reading import Members, Stored
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import (
    RepositoryFull,
    RestoreFailed,
    UnknownSnapshot,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.exchange import begin_writing
from ansible_collections.progressive.delivery.plugins.module_utils._backups.plain_paths import is_within
from ansible_collections.progressive.delivery.plugins.module_utils._files import room

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FOR_OWNER = 0o700
_SET_ID = 0o6000
_LABEL = "security.selinux"
_WORTH_BEGINNING = 1 << 18
"""Bytes of a file that are not left to the end, when all is made durable."""
_NOT_GRANTED = (errno.EPERM, errno.EACCES, errno.ENOTSUP)


@dataclass(frozen=True)
class Selection:
    """What of a snapshot is restored.

    :param paths: each with all that is below it
    :param held: files that are not selected, and have a name that is: a hard link
    """

    paths: t.Tuple[str, ...]
    held: t.FrozenSet[str] = frozenset()

    def takes(self, path: str) -> bool:
        """Whether it is restored."""
        return any(is_within(path, chosen) for chosen in self.paths)

    def passes(self, path: str) -> bool:
        """Whether something below it is restored, if it is a folder."""
        return any(is_within(chosen, path) for chosen in self.paths)


def select(entries: t.Iterable[Entry], wanted: t.Sequence[t.Sequence[str]], name: str) -> t.List[Selection]:
    """See that the paths of each of *wanted* are among the entries, all of which are read. Raises :class:`UnknownSnapshot`."""
    chosen = [Selection(tuple(path.rstrip("/") for path in paths)) for paths in wanted]
    missing = {path for selection in chosen for path in selection.paths}
    held: t.List[t.Set[str]] = [set() for _selection in chosen]
    for entry in entries:
        missing.discard(entry.path)
        if entry.kind is Kind.HARDLINK:
            for selection, outside in zip(chosen, held):
                if selection.takes(entry.path) and not selection.takes(entry.target):
                    outside.add(entry.target)
    if missing:
        raise UnknownSnapshot("{0} does not hold {1}".format(name, ", ".join(map(repr, sorted(missing)))))
    return [Selection(selection.paths, frozenset(outside)) for selection, outside in zip(chosen, held)]


def extract(members: Members, wanted: t.Sequence[t.Tuple[str, Selection]], *, lasting: bool) -> None:
    """Restore what is selected of *members* below each folder, where nothing is to be used before this returns.

    Raises :class:`RepositoryFull` when the disk of a folder is, or :class:`RestoreFailed`, and what *members* raise.

    :param wanted: folders, with what is restored below each; no two of them take the content of one file
    :param lasting: it is to be durable soon, and not only to be looked at
    """
    with contextlib.ExitStack() as opened:
        places = [
            (opened.enter_context(_Extraction(folder, lasting)), selection, os.path.realpath(folder))
            for folder, selection in wanted
        ]
        for entry, content in members:
            for extraction, selection, shown in places:
                with _explained(entry.path, shown):
                    if selection.takes(entry.path) or (entry.kind is Kind.FOLDER and selection.passes(entry.path)):
                        extraction.place(entry, content)
                    elif entry.path in selection.held and content is not None:
                        extraction.hold(entry, content)
        for extraction, _selection, shown in places:
            with _explained(shown, shown):
                extraction.finish()


class _Open(t.NamedTuple):
    """A folder that is being filled; no entry when only something below it is in the snapshot."""

    parts: Parts
    descriptor: int
    entry: t.Optional[Entry]


class _Extraction:
    def __init__(self, folder: str, lasting: bool) -> None:
        self._folder = raw(folder)
        self._beside = Beside() if lasting else None
        self._open: t.List[_Open] = []
        self._held: t.Dict[str, bytes] = {}
        self._aside = b".held-" + uuid.uuid4().hex.encode("ascii")
        self._holding: t.Optional[int] = None
        # Who may not enter what he owns cannot make a link to a file in it any more.
        self._closed: t.List[t.Tuple[Parts, int]] = []

    def __enter__(self) -> _Extraction:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._beside is not None:
            self._beside.__exit__()
        self._let_go()
        for opened in reversed(self._open):
            os.close(opened.descriptor)

    def place(self, entry: Entry, content: t.Optional[Stored]) -> None:
        """Make it, where it belongs."""
        parts = parts_of(entry.path)
        self._come_to(parts)
        above, name = self._open[-1].descriptor, parts[-1]
        if entry.kind is Kind.FOLDER:
            self._enter(parts, entry)
        elif content is not None:
            _write(entry, content, above, name, self._beside)
        elif entry.kind is Kind.HARDLINK:
            self._link(entry.target, above, name)
        else:
            if entry.kind is Kind.SYMLINK:
                os.symlink(raw(entry.target), name, dir_fd=above)
            else:
                os.mkfifo(name, 0o600, dir_fd=above)
            if os.geteuid() == 0:
                os.chown(name, *_owner(entry), dir_fd=above, follow_symlinks=False)
            if entry.kind is Kind.FIFO:
                os.chmod(name, _mode(entry), dir_fd=above)
            os.utime(name, ns=(entry.mtime_ns, entry.mtime_ns), dir_fd=above, follow_symlinks=False)

    def hold(self, entry: Entry, content: Stored) -> None:
        """Keep a file that is not restored itself, for links to it."""
        if self._holding is None:
            self._begin()
            os.mkdir(self._aside, _FOR_OWNER, dir_fd=self._open[0].descriptor)
            self._holding = os.open(self._aside, _FOLDER, dir_fd=self._open[0].descriptor)
        name = self._held[entry.path] = b"%d" % len(self._held)
        _write(entry, content, self._holding, name, self._beside)

    def finish(self) -> None:
        """Complete the folders; raises what became of files meanwhile."""
        if self._beside is not None:
            self._beside.wait()
        while len(self._open) > 1:
            self._leave()
        for parts, mode in self._closed:
            with self._way_to(parts) as descriptor:
                os.fchmod(descriptor, mode)

    def _let_go(self) -> None:
        """Take away what was only held."""
        if self._holding is None:
            return
        with contextlib.suppress(OSError):
            for name in self._held.values():
                os.unlink(name, dir_fd=self._holding)
            os.rmdir(self._aside, dir_fd=self._open[0].descriptor)
        os.close(self._holding)

    def _link(self, target: str, above: int, name: bytes) -> None:
        if target in self._held:
            os.link(self._held[target], name, src_dir_fd=self._holding, dst_dir_fd=above, follow_symlinks=False)
            return
        parts = parts_of(target)
        with self._way_to(parts[:-1]) as source:
            os.link(parts[-1], name, src_dir_fd=source, dst_dir_fd=above, follow_symlinks=False)

    @contextlib.contextmanager
    def _way_to(self, parts: Parts) -> t.Iterator[int]:
        """A folder that was made here, by way of those it is in."""
        descriptor = os.dup(self._open[0].descriptor)
        try:
            for part in parts:
                above = descriptor
                descriptor = os.open(part, _FOLDER, dir_fd=above)
                os.close(above)
            yield descriptor
        finally:
            os.close(descriptor)

    def _begin(self) -> None:
        if not self._open:
            self._open.append(_Open((), os.open(self._folder, _FOLDER), None))

    def _come_to(self, parts: Parts) -> None:
        self._begin()
        while parts[: len(self._open[-1].parts)] != self._open[-1].parts:
            self._leave()
        for length in range(len(self._open[-1].parts) + 1, len(parts)):
            self._enter(parts[:length], None)

    def _enter(self, parts: Parts, entry: t.Optional[Entry]) -> None:
        above = self._open[-1].descriptor
        os.mkdir(parts[-1], _FOR_OWNER, dir_fd=above)
        self._open.append(_Open(parts, os.open(parts[-1], _FOLDER, dir_fd=above), entry))

    def _leave(self) -> None:
        parts, descriptor, entry = self._open.pop()
        try:
            if entry is not None:
                mode = _mode(entry)
                _complete(entry, descriptor, mode | _FOR_OWNER)
                if mode & _FOR_OWNER != _FOR_OWNER:
                    self._closed.append((parts, mode))
        finally:
            os.close(descriptor)


def _write(entry: Entry, content: Stored, folder: int, name: bytes, beside: t.Optional[Beside]) -> None:
    """Make a file; with *beside*, the system is told there to begin with bringing what is large to the disk."""
    descriptor = os.open(name, _NEW, 0o600, dir_fd=folder)
    begun = end = 0
    try:
        for offset, chunk in content:
            end = offset
            left = memoryview(chunk)
            while left:
                done = os.pwrite(descriptor, left, end)
                left = left[done:]
                end += done
            if beside is not None and end - begun >= WRITTEN_AT_ONCE:
                beside.do(begin_writing, descriptor, begun, end - begun)
                begun = end
        if end < entry.size:
            os.ftruncate(descriptor, entry.size)
        _complete(entry, descriptor, _mode(entry))
    finally:
        if beside is not None and end >= _WORTH_BEGINNING:
            beside.do(_begin_and_close, descriptor, begun)
        else:
            os.close(descriptor)


def _begin_and_close(descriptor: int, begun: int) -> None:
    begin_writing(descriptor, begun)
    os.close(descriptor)


def _complete(entry: Entry, descriptor: int, mode: int) -> None:
    # A change of owner takes setuid and capabilities away, one of an access list changes the mode, each the time.
    if os.geteuid() == 0:
        os.fchown(descriptor, *_owner(entry))
    for name, value in entry.xattrs.items():
        try:
            os.setxattr(descriptor, name, value)
        except OSError as error:
            if error.errno not in _NOT_GRANTED or not _may_be_missing(name):
                raise RestoreFailed(
                    "{0!r}: its extended attribute {1} cannot be set: {2}".format(entry.path, name, error.strerror)
                ) from error
    os.fchmod(descriptor, mode)
    os.utime(descriptor, ns=(entry.mtime_ns, entry.mtime_ns))


def _may_be_missing(attribute: str) -> bool:
    """Labels belong to the host; and only root sets others than those of users."""
    return attribute == _LABEL or (os.geteuid() != 0 and not attribute.startswith("user."))


def _mode(entry: Entry) -> int:
    # Somebody else's program must not run with the rights of whoever restores it.
    return entry.mode if os.geteuid() == 0 else entry.mode & ~_SET_ID


def _owner(entry: Entry) -> t.Tuple[int, int]:
    return _user(entry.user, entry.uid), _group(entry.group, entry.gid)


@functools.lru_cache(maxsize=1024)
def _user(name: str, number: int) -> int:
    """As tar does: the user of that name, and where there is none the number."""
    try:
        return pwd.getpwnam(name).pw_uid
    except (KeyError, ValueError):
        return number


@functools.lru_cache(maxsize=1024)
def _group(name: str, number: int) -> int:
    try:
        return grp.getgrnam(name).gr_gid
    except (KeyError, ValueError):
        return number


@contextlib.contextmanager
def _explained(path: str, folder: str) -> t.Iterator[None]:
    try:
        yield
    except OSError as error:
        message = "{0!r} cannot be restored below {1}: {2}".format(path, folder, error.strerror)
        if error.errno in room.FULL:
            raise RepositoryFull(message) from error
        raise RestoreFailed(message) from error
