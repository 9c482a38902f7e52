# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which path lies in which, told by their names alone.

PRIVATE to the collection. Pure. Only for paths in their plain form: with dots
in it a path begins like one folder and leads to another.
"""

from __future__ import annotations

import posixpath


def is_plain(path: str) -> bool:
    """Whether *path* is absolute and there is no shorter name for it: no dots, no slash too many."""
    return path.startswith("/") and not path.startswith("//") and posixpath.normpath(path) == path and "\0" not in path


def is_within(path: str, folder: str) -> bool:
    """Whether the plain *path* is *folder* or lies in it; what is not plain is within nothing."""
    return is_plain(path) and (path == folder or path.startswith(folder.rstrip("/") + "/"))
