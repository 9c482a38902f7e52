# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making a repository in a folder of this host: as a whole or not at all, and once.

PRIVATE to the collection. A program that dies while it makes one leaves
something that neither opens nor can be made again, and two that make one at the
same time leave a repository whose keys do not fit.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import (
    EngineMissing,
    RepositoryLocked,
    RepositoryUnreachable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._files.atomic import sync_folder
from ansible_collections.progressive.delivery.plugins.module_utils._files.flock import taken

_PATIENCE = 60.0


def is_free(path: str) -> bool:
    """Whether a repository can be made at *path* without anything being lost: there is nothing, or a folder that is seen to be empty."""
    try:
        return not os.listdir(path)
    except FileNotFoundError:
        return not os.path.lexists(path)
    except OSError:
        return False


def is_seen_free(path: t.Optional[str], program: str, places: t.Optional[str]) -> bool:
    """Whether it is seen, without asking the program, that there is no repository yet; of one elsewhere, where *path* is None, never.

    :param places: where programs are, as in ``PATH``; those of this process where it is None
    :raises EngineMissing: there is none, and nothing that could make it
    """
    if path is None or not is_free(path):
        return False
    if shutil.which(program, path=places) is None:
        raise EngineMissing("{0} is not installed on this host".format(program))
    return True


def check_writable(path: str) -> None:
    """Raise :class:`RepositoryUnreachable` unless a folder can be made at *path*, or written where it is there."""
    existing = path
    while not os.path.lexists(existing):
        existing = os.path.dirname(existing)
    if not os.path.isdir(existing) or not os.access(existing, os.W_OK | os.X_OK):
        raise RepositoryUnreachable(
            "the repository {0} cannot be made: {1} is not a folder that user id {2} may write in".format(
                path, existing, os.geteuid()
            )
        )


@contextlib.contextmanager
def being_made(path: str) -> t.Iterator[t.Optional[str]]:
    """Where to make the repository that is to be at *path*; None when another process was quicker.

    It comes to its place when the block ends without an error, and what is left of one that died goes. Only where *path* is a folder that
    cannot be replaced, being mounted or within another's, it is made in its place.
    """
    parent = os.path.dirname(path)
    try:
        os.makedirs(parent, exist_ok=True)
        descriptor = os.open(parent, os.O_RDONLY)
    except OSError as error:
        raise RepositoryUnreachable("the repository {0} cannot be made: {1}".format(path, error)) from error
    try:
        if not taken(descriptor, _PATIENCE):
            raise RepositoryLocked("the repository {0} is being made by another process".format(path))
        if not is_free(path):
            yield None
        elif os.path.ismount(path) or not os.access(parent, os.W_OK | os.X_OK):
            yield path
        else:
            aside = os.path.join(parent, ".{0}.being-made".format(os.path.basename(path)))
            shutil.rmtree(aside, ignore_errors=True)
            yield aside
            os.rename(aside, path)
            sync_folder(parent)
    finally:
        os.close(descriptor)
