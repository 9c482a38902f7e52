# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be saved, looked at before a program is sent to save it: some pass over what is not there.

PRIVATE to the collection.
"""

from __future__ import annotations

import os
import stat
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import (
    RestoreFailed,
    SourceUnusable,
    UnknownSnapshot,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Content, Snapshot
from ansible_collections.progressive.delivery.plugins.module_utils._backups.plain_paths import is_within


def check_there(content: Content) -> None:
    """Raise :class:`SourceUnusable` unless every path of *content* is there and is what is meant, not a link to it."""
    for path in content.paths + (content.dumps,):
        try:
            known = os.lstat(path)
        except OSError as error:
            raise SourceUnusable("{0} cannot be saved: {1}".format(path, error.strerror)) from error
        if stat.S_ISLNK(known.st_mode) and not content.links:
            raise SourceUnusable(
                "{0} is a symbolic link, of which only the link would be saved; name what it points to, {1}".format(
                    path, os.path.realpath(path)
                )
            )


def check_asked(snapshot: Snapshot, paths: t.Sequence[str], folder: str) -> None:
    """Raise :class:`UnknownSnapshot` for a path that is not within the snapshot, and ValueError unless *folder* is empty."""
    for path in paths:
        if not any(is_within(path, saved) for saved in snapshot.paths):
            raise UnknownSnapshot("snapshot {0} does not hold {1}".format(snapshot.identifier, path))
    if os.listdir(folder):
        raise ValueError("{0} is not empty".format(folder))


def check_apart(folder: str) -> None:
    """Raise :class:`RestoreFailed` where root is to restore by names, and somebody else may put other folders in their places."""
    path = folder
    while os.geteuid() == 0:
        known = os.stat(path)
        shared = (stat.S_IWOTH | (stat.S_IWGRP if known.st_gid != 0 else 0)) if not known.st_mode & stat.S_ISVTX else 0
        if known.st_uid != 0 or known.st_mode & shared:
            raise RestoreFailed(
                "{0} is not restored into as root: others than root may write in {1}, and could lead elsewhere what is written;"
                " give that folder to root for the time, or restore with into where only root may write".format(
                    folder, path
                )
            )
        if path == os.path.dirname(path):
            break
        path = os.path.dirname(path)


def check_came(snapshot: Snapshot, paths: t.Sequence[str], folder: str) -> None:
    """Raise :class:`UnknownSnapshot` for a path that is not below *folder* now: the snapshot does not hold it."""
    for path in paths:
        if not os.path.lexists(folder + path):
            raise UnknownSnapshot("snapshot {0} does not hold {1}".format(snapshot.identifier, path))
