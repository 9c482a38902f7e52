# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a test keeps a dump, and lets a source work."""

from __future__ import annotations

import pathlib


class Folders:
    """A folder for a dump, deeper than a socket's address is long, and others for whatever a source does with it."""

    def __init__(self, top: pathlib.Path) -> None:
        self._top = top / ("long" * 30)
        self._top.mkdir()
        self.dump = self.empty("dump")

    def empty(self, name: str) -> str:
        """A new private folder."""
        folder = self._top / name
        folder.mkdir(0o700)
        return str(folder)
