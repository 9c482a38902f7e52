# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One process at a time changes an app on a balancer.

PRIVATE to the collection. The lock is the kernel's (``flock``), so it ends
with the process that holds it, however that ends.
"""

from __future__ import annotations

import contextlib
import os
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import ChangeInProgress
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.writing import writing
from ansible_collections.progressive.delivery.plugins.module_utils._files.flock import taken


@contextlib.contextmanager
def change_lock(path: str, timeout: float) -> t.Iterator[None]:
    """Hold the lock file *path* while the block runs.

    :param timeout: seconds to wait for another process
    :raises ChangeInProgress: it is held for longer than that; the message names the process
    :raises PermissionMissing: this user may not write the file
    """
    with writing(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if not taken(descriptor, timeout):
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace") or "unknown"
            raise ChangeInProgress("process {0} holds {1}".format(holder, path))
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode("ascii"), 0)
        yield
    finally:
        os.close(descriptor)
