# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file tree is made of, and whether one that was restored is the one that is live.

PRIVATE to the collection. Times of access, holes in files and which names are
hard links to the same file are not part of it; nor are sockets, which no
engine keeps.
"""

from __future__ import annotations

import errno
import os
import stat
import typing as t
from dataclasses import dataclass, fields, replace

from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import NotProven
from ansible_collections.progressive.delivery.plugins.module_utils._backups.excludes import excluded

NAMED = 10
"""How many differences a message names."""

_CHUNK = 1024 * 1024
_SECOND = 1000 * 1000 * 1000
_TICK = 20 * 1000 * 1000
"""By how many nanoseconds the time of a change may lie before the clock's: the kernel writes that of its last tick."""
_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "folder",
    stat.S_IFLNK: "symbolic link",
    stat.S_IFIFO: "pipe",
    stat.S_IFCHR: "character device",
    stat.S_IFBLK: "block device",
    stat.S_IFSOCK: "socket",
}
_OWNERS = ("uid", "gid")
_SET_ID = 0o6000
# A policy gives it by the place in which a file lies.
_OF_ITS_PLACE = ("security.selinux",)
_NO_ATTRIBUTES = (errno.ENOTSUP, errno.ENOSYS, errno.EPERM)


@dataclass(frozen=True)
class Entry:
    """One file, folder, link or other thing.

    :param size: bytes of a file, else 0
    :param mtime_ns: when its content was last changed, nanoseconds since the epoch
    :param target: of a symbolic link
    :param device: number of a device, else 0
    :param xattrs: extended attributes, access control lists among them: as root all but the labels of SELinux, else those of users
    """

    kind: str
    mode: int
    uid: int
    gid: int
    size: int
    mtime_ns: int
    target: str = ""
    device: int = 0
    xattrs: t.Tuple[t.Tuple[str, bytes], ...] = ()


@dataclass(frozen=True)
class Compared:
    """What a comparison without a difference came to.

    :param entries: how many are the same
    :param files: how many of those are files
    :param bytes: what the files among them hold
    :param changed: how many changed in the live tree since, and tell nothing
    """

    entries: int
    files: int
    bytes: int
    changed: int


def describe(path: str) -> Entry:
    """What is at *path*, links not followed. Raises :class:`OSError`."""
    known = os.lstat(path)
    kind = _KINDS[stat.S_IFMT(known.st_mode)]
    return Entry(
        kind=kind,
        # A link has no mode of its own.
        mode=0 if kind == "symbolic link" else stat.S_IMODE(known.st_mode),
        uid=known.st_uid,
        gid=known.st_gid,
        size=known.st_size if kind == "file" else 0,
        mtime_ns=known.st_mtime_ns,
        target=os.readlink(path) if kind == "symbolic link" else "",
        device=known.st_rdev if kind.endswith("device") else 0,
        xattrs=_attributes(path),
    )


def differences(saved: Entry, live: Entry, owners: bool = True) -> t.List[str]:
    """In words, what of *live* is not as it was saved; for who cannot restore *owners*, without them and the bits that run as them."""
    if not owners:
        saved, live = (replace(entry, mode=entry.mode & ~_SET_ID) for entry in (saved, live))
    if saved.kind != live.kind:
        return ["is a {0}, and the live one a {1}".format(saved.kind, live.kind)]
    found = []
    for field in fields(Entry):
        one, other = getattr(saved, field.name), getattr(live, field.name)
        if one != other and (owners or field.name not in _OWNERS):
            found.append("has {0}, and the live one {1}".format(_shown(field.name, one), _shown(field.name, other)))
    return found


def compare(restored: str, live: str, since: float, patterns: t.Sequence[str] = ()) -> Compared:
    """Compare the tree *restored* with the one it was saved from, contents byte by byte.

    An entry of the live tree whose inode changed since then is not held
    against it: its content, or its mode, or its name. The time of change
    (ctime) tells; that of the content (mtime) is for anybody to set.

    :param since: when the saving began, seconds since the epoch by the live tree's clock
    :param patterns: what was excluded, as :mod:`_backups.excludes` says
    :raises NotProven: with at most :data:`NAMED` differences and their number
    """
    comparison = _Comparison(since, patterns)
    comparison.run(restored, live)
    return comparison.result(live)


