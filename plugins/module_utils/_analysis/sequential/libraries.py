# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what the judges compute with is installed.

PRIVATE to the collection.
"""

from __future__ import annotations

import importlib.util

from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary


def need_libraries() -> None:
    """Say that a library is missing before anything is asked; raises MissingLibrary."""
    for library in ("numpy", "scipy"):
        if importlib.util.find_spec(library) is None:
            raise MissingLibrary(library)
