# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts what restic reads, since it passes over a folder whose list it cannot read, and tells nobody.

PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import json
import tarfile
import typing as t

_BUFFER = 1024 * 1024


class Counted:
    """How many files, folders and symbolic links came by; what else a file system holds is in the list, and in no dump."""

    def __init__(self) -> None:
        self.count = 0

    def of_list(self, stream: t.IO[bytes]) -> None:
        """Read a list of a snapshot, one JSON object a line."""
        for line in stream:
            with contextlib.suppress(ValueError):
                self.count += json.loads(line).get("type") in ("file", "dir", "symlink")

    def of_dump(self, stream: t.IO[bytes]) -> None:
        """Read a dump, which is a tar; of one that breaks off, as far as it goes."""
        with contextlib.suppress(tarfile.TarError, EOFError), tarfile.open(
            fileobj=stream, mode="r|", bufsize=_BUFFER, errors="surrogateescape"
        ) as archive:
            for member in archive:
                self.count += member.isreg() or member.isdir() or member.issym()
                # It would keep all of them; typeshed knows only getmembers().
                archive.members.clear()  # type: ignore[attr-defined]
