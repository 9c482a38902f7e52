# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One writer at a time, by a lock file that the kernel frees when its holder ends.

PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import os
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._files.flock import taken
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import (
    ToggleChangeInProgress,
    ToggleFileUnwritable,
)


@contextlib.contextmanager
def one_writer(path: str, timeout: float, busy: str, mode: int = 0o644) -> t.Iterator[None]:
    """Hold the lock file at *path*, which stays, and is empty.

    :param timeout: seconds to wait for another holder
    :param busy: what to say when it is held still
    :raises ToggleFileUnwritable: there can be no lock file; a link in its place is not followed
    :raises ToggleChangeInProgress: another process holds it
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    except OSError as error:
        raise ToggleFileUnwritable("{0} cannot be written: {1}".format(path, error.strerror)) from error
    try:
        if not taken(descriptor, timeout):
            raise ToggleChangeInProgress(busy)
        yield
    finally:
        os.close(descriptor)


def lock_of(path: str) -> str:
    """The lock file of the file at *path*."""
    folder, name = os.path.split(path)
    return os.path.join(folder, ".{0}.lock".format(name))
