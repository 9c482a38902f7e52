# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no snapshot holds of a live folder goes over into the one that takes its place: what was excluded, and sockets.

PRIVATE to the collection. Both folders are gone through by their descriptors
and no link is followed, so whoever may write there cannot have anything moved
elsewhere.
"""

from __future__ import annotations

import contextlib
import os
import stat
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.excludes import excluded

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def carry_over(old: str, new: str, path: str, excludes: t.Sequence[str]) -> t.List[t.Tuple[str, str]]:
    """Move what *excludes* leave out, and sockets, from *old*, which was at *path*, to the same places in *new*.

    Where the new has no such folder, or something of that name already, it stays in the old. Done again it does the rest.

    :return: what could not be moved, and why
    """
    lost: t.List[t.Tuple[str, str]] = []
    with contextlib.ExitStack() as opened, _told(path, lost):
        both = [_opened(folder, None, opened) for folder in (old, new)]
        if both[0] is not None and both[1] is not None:
            _carry(both[0], both[1], path, excludes, lost)
    return lost


def _carry(old: int, new: int, path: str, excludes: t.Sequence[str], lost: t.List[t.Tuple[str, str]]) -> None:
    times = os.stat(new)
    moved = False
    with os.scandir(old) as found:
        entries = sorted(found, key=lambda entry: entry.name)
        for entry in entries:
            here = os.path.join(path, entry.name)
            with contextlib.ExitStack() as opened, _told(here, lost):
                is_folder = entry.is_dir(follow_symlinks=False)
                if excluded(here, excludes) or (not is_folder and _is_socket(entry)):
                    if not _is_there(entry.name, new):
                        os.rename(entry.name, entry.name, src_dir_fd=old, dst_dir_fd=new)
                        moved = True
                elif is_folder:
                    below = _opened(entry.name, new, opened)
                    if below is not None:
                        one = os.open(entry.name, _FOLDER, dir_fd=old)
                        opened.callback(os.close, one)
                        _carry(one, below, here, excludes, lost)
    if moved:
        os.utime(new, ns=(times.st_atime_ns, times.st_mtime_ns))


def _opened(name: str, within: t.Optional[int], opened: contextlib.ExitStack) -> t.Optional[int]:
    """The folder *name*; None when there is none, or something else."""
    try:
        known = os.stat(name, dir_fd=within, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if not stat.S_ISDIR(known.st_mode):
        return None
    descriptor = os.open(name, _FOLDER, dir_fd=within)
    opened.callback(os.close, descriptor)
    return descriptor


def _is_socket(entry: os.DirEntry[str]) -> bool:
    if entry.is_file(follow_symlinks=False) or entry.is_symlink():
        return False
    return stat.S_ISSOCK(entry.stat(follow_symlinks=False).st_mode)


def _is_there(name: str, within: int) -> bool:
    try:
        os.stat(name, dir_fd=within, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


@contextlib.contextmanager
def _told(path: str, lost: t.List[t.Tuple[str, str]]) -> t.Iterator[None]:
    try:
        yield
    except OSError as error:
        lost.append((path, error.strerror or str(error)))
