# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a backup works on its host: one folder an app, held by one process at a time.

PRIVATE to the collection. What a process that died left in it is taken away
by the next one.
"""

from __future__ import annotations

import contextlib
import os
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import (
    RepositoryLocked,
    WorkFolderUnusable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import DUMPS
from ansible_collections.progressive.delivery.plugins.module_utils._backups.removing import removed
from ansible_collections.progressive.delivery.plugins.module_utils._files.flock import taken

_LOCK = "lock"
_MADE = (DUMPS, "restored", "scratch", "tree")
"""All that is ever made in the folder beside the lock; nothing else is removed from it."""


class Workplace:
    """The folder of an app, held.

    :param dumps: for what databases and commands give; the same path each time, so that engines find what is unchanged
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.dumps = os.path.join(folder, DUMPS)

    def fresh(self, name: str) -> str:
        """An empty folder *name*, in the place of what was there; raises :class:`WorkFolderUnusable`."""
        if name not in _MADE:
            raise ValueError("{0} is none of {1}, and would never be removed".format(name, ", ".join(_MADE)))
        path = os.path.join(self.folder, name)
        try:
            if os.path.lexists(path):
                removed(path)
            os.makedirs(path, mode=0o700)
        except OSError as error:
            raise _unusable(path, error) from error
        return path


def folder_of(directory: str, app: str) -> str:
    """Where backups of *app* work below *directory*."""
    return os.path.join(directory, app)


def is_within(inner: str, outer: str) -> bool:
    """Whether *inner* is *outer* or lies in it, wherever links lead."""
    inner, outer = os.path.realpath(inner), os.path.realpath(outer)
    return inner == outer or inner.startswith(outer.rstrip("/") + "/")


def overlap(one: str, other: str) -> bool:
    """Whether one of two folders is the other or lies in it, wherever links lead."""
    return is_within(one, other) or is_within(other, one)


@contextlib.contextmanager
def held(directory: str, app: str, timeout: float) -> t.Iterator[Workplace]:
    """Hold the app's folder below *directory*; nothing but the lock is in it at the beginning and at the end.

    :raises WorkFolderUnusable: it cannot be used, or holds what no backup has made, of which nothing is touched
    :raises RepositoryLocked: another process has it for longer than *timeout* seconds
    """
    folder = folder_of(directory, app)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        _check_own(folder)
        os.chmod(folder, 0o700)
        descriptor = os.open(os.path.join(folder, _LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unusable(folder, error) from error
    try:
        if not taken(descriptor, timeout):
            raise RepositoryLocked("another backup or restore of {0} is under way on this host".format(app))
        try:
            _empty(folder)
        except OSError as error:
            raise _unusable(folder, error) from error
        try:
            yield Workplace(folder)
        finally:
            # What was done is done; the next one says what cannot be removed.
            with contextlib.suppress(OSError):
                _empty(folder)
    finally:
        os.close(descriptor)


def _check_own(folder: str) -> None:
    foreign = sorted({*os.listdir(folder)} - {_LOCK, *_MADE})
    if foreign:
        raise WorkFolderUnusable(
            "the work folder {0} holds {1}, which no backup has made; give work_directory a folder of its own".format(
                folder, ", ".join(foreign[:3]) + (", …" if foreign[3:] else "")
            )
        )


def _empty(folder: str) -> None:
    for name in _MADE:
        path = os.path.join(folder, name)
        if os.path.lexists(path):
            removed(path)


def _unusable(path: str, error: OSError) -> WorkFolderUnusable:
    return WorkFolderUnusable("cannot use {0}: {1}".format(error.filename or path, error.strerror))
