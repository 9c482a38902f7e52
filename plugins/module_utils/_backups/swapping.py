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
import hashlib
import json
import os
import shutil
import stat
import typing as t
from dataclasses import asdict, dataclass, replace

from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import RestoreFailed
from ansible_collections.progressive.delivery.plugins.module_utils._backups.exchange import (
    exchange,
    move,
    sync_file_system,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.mounts import is_mount_point, mounts_below
from ansible_collections.progressive.delivery.plugins.module_utils._files.atomic import sync_folder, write_file
from ansible_collections.progressive.delivery.plugins.module_utils._files.flock import taken

HIDDEN = ".progressive-delivery-restore-"
"""What the name of the hidden folder begins with; the rest tells one target from another."""
_RECORD = "record.json"
_EXTRACTED = "extracted"
_OLD = "old"
_STAY = "lost+found"


@dataclass(frozen=True)
class Place:
    """Where a path is restored to, before it is put in place.

    :param target: what it is to replace, its parents without links
    :param hidden: the folder beside it, which nobody else may enter
    :param in_parts: the target is a mount point, so that its entries are replaced one after the other
    """

    target: str
    hidden: str
    in_parts: bool

    @property
    def folder(self) -> str:
        """The empty folder to restore into."""
        return os.path.join(self.hidden, _EXTRACTED)


@dataclass(frozen=True)
class Swapped:
    """What came of it.

    :param in_parts: entry after entry, as the target is a mount point
    :param left: a folder with the old content which could not be removed, and why
    """

    in_parts: bool
    left: t.Optional[t.Tuple[str, str]] = None


@dataclass(frozen=True)
class _Step:
    """One entry that changes places.

    :param aside: where the old goes
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

    :param root: the restored root, whose owner, mode and times a mount point gets
    :param times: its times of access and change, nanoseconds
    """

    in_parts: bool
    steps: t.Tuple[_Step, ...]
    root: str
    times: t.Tuple[int, int]


@contextlib.contextmanager
def prepared(target: str, replace_link: bool = False) -> t.Iterator[Place]:
    """A place to restore *target* into; gone again, with what is in it, when it is left.

    First finishes, or takes away, what a killed run left for this target.

    :param target: absolute; nothing need be there, and a file may take the place of a folder
    :param replace_link: a link at *target* itself may be replaced, which else is refused
    :raises RestoreFailed: it cannot be replaced; nothing was changed
    """
    with _explained(target):
        target = _real(target)
        _check_kind(target, replace_link)
        in_parts = is_mount_point(target)
        parent = target if in_parts else _existing(os.path.dirname(target))
        hidden = os.path.join(parent, HIDDEN + hashlib.sha256(os.fsencode(target)).hexdigest()[:16])
        place = Place(target, hidden, in_parts)
        descriptor = _held(place)
    try:
        with _explained(target, "what a killed run began is not finished"):
            _recover(place)
            os.mkdir(place.folder, 0o700)
        yield place
    finally:
        try:
            # A record that is still there is for the next run, which needs what it names.
            if not os.path.lexists(os.path.join(hidden, _RECORD)):
                shutil.rmtree(hidden, ignore_errors=True)
        finally:
            os.close(descriptor)


def put(place: Place, path: str) -> Swapped:
    """Let *path*, which was restored below ``place.folder``, take the place of the target, whose old content is removed.

    :raises RestoreFailed: what is live is as it was, or, where the message says so, the next call finishes
    """
    with _explained(place.target):
        _check(place, path)
        known = os.lstat(path)
        record = _Record(place.in_parts, _steps(place, path), path, (known.st_atime_ns, known.st_mtime_ns))
        os.mkdir(os.path.join(place.hidden, _OLD), 0o700)
        os.makedirs(os.path.dirname(place.target), exist_ok=True)
        sync_file_system(place.hidden)
        write_file(os.path.join(place.hidden, _RECORD), json.dumps(asdict(record)), mode=0o600)
        sync_folder(os.path.dirname(place.hidden))
    done: t.List[_Step] = []
    try:
        for step in record.steps:
            done.append(step)
            _carry_out(step)
    except OSError as error:
        _undo(place, done)
        raise RestoreFailed(
            "{0} cannot be replaced: {1}: {2}".format(place.target, error.filename, error.strerror)
        ) from error
    with _explained(place.target, "the next restore of it finishes"):
        _conclude(place, record)
    return Swapped(place.in_parts, _remove(place, record))


def _recover(place: Place) -> None:
    """Finish what has a record, and empty the hidden folder."""
    record = _read(place)
    if record is not None:
        for step in record.steps:
            _carry_out(step)
        _conclude(place, record)
    for name in os.listdir(place.hidden):
        path = os.path.join(place.hidden, name)
        if stat.S_ISDIR(os.lstat(path).st_mode):
            shutil.rmtree(path)
        else:
            os.unlink(path)
    if record is not None and record.in_parts:
        os.utime(place.target, ns=record.times)


def _carry_out(step: _Step) -> None:
    """Do a step, whatever of it was done before; what others made of the live one after it was done stays."""
    present = _inode(step.live)
    if step.new is None:
        if present is not None and not os.path.lexists(step.aside):
            move(step.live, step.aside)
    elif _inode(step.staged) == step.new:
        if present is None:
            move(step.staged, step.live)
        elif not exchange(step.staged, step.live):
            move(step.live, _free(step.aside))
            move(step.staged, step.live)
    if os.path.lexists(step.staged):
        move(step.staged, _free(step.aside))
    sync_folder(os.path.dirname(step.live))


def _undo(place: Place, steps: t.Sequence[_Step]) -> None:
    with _explained(place.target, "it is partly replaced, and the next restore of it finishes"):
        for step in reversed(steps):
            present = _inode(step.live)
            old = step.aside if os.path.lexists(step.aside) else step.staged
            if present is not None and present == step.new:
                if step.old is None:
                    move(step.live, step.staged)
                elif not exchange(old, step.live):
                    move(step.live, step.staged)
                    move(old, step.live)
            elif present is None and step.old is not None:
                move(old, step.live)
            sync_folder(os.path.dirname(step.live))
        os.unlink(os.path.join(place.hidden, _RECORD))


def _conclude(place: Place, record: _Record) -> None:
    """All entries are in place: what is left is the root's own attributes and the old content."""
    if record.in_parts and os.path.lexists(record.root):
        known = os.lstat(record.root)
        if os.geteuid() == 0:
            os.chown(place.target, known.st_uid, known.st_gid)
        shutil.copystat(record.root, place.target)
    os.unlink(os.path.join(place.hidden, _RECORD))
    sync_folder(place.hidden)


def _remove(place: Place, record: _Record) -> t.Optional[t.Tuple[str, str]]:
    try:
        shutil.rmtree(place.hidden)
        if record.in_parts:
            os.utime(place.target, ns=record.times)
    except OSError as error:
        return place.hidden, "{0}: {1}".format(error.filename, error.strerror)
    return None


def _steps(place: Place, path: str) -> t.Tuple[_Step, ...]:
    old = os.path.join(place.hidden, _OLD)
    if not place.in_parts:
        aside = os.path.join(old, os.path.basename(place.target))
        return (_Step(place.target, path, aside, _inode(path), _inode(place.target)),)
    leave = (os.path.basename(place.hidden), _STAY)
    names = sorted((set(os.listdir(place.target)) | set(os.listdir(path))) - set(leave))
    pairs = [(name, os.path.join(place.target, name), os.path.join(path, name)) for name in names]
    return tuple(
        _Step(live, staged, os.path.join(old, name), _inode(staged), _inode(live)) for name, live, staged in pairs
    )


def _check(place: Place, path: str) -> None:
    if not os.path.lexists(path):
        raise RestoreFailed("{0} was not restored to {1}, so it is not replaced".format(place.target, path))
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


def _held(place: Place) -> int:
    """The hidden folder, opened and locked; it is made when it is not there."""
    while True:
        with contextlib.suppress(FileExistsError):
            os.mkdir(place.hidden, 0o700)
        known = os.lstat(place.hidden)
        if not stat.S_ISDIR(known.st_mode) or known.st_uid != os.geteuid() or known.st_mode & 0o077:
            raise RestoreFailed(
                "{0} is in the way, and no folder of ours; look at it and remove it".format(place.hidden)
            )
        descriptor = os.open(place.hidden, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        free = taken(descriptor, 0)
        if free and os.fstat(descriptor).st_ino == _inode(place.hidden):  # Else its owner has just removed it.
            return descriptor
        os.close(descriptor)
        if not free:
            raise RestoreFailed("another run restores {0} just now; wait for it to end".format(place.target))


def _read(place: Place) -> t.Optional[_Record]:
    try:
        with open(os.path.join(place.hidden, _RECORD), encoding="utf-8") as handle:
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


def _existing(folder: str) -> str:
    while not os.path.isdir(folder):
        if os.path.lexists(folder):
            raise NotADirectoryError(0, "it is no folder", folder)
        folder = os.path.dirname(folder)
    return folder


def _free(path: str) -> str:
    """*path*, or where something is a name like it: a killed run had put the old aside, and others made it anew since."""
    number = 0
    name = path
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
            "{0} cannot be replaced: {1}: {2}; {3}".format(target, error.filename, error.strerror, then)
        ) from error
