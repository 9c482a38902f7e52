# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restoring into a folder of its own, which nobody else can lead elsewhere meanwhile.

PRIVATE to the collection. It comes beside the folder, hidden, and takes its
place when it is whole; so a run that was killed leaves the folder empty.
"""

from __future__ import annotations

import contextlib
import os
import stat
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups import description, swapping
from ansible_collections.progressive.delivery.plugins.module_utils._backups.description import Description
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.interface import Engine
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import RestoreFailed, SnapshotDamaged
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Snapshot
from ansible_collections.progressive.delivery.plugins.module_utils._backups.plain_paths import is_plain
from ansible_collections.progressive.delivery.plugins.module_utils._backups.removing import removed
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

_FOR_OTHERS_TO_WRITE = 0o022


def check(folder: str) -> None:
    """Raise unless *folder* is an empty folder of this account, or can be made; nothing is changed.

    :raises InvalidOption: it is no path of a folder
    :raises RestoreFailed: it is something else, or others could put something else in its place
    """
    if not is_plain(folder) or folder == "/":
        raise InvalidOption("into: {0} is no whole path of a folder; {1} would be".format(folder, "/srv/as-it-was"))
    with _explained(folder):
        for above in sorted({*_above(folder), *_above(os.path.realpath(folder))}):
            if os.path.lexists(above):
                _check_above(folder, above)
        if os.path.lexists(folder):
            _check_empty(folder)


def restore(engine: Engine, snapshot: Snapshot, paths: t.Sequence[str], folder: str) -> None:
    """Restore *paths* of the snapshot below *folder*, each as it was saved.

    :raises RestoreFailed: as :func:`check`, or it cannot be written; then the folder is as it was
    """
    with _restored(engine, snapshot, paths, folder):
        pass


def restore_all(engine: Engine, snapshot: Snapshot, folder: str) -> Description:
    """Restore all of the snapshot below *folder*, its dumps where it has any, and what it says of itself.

    :raises SnapshotDamaged: what it says cannot be read
    :raises RestoreFailed: as :func:`restore`
    """
    with _restored(engine, snapshot, snapshot.paths, folder) as beside:
        dumps = beside + snapshot.dumps
        if os.path.realpath(dumps) != os.path.realpath(beside) + snapshot.dumps:
            raise SnapshotDamaged(
                "snapshot {0} has a symbolic link on the way to its {1}".format(snapshot.identifier, snapshot.dumps)
            )
        held = description.read(dumps)
        if not held.sources:
            removed(dumps)
            _remove_empty(os.path.dirname(snapshot.dumps), beside)
    return held


def _remove_empty(path: str, beside: str) -> None:
    """Remove the folder at *path* below *beside*, and those above it, as far as nothing is in them."""
    with contextlib.suppress(OSError):
        while path != "/":
            os.rmdir(beside + path)
            path = os.path.dirname(path)


@contextlib.contextmanager
def _restored(engine: Engine, snapshot: Snapshot, paths: t.Sequence[str], folder: str) -> t.Iterator[str]:
    """Where *paths* are restored, beside *folder*, whose place they take when the block ends without an error."""
    check(folder)
    with swapping.prepared(folder) as place:
        check(folder)  # What a killed run began is finished now.
        engine.extract_each(snapshot, [(place.folder, paths)])
        yield place.folder
        with _explained(folder):
            if os.path.lexists(folder):
                known = os.lstat(folder)
                os.chmod(place.folder, stat.S_IMODE(known.st_mode))
                if os.geteuid() == 0:
                    os.chown(place.folder, -1, known.st_gid)
        swapping.put(place, place.folder)


def _above(path: str) -> t.List[str]:
    """Every folder above *path*."""
    parts = path.split("/")
    return ["/".join(parts[:length]) or "/" for length in range(1, len(parts))]


def _check_above(folder: str, above: str) -> None:
    known = os.stat(above)
    if not stat.S_ISDIR(known.st_mode):
        raise RestoreFailed("into: {0} cannot be made, as {1} is no folder".format(folder, above))
    loose = known.st_mode & _FOR_OTHERS_TO_WRITE and not known.st_mode & stat.S_ISVTX
    if loose or known.st_uid not in (0, os.geteuid()):
        raise RestoreFailed(
            "into: whoever may write to {0} could put another folder in the place of {1}; choose a place below folders that only root and"
            " this account write to, for example /srv/as-it-was".format(above, folder)
        )


def _check_empty(folder: str) -> None:
    known = os.lstat(folder)
    if stat.S_ISLNK(known.st_mode):
        raise RestoreFailed(
            "into: {0} is a symbolic link to {1}; give that folder itself".format(folder, os.path.realpath(folder))
        )
    if not stat.S_ISDIR(known.st_mode):
        raise RestoreFailed("into: {0} is there, and no folder; give one that is empty or not there".format(folder))
    if known.st_uid != os.geteuid() or known.st_mode & _FOR_OTHERS_TO_WRITE:
        raise RestoreFailed(
            "into: others may write to {0} (owner {1}, mode {2:04o}); give a folder that only this account writes to, or one that is not"
            " there".format(folder, known.st_uid, stat.S_IMODE(known.st_mode))
        )
    if any(name != swapping.STAYS and not name.startswith(swapping.HIDDEN) for name in os.listdir(folder)):
        raise RestoreFailed("into: {0} is not empty; give an empty folder, or one that is not there".format(folder))


@contextlib.contextmanager
def _explained(folder: str) -> t.Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RestoreFailed(
            "into: {0} cannot be used: {1}: {2}".format(folder, error.filename, error.strerror)
        ) from error
