# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes that a crash cannot tear: a reader sees the old or the new, whole.

PRIVATE to the collection. Temporary name beside the target, fsync, rename,
fsync of the folder: after a return the new content survives power loss, and
before the rename nobody can see it.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import typing as t
import uuid


def write_file(path: str, content: t.Union[str, bytes], mode: int = 0o644) -> None:
    """Replace the file at *path* with *content*, atomically and durably.

    The owner, group and permission bits of a file that was there are kept;
    a new one gets *mode*. Raises :class:`OSError`; the old content is then
    untouched.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    folder = os.path.dirname(path) or "."
    descriptor, temporary = tempfile.mkstemp(prefix=".{0}.".format(os.path.basename(path)), dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(data)
            _copy_ownership(path, handle.fileno(), mode)
            handle.flush()
            os.fsync(handle.fileno())
        os.rename(temporary, path)
    except BaseException:
        _remove_quietly(temporary)
        raise
    sync_folder(folder)


def place_file(path: str, content: bytes, mode: int, owner: t.Tuple[int, int] = (-1, -1)) -> None:
    """Replace the file, or link, at *path* with a file that has exactly these permission bits, atomically and durably.

    Nobody sees the content with other permissions before. The temporary name is always the same, so that a call removes what
    one that was killed has left: callers keep each other out. Raises :class:`OSError`; the old content is then untouched.

    :param owner: user and group id; -1 for that of the file that was there, or who runs this
    """
    temporary = name_while_placed(path)
    _remove_quietly(temporary)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fchown(handle.fileno(), *_owner(path, owner))
            os.fchmod(handle.fileno(), mode)
            os.fsync(handle.fileno())
        os.rename(temporary, path)
    except BaseException:
        _remove_quietly(temporary)
        raise
    sync_folder(os.path.dirname(path) or ".")


def name_while_placed(path: str) -> str:
    """Where :func:`place_file` puts a file together."""
    folder, name = os.path.split(path)
    return os.path.join(folder, ".{0}.placed".format(name))


def point_link(path: str, target: str) -> None:
    """Make *path* a symbolic link to *target*, atomically and durably.

    An existing link is replaced in one step; a file or folder in its place
    raises :class:`OSError` and stays.
    """
    if os.path.lexists(path) and not os.path.islink(path):
        raise FileExistsError("{0} exists and is not a symbolic link".format(path))
    folder = os.path.dirname(path) or "."
    temporary = os.path.join(folder, ".{0}.{1}".format(os.path.basename(path), uuid.uuid4().hex))
    os.symlink(target, temporary)
    try:
        os.rename(temporary, path)
    except BaseException:
        _remove_quietly(temporary)
        raise
    sync_folder(folder)


def sync_folder(folder: str) -> None:
    """Make the names in *folder* durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy_ownership(path: str, descriptor: int, mode: int) -> None:
    try:
        known = os.stat(path)
    except FileNotFoundError:
        os.fchmod(descriptor, mode)
        return
    os.fchmod(descriptor, known.st_mode & 0o7777)
    mine = os.fstat(descriptor)
    if (mine.st_uid, mine.st_gid) != (known.st_uid, known.st_gid):
        os.fchown(descriptor, known.st_uid, known.st_gid)


def _owner(path: str, owner: t.Tuple[int, int]) -> t.Tuple[int, int]:
    try:
        known = os.lstat(path)
    except FileNotFoundError:
        return owner
    return (known.st_uid if owner[0] < 0 else owner[0], known.st_gid if owner[1] < 0 else owner[1])


def _remove_quietly(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
