# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A repository of restic on this host: what a process that was killed left in its folder, which restic itself would leave there.

PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import os
import typing as t

_PART = "-tmp-"


class Folder:
    """The folder of a repository."""

    def __init__(self, path: str) -> None:
        self.path = os.path.abspath(path)

    def locks(self) -> t.List[str]:
        """The identifiers of all locks."""
        return [name for name in self._names("locks") if _PART not in name]

    def snapshots(self) -> t.List[str]:
        """The identifiers of all snapshots."""
        return [name for name in self._names("snapshots") if _PART not in name]

    def snapshot(self, beginning: str) -> t.Optional[str]:
        """The identifier of the one snapshot that begins so; None where there is none, or more than one."""
        found = [name for name in self.snapshots() if name.startswith(beginning)]
        return found[0] if len(found) == 1 else None

    def remove_lock(self, identifier: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(self.path, "locks", identifier))

    def remove_parts(self, before: float) -> None:
        """Remove files that were being written when their process died.

        :param before: seconds since the epoch; what was last written later may belong to a process that lives
        """
        for parent, _folders, files in os.walk(self.path):
            for name in files:
                path = os.path.join(parent, name)
                with contextlib.suppress(FileNotFoundError):
                    if _PART in name and os.lstat(path).st_mtime < before:
                        os.unlink(path)

    def _names(self, folder: str) -> t.List[str]:
        try:
            return sorted(os.listdir(os.path.join(self.path, folder)))
        except (FileNotFoundError, NotADirectoryError):
            return []
