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
import shutil
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import (
    RepositoryLocked,
    WorkFolderUnusable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import DUMPS
from ansible_collections.progressive.delivery.plugins.module_utils._files.flock import taken


class Workplace:
    """The folder of an app, held.

    :param dumps: for what databases and commands give; the same path each time, so that engines find what is unchanged
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.dumps = os.path.join(folder, DUMPS)

    def fresh(self, name: str) -> str:
        """An empty folder *name*, in the place of what was there."""
        path = os.path.join(self.folder, name)
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path, mode=0o700)
        return path


@contextlib.contextmanager
def held(directory: str, app: str, timeout: float) -> t.Iterator[Workplace]:
    """Hold the app's folder below *directory*; empty at the beginning and at the end.

    :raises RepositoryLocked: another process has it for longer than *timeout* seconds
    """
    folder = os.path.join(directory, app)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        os.chmod(folder, 0o700)
        descriptor = os.open(os.path.join(folder, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise WorkFolderUnusable("cannot use {0}: {1}".format(folder, error.strerror)) from error
    try:
        if not taken(descriptor, timeout):
            raise RepositoryLocked("another backup or restore of {0} is under way on this host".format(app))
        _emptied(folder)
        try:
            yield Workplace(folder)
        finally:
            _emptied(folder)
    finally:
        os.close(descriptor)


def _emptied(folder: str) -> None:
    for name in os.listdir(folder):
        if name != "lock":
            shutil.rmtree(os.path.join(folder, name), ignore_errors=True)
