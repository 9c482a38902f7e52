# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking away what was restored, whatever modes it was restored with.

PRIVATE to the collection.
"""

from __future__ import annotations

import os
import shutil
import stat

_FOR_OWNER = 0o700


def removed(path: str) -> None:
    """Take away what is at *path*, with folders in which their owner may not write. Raises :class:`OSError`."""
    if not stat.S_ISDIR(os.lstat(path).st_mode):
        os.unlink(path)
        return
    if os.geteuid() != 0:
        _open_up(path)
        for parent, folders, _files in os.walk(path):
            for name in folders:
                _open_up(os.path.join(parent, name))
    shutil.rmtree(path)


def _open_up(folder: str) -> None:
    known = os.lstat(folder).st_mode
    if stat.S_ISDIR(known) and known & _FOR_OWNER != _FOR_OWNER:
        os.chmod(folder, _FOR_OWNER)
