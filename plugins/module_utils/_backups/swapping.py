# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts what was restored in the place of what is live: seen from outside, the one or the other, whole.

PRIVATE to the collection. What is restored comes into a hidden folder beside
the target, on the same file system, and both change places by one system
call. Where that is not to be had, the old is renamed away and then the new
into its place, so that for a moment there is neither. A mount point cannot
be renamed; there its entries change places, one after the other.

A record in the hidden folder says beforehand what is to change places. Who
comes after a run that was killed finishes what has a record, and takes away
what has none. A program that has the old open keeps the old: restart it.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import typing as t
from dataclasses import asdict, dataclass, replace

from ansible_collections.progressive.delivery.plugins.module_utils._backups.carrying import carry_over
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import RestoreFailed
from ansible_collections.progressive.delivery.plugins.module_utils._backups.exchange import (
    exchange,
    move,
    sync_file_system,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.mounts import is_mount_point, mounts_below
from ansible_collections.progressive.delivery.plugins.module_utils._backups.removing import removed
from ansible_collections.progressive.delivery.plugins.module_utils._files.atomic import sync_folder, write_file
from ansible_collections.progressive.delivery.plugins.module_utils._files.flock import taken

HIDDEN = ".progressive-delivery-restore-"
"""What the name of the hidden folder begins with; the rest tells one target from another."""
_RECORD = "record.json"
_EXTRACTED = "extracted"
_OLD = "old"
STAYS = "lost+found"
"""What a file system has in its root of itself, and keeps."""
_DEFAULT_ACCESS = "system.posix_acl_default"
_NO_ATTRIBUTE = (errno.ENODATA, errno.ENOTSUP)
_NO_FOLDER_OF_OURS = (errno.ENOTDIR, errno.ELOOP, errno.EACCES)


@dataclass(frozen=True)
class Place:
    """Where a path is restored to, before it is put in place.

    :param target: what it is to replace, its parents without links
    :param hidden: the folder beside it, which nobody else may enter
    :param in_parts: the target is a mount point, so that its entries are replaced one after the other
    :param opened: the hidden folder by its descriptor, where the system has that: who may rename it, and put another in its
        place, leads nobody elsewhere
    """

    target: str
    hidden: str
    in_parts: bool
    opened: str

    @property
    def folder(self) -> str:
        """The empty folder to restore into."""
        return self.within(_EXTRACTED)

    def within(self, name: str) -> str:
        """The path of what is called so in the hidden folder."""
        return os.path.join(self.opened, name)


@dataclass(frozen=True)
class Swapped:
    """What came of it.

    :param in_parts: entry after entry, as the target is a mount point
    :param left: a folder with the old content which could not be removed, and why
    :param lost: what was to be carried over from the old content and could not be, and why
    """

    in_parts: bool
    left: t.Optional[t.Tuple[str, str]] = None
    lost: t.Tuple[t.Tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Step:
    """One entry that changes places.

    :param staged: where what was restored is in the hidden folder
    :param aside: where the old goes in it
    :param new: the inode number of what is staged, which tells later what is where; None when there will be nothing
    :param old: that of what is live; None when there is nothing
    """

    live: str
    staged: str
    aside: str
    new: t.Optional[int]
    old: t.Optional[int]


@dataclass(frozen=True)
class _Record:
    """What is to be done.

    :param root: where the restored root is in the hidden folder, whose owner, mode and times a mount point gets
    :param times: its times of access and change, nanoseconds
    :param excludes: patterns of what is carried over from the old content; None for nothing at all
    """

    in_parts: bool
    steps: t.Tuple[_Step, ...]
    root: str
    times: t.Tuple[int, int]
    excludes: t.Optional[t.Sequence[str]] = None


def check(target: str, replace_link: bool = False) -> None:
    """Raise :class:`RestoreFailed` if *target* cannot be replaced, as far as its kind tells; nothing is changed."""
    with _explained(target):
        _check_kind(_real(target), replace_link)
        _missing(os.path.dirname(_real(target)))


@contextlib.contextmanager
def prepared(target: str, replace_link: bool = False) -> t.Iterator[Place]:
    """A place to restore *target* into; gone again, with what is in it, when it is left.

    First finishes, or takes away, what a killed run left for this target.

    :param target: absolute; nothing need be there, and a file may take the place of a folder
    :param replace_link: a link at *target* itself may be replaced, which else is refused
    :raises RestoreFailed: it cannot be replaced; nothing was changed
    """
    with contextlib.ExitStack() as leaving:
        with _explained(target):
            target = _real(target)
            _check_kind(target, replace_link)
            in_parts = is_mount_point(target)
            parent = target if in_parts else os.path.dirname(target)
            # Made now, so that whoever comes after a kill looks for the hidden folder in the same parent.
            leaving.callback(_remove_empty, _make_folders(parent))
            hidden = os.path.join(parent, HIDDEN + hashlib.sha256(os.fsencode(target)).hexdigest()[:16])
            descriptor = _held(target, hidden)
            leaving.callback(os.close, descriptor)
            place = Place(target, hidden, in_parts, _path_of(descriptor, hidden))
            leaving.callback(_leave, place)
        with _explained(target, "what a killed run began is not finished"):
            _recover(place)
            os.mkdir(place.folder, 0o700)
        yield place


def put(place: Place, path: str, excludes: t.Optional[t.Sequence[str]] = None) -> Swapped:
    """Let *path*, which was restored below ``place.folder``, take the place of the target, whose old content is removed.

    :param excludes: what no snapshot has of the old content and is carried over into the new, sockets beside; None for nothing at all
    :raises RestoreFailed: what is live is as it was, or, where the message says so, the next call finishes
    """
    with _explained(place.target):
        check_restored(place, path)
        known = os.lstat(path)
        root = os.path.relpath(path, place.opened)
        record = _Record(place.in_parts, _steps(place, root), root, (known.st_atime_ns, known.st_mtime_ns), excludes)
        os.mkdir(place.within(_OLD), 0o700)
        sync_file_system(place.opened)
        write_file(place.within(_RECORD), json.dumps(asdict(record)), mode=0o600)
        sync_folder(os.path.dirname(place.hidden))
    done: t.List[_Step] = []
    try:
        for step in record.steps:
            done.append(step)
            _carry_out(place, step)
    except OSError as error:
        _undo(place, done)
        raise RestoreFailed(
            "{0} cannot be replaced: {1}: {2}".format(place.target, _named(error), error.strerror)
        ) from error
    with _explained(place.target, "the next restore of it finishes"):
        lost = _conclude(place, record)
    return Swapped(place.in_parts, _remove(place, record), tuple(lost))


def _recover(place: Place) -> None:
    """Finish what has a record, and empty the hidden folder."""
    record = _read(place)
    if record is not None:
        for step in record.steps:
            _carry_out(place, step)
        _conclude(place, record)
    _empty(place)
    if record is not None and record.in_parts:
        os.utime(place.target, ns=record.times)


def _carry_out(place: Place, step: _Step) -> None:
    """Do a step, whatever of it was done before; what others made of the live one after it was done stays."""
    staged, aside = place.within(step.staged), place.within(step.aside)
    present = _inode(step.live)
    if step.new is None:
        if present is not None and not os.path.lexists(aside):
            move(step.live, aside)
    elif _inode(staged) == step.new:
        if present is None:
            move(staged, step.live)
        elif not exchange(staged, step.live):
            move(step.live, _free(aside))
            move(staged, step.live)
    if os.path.lexists(staged):
        move(staged, _free(aside))
    sync_folder(os.path.dirname(step.live))


def _undo(place: Place, steps: t.Sequence[_Step]) -> None:
    with _explained(place.target, "it is partly replaced, and the next restore of it finishes"):
        for step in reversed(steps):
            staged, aside = place.within(step.staged), place.within(step.aside)
            present = _inode(step.live)
            old = aside if os.path.lexists(aside) else staged
            if present is not None and present == step.new:
                if step.old is None:
                    move(step.live, staged)
                elif not exchange(old, step.live):
                    move(step.live, staged)
                    move(old, step.live)
            elif present is None and step.old is not None:
                move(old, step.live)
            sync_folder(os.path.dirname(step.live))
        os.unlink(place.within(_RECORD))


def _conclude(place: Place, record: _Record) -> t.List[t.Tuple[str, str]]:
    """All entries are in place: what is left is the root's own attributes and the old content. What of it could not be carried over."""
    root = place.within(record.root)
    lost: t.List[t.Tuple[str, str]] = []
    if record.excludes is not None:
        old = place.within(_OLD if record.in_parts else record.steps[0].aside)
        lost = carry_over(old, place.target, "/" + os.path.relpath(record.root, _EXTRACTED), record.excludes)
        sync_file_system(place.opened)
    if record.in_parts and os.path.lexists(root):
        known = os.lstat(root)
        if os.geteuid() == 0:
            os.chown(place.target, known.st_uid, known.st_gid)
        shutil.copystat(root, place.target)
    os.unlink(place.within(_RECORD))
    sync_folder(place.opened)
    return lost


def _remove(place: Place, record: _Record) -> t.Optional[t.Tuple[str, str]]:
    try:
        _empty(place)
        os.rmdir(place.hidden)
        if record.in_parts:
            os.utime(place.target, ns=record.times)
    except OSError as error:
        return place.hidden, "{0}: {1}".format(_named(error), error.strerror)
    return None


def _empty(place: Place) -> None:
    for name in os.listdir(place.opened):
        removed(place.within(name))


def _leave(place: Place) -> None:
    # A record that is still there is for the next run, which needs what it names.
    if not os.path.lexists(place.within(_RECORD)):
        with contextlib.suppress(OSError):
            _empty(place)
            os.rmdir(place.hidden)


def _steps(place: Place, root: str) -> t.Tuple[_Step, ...]:
    """Those that let what is at *root* in the hidden folder take the place of the target."""
    if not place.in_parts:
        return (_step(place, place.target, root),)
    leave = (os.path.basename(place.hidden), STAYS)
    names = sorted((set(os.listdir(place.target)) | set(os.listdir(place.within(root)))) - set(leave))
    return tuple(_step(place, os.path.join(place.target, name), os.path.join(root, name)) for name in names)


def _step(place: Place, live: str, staged: str) -> _Step:
    aside = os.path.join(_OLD, os.path.basename(live))
    return _Step(live, staged, aside, _inode(place.within(staged)), _inode(live))


def check_restored(place: Place, path: str) -> None:
    """Raise :class:`RestoreFailed` if *path* is not there below ``place.folder``, or cannot take the place of the target."""
    if not os.path.lexists(path):
        raise RestoreFailed("{0} was not restored, so it is not replaced".format(place.target))
    if place.in_parts and (os.path.islink(path) or not os.path.isdir(path)):
        raise RestoreFailed(
            "{0} is a mount point, which only a folder can take the place of; unmount it first".format(place.target)
        )


def _check_kind(target: str, replace_link: bool) -> None:
    if os.path.islink(target) and not replace_link:
        raise RestoreFailed(
            "{0} is a symbolic link to {1}; restore that path, or allow with replace_link that the link itself is"
            " replaced".format(target, os.path.realpath(target))
        )
    within = mounts_below(target)
    if within:
        raise RestoreFailed(
            "{0} has {1} mounted within it, which would go with the old content; unmount it, or restore the paths"
            " beside it one by one".format(target, within[0])
        )
    if is_mount_point(target) and not os.path.isdir(target):
        raise RestoreFailed("{0} is a mounted file, which cannot be replaced; unmount it first".format(target))


def _held(target: str, hidden: str) -> int:
    """The hidden folder, opened and locked; it is made when it is not there."""
    while True:
        with contextlib.suppress(FileExistsError):
            os.mkdir(hidden, 0o700)
        descriptor = _opened(hidden)
        if descriptor is None:
            continue
        known = os.fstat(descriptor)
        if known.st_uid != os.geteuid() or known.st_mode & 0o077:
            os.close(descriptor)
            raise _in_the_way(hidden)
        free = taken(descriptor, 0)
        if free and known.st_ino == _inode(hidden):  # Else its owner has just removed it.
            _inherit_nothing(descriptor)
            return descriptor
        os.close(descriptor)
        if not free:
            raise RestoreFailed("another run restores {0} just now; wait for it to end".format(target))


def _opened(hidden: str) -> t.Optional[int]:
    """A descriptor of it, which tells what it is; None when its owner has just removed it."""
    try:
        return os.open(hidden, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in _NO_FOLDER_OF_OURS:
            raise _in_the_way(hidden) from error
        raise


def _in_the_way(hidden: str) -> RestoreFailed:
    return RestoreFailed("{0} is in the way, and no folder of ours; look at it and remove it".format(hidden))


def _inherit_nothing(descriptor: int) -> None:
    """What the parent grants by default on all that is made in it was not granted on what is restored."""
    if hasattr(os, "removexattr"):
        try:
            os.removexattr(descriptor, _DEFAULT_ACCESS)
        except OSError as error:
            if error.errno not in _NO_ATTRIBUTE:
                raise


def _path_of(descriptor: int, path: str) -> str:
    """A path that leads to the folder which is opened, whatever becomes of *path*, for children too; else *path*."""
    by_number = "/proc/{0}/fd/{1}".format(os.getpid(), descriptor)
    try:
        leads_there = os.path.samestat(os.stat(by_number), os.fstat(descriptor))
    except OSError:
        leads_there = False
    return by_number if leads_there else path


def _read(place: Place) -> t.Optional[_Record]:
    try:
        with open(place.within(_RECORD), encoding="utf-8") as handle:
            record = _Record(**json.load(handle))
    except FileNotFoundError:
        return None
    steps = tuple(_Step(**t.cast("t.Dict[str, t.Any]", step)) for step in record.steps)
    return replace(record, steps=steps, times=(record.times[0], record.times[1]))


def _real(path: str) -> str:
    parent, name = os.path.split(os.path.normpath(path))
    if not os.path.isabs(path) or not name:
        raise RestoreFailed("{0!r} cannot be replaced: the whole path of a file or folder can".format(path))
    return os.path.join(os.path.realpath(parent), name)


def _make_folders(folder: str) -> t.List[str]:
    """Make *folder* with its parents; those that were not there, innermost first."""
    missing = _missing(folder)
    for path in reversed(missing):
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o755)
    return missing


def _missing(folder: str) -> t.List[str]:
    """Of *folder* and its parents those that are not there, innermost first."""
    missing = []
    while not os.path.isdir(folder):
        if os.path.lexists(folder):
            raise NotADirectoryError(0, "it is no folder", folder)
        missing.append(folder)
        folder = os.path.dirname(folder)
    return missing


def _remove_empty(folders: t.Sequence[str]) -> None:
    for folder in folders:
        with contextlib.suppress(OSError):
            os.rmdir(folder)


def _free(path: str) -> str:
    """*path*, or where something is a name like it: a killed run had put the old aside, and others made it anew since."""
    number, name = 0, path
    while os.path.lexists(name):
        number += 1
        name = "{0}.{1}".format(path, number)
    return name


def _inode(path: str) -> t.Optional[int]:
    try:
        return os.lstat(path).st_ino
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def _explained(target: str, then: str = "it is as it was") -> t.Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RestoreFailed(
            "{0} cannot be replaced: {1}: {2}; {3}".format(target, _named(error), error.strerror, then)
        ) from error


def _named(error: OSError) -> str:
    """The path that an error is about, as people know it."""
    path = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else ""
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)) if path else "it"
