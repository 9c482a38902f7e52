# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Earlier contents of a file of flags, numbered, in a folder beside it.

PRIVATE to the collection. Whoever calls this holds the file's lock, but for
reading. A revision never changes once it has its number, and numbers only
grow.
"""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._files.atomic import place_file, sync_folder
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import UnknownRevision

SUFFIX = ".json"
NUMBER = re.compile(r"[1-9][0-9]*\Z")


class Revisions:
    """The revisions of the file at *path*, at most *keep* of them."""

    def __init__(self, path: str, keep: int) -> None:
        folder, name = os.path.split(path)
        self._path = path
        self._keep = keep
        self._folder = os.path.join(folder, ".{0}.revisions".format(name))

    def numbers(self) -> t.List[int]:
        """Those that are kept, the oldest first; raises OSError."""
        try:
            names = os.listdir(self._folder)
        except FileNotFoundError:
            return []
        stems = [name[: -len(SUFFIX)] for name in names if name.endswith(SUFFIX)]
        return sorted(int(stem) for stem in stems if NUMBER.match(stem))

    def path_of(self, number: int) -> str:
        """The file of a revision.

        :raises UnknownRevision: it is not kept
        :raises OSError: the folder cannot be read
        """
        kept = self.numbers()
        if number not in kept:
            raise UnknownRevision(
                "there is no revision {0} of {1}; there {2}".format(
                    number, self._path, "are {0} to {1}".format(kept[0], kept[-1]) if kept else "is none"
                )
            )
        return os.path.join(self._folder, str(number) + SUFFIX)

    def current(self) -> t.Optional[int]:
        """The number of what the file holds; None where that is not kept yet. Raises OSError."""
        kept = self.numbers()
        return kept[-1] if kept and self._holds(kept[-1]) else None

    def following(self) -> int:
        """The number that what the file holds next will have; raises OSError."""
        kept = self.numbers()
        unkept = os.path.exists(self._path) and not (kept and self._holds(kept[-1]))
        return (kept[-1] if kept else 0) + unkept + 1

    def record(self) -> t.Optional[int]:
        """Keep what the file holds, unless the newest revision is that, and drop the oldest that are too many.

        Done before the file is replaced and after it. So a writer that was killed in between, and somebody who edits
        by hand, have theirs kept by the next writer, under the number that it would have had.

        :returns: its number; None where there is no file
        :raises OSError: it cannot be kept; the file and the other revisions are as they were
        """
        try:
            with open(self._path, "rb") as handle:
                content, known = handle.read(), os.fstat(handle.fileno())
        except FileNotFoundError:
            return None
        number = self.current()
        if number is None:
            number = max(self.numbers(), default=0) + 1
            self._make_folder()
            place_file(
                os.path.join(self._folder, str(number) + SUFFIX),
                content,
                known.st_mode & 0o7777,
                (known.st_uid, known.st_gid),
            )
        for old in self.numbers():
            if old <= number - self._keep:
                os.unlink(os.path.join(self._folder, str(old) + SUFFIX))
        return number

    def _holds(self, number: int) -> bool:
        try:
            with open(self._path, "rb") as now, open(os.path.join(self._folder, str(number) + SUFFIX), "rb") as then:
                return now.read() == then.read()
        except FileNotFoundError:
            return False

    def _make_folder(self) -> None:
        try:
            os.mkdir(self._folder, 0o755)
        except FileExistsError:
            return
        # Whoever may look into the file's folder may read what it was, whatever the umask is.
        parent = os.path.dirname(self._folder)
        os.chmod(self._folder, 0o700 | (os.stat(parent).st_mode & 0o055))
        sync_folder(parent)
