# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order in which entries stand, from which follows that none of them leads outside.

PRIVATE to the collection. Pure. Each name stands behind the folder that it lies
in, and before all that lies elsewhere and sorts behind it by bytes. So what
stands above an entry is always a folder of the same snapshot, never a link and
never a file, and nothing comes twice. To see that takes no more memory than the
path is deep.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.entries import Entry, Kind
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.names import Parts, parts_of


class Order:
    """Entries as they come.

    :param paths: what the snapshot is said to hold; raises :class:`ValueError` when one is within another
    """

    def __init__(self, paths: t.Iterable[str]) -> None:
        self._awaited = {parts_of(path): path for path in paths}
        for parts, path in self._awaited.items():
            if any(parts[:length] in self._awaited for length in range(len(parts))):
                raise ValueError("{0!r} is within another of its paths".format(path))
        self._last: Parts = ()
        self._root: Parts = ()
        self._folder: Parts = ()
        self._shared: t.Set[str] = set()

    def take(self, entry: Entry) -> None:
        """Take the next one; raises :class:`ValueError` when it may not stand here."""
        parts = parts_of(entry.path)
        above = parts[:-1]
        if parts <= self._last:
            raise ValueError("{0!r} comes twice, or too late".format(entry.path))
        if parts in self._awaited:
            del self._awaited[parts]
            self._root = parts
        elif not self._root or above[: len(self._root)] != self._root or self._folder[: len(above)] != above:
            raise ValueError("{0!r} does not lie in a folder that came before it".format(entry.path))
        if entry.kind is Kind.HARDLINK and entry.target not in self._shared:
            raise ValueError(
                "{0!r} is a hard link to {1!r}, no file that came before it".format(entry.path, entry.target)
            )
        if entry.shared:
            self._shared.add(entry.path)
        self._last = parts
        self._folder = parts if entry.kind is Kind.FOLDER else above

    def end(self) -> None:
        """Raise :class:`ValueError` when something has not come."""
        if self._awaited:
            raise ValueError("{0!r} does not come".format(min(self._awaited.values())))