class _Comparison:
    def __init__(self, since: float, patterns: t.Sequence[str]) -> None:
        self._since = int(since * _SECOND)
        self._patterns = patterns
        self._owners = os.geteuid() == 0
        self._same = self._files = self._bytes = self._changed = self._wrong = 0
        self._named: t.List[str] = []

    def run(self, restored: str, live: str) -> None:
        waiting = [(restored, live)]
        while waiting:
            one, other = waiting.pop()
            try:
                saved = describe(one) if os.path.lexists(one) else None
                waiting.extend(self._pair(one, other, saved))
            except OSError as error:
                self._differs(other, "cannot be compared: {0}: {1}".format(error.filename, error.strerror))

    def result(self, live: str) -> Compared:
        if self._wrong:
            more = "; and {0} more".format(self._wrong - len(self._named)) if self._wrong > len(self._named) else ""
            raise NotProven(
                "what was restored of {0} is not what was saved: {1}{2}".format(live, "; ".join(self._named), more),
                differences=self._named,
                count=self._wrong,
            )
        return Compared(self._same, self._files, self._bytes, self._changed)

    def _pair(self, one: str, other: str, saved: t.Optional[Entry]) -> t.List[t.Tuple[str, str]]:
        """Hold one entry against the other; what is in both comes next."""
        try:
            live: t.Optional[Entry] = describe(other)
        except (FileNotFoundError, NotADirectoryError):
            live = None
        if live is not None and live.kind == "socket":
            live = None
            if saved is None:
                return []
        if saved is None or live is None:
            if saved is not live:
                self._missing(other, saved)
            return []
        wrong = differences(saved, live, self._owners)
        if not wrong and saved.kind == "file":
            wrong = _content_differs(one, other)
        if not wrong:
            self._same += 1
            self._files += saved.kind == "file"
            self._bytes += saved.size
        elif self._is_newer(other):
            self._changed += 1
        else:
            self._differs(other, "; ".join(wrong))
        if not saved.kind == live.kind == "folder":
            return []
        names = set(_names(one, other, self._patterns)) | set(_names(other, other, self._patterns))
        return [(os.path.join(one, name), os.path.join(other, name)) for name in sorted(names, reverse=True)]

    def _missing(self, live: str, saved: t.Optional[Entry]) -> None:
        """One of the two is not there: what was made, or taken away, since then is no difference."""
        if saved is None:
            newer, words = self._is_newer(live), "is live, and was not restored"
        else:
            newer, words = self._is_newer(os.path.dirname(live)), "was restored, and is not live"
        if newer:
            self._changed += 1
        else:
            self._differs(live, words)

    def _is_newer(self, live: str) -> bool:
        """Whether it changed since then; asked after it was read, so that a change amid the reading counts."""
        try:
            changed = os.lstat(live).st_ctime_ns
        except (FileNotFoundError, NotADirectoryError):
            return True
        # Some file systems keep whole seconds.
        return changed + (_SECOND if changed % _SECOND == 0 else _TICK) >= self._since

    def _differs(self, live: str, words: str) -> None:
        self._wrong += 1
        if len(self._named) < NAMED:
            self._named.append("{0} {1}".format(live, words))


def _names(folder: str, live: str, patterns: t.Sequence[str]) -> t.List[str]:
    """What is in *folder* and not excluded where the live tree has it."""
    return [name for name in os.listdir(folder) if not excluded(os.path.join(live, name), patterns)]


def _content_differs(one: str, other: str) -> t.List[str]:
    place = 0
    with open(one, "rb", buffering=0) as first, open(other, "rb", buffering=0) as second:
        while True:
            saved, live = first.read(_CHUNK), second.read(_CHUNK)
            if saved != live:
                end = min(len(saved), len(live))
                place += next((at for at in range(end) if saved[at] != live[at]), end)
                return ["has another byte than the live one at {0}".format(place)]
            if not saved:
                return []
            place += len(saved)


def _attributes(path: str) -> t.Tuple[t.Tuple[str, bytes], ...]:
    if not hasattr(os, "listxattr"):
        return ()
    try:
        return tuple(
            (name, os.getxattr(path, name, follow_symlinks=False))
            for name in sorted(os.listxattr(path, follow_symlinks=False))
            if name.startswith("user.") or (os.geteuid() == 0 and name not in _OF_ITS_PLACE)
        )
    except OSError as error:
        if error.errno not in _NO_ATTRIBUTES:
            raise
        return ()


def _shown(name: str, value: t.Any) -> str:
    if name == "mode":
        return "mode {0:04o}".format(value)
    if name == "mtime_ns":
        return "time {0}.{1:09d}".format(*divmod(value, _SECOND))
    if name == "xattrs":
        return "attributes {0}".format(", ".join(key for key, _content in value) or "none")
    return "{0} {1!r}".format(name, value)
