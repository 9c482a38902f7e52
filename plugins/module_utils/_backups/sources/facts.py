# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checksums that do not depend on an order, and what differs between facts.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import hashlib
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Facts

_NAMED = 10
_MODULUS = 1 << 256


class Multiset:
    """Counts what is added and sums its SHA-256, so that the order says nothing and what is there twice counts twice."""

    def __init__(self) -> None:
        self._count = 0
        self._sum = 0

    def add(self, parts: t.Iterable[bytes]) -> None:
        """Add one element; where a part ends counts too."""
        digest = hashlib.sha256()
        for part in parts:
            digest.update(b"%d:" % len(part))
            digest.update(part)
        self._sum = (self._sum + int.from_bytes(digest.digest(), "big")) % _MODULUS
        self._count += 1

    def result(self) -> t.Tuple[int, str]:
        """How many there are, and their checksum in hexadecimal digits."""
        return self._count, "{0:064x}".format(self._sum)


def unlike(saved: Facts, found: Facts, what: str = "table", unit: str = "rows") -> t.List[str]:
    """In words, where *found* is not as *saved*; of many differences the first and their number."""
    words = []
    for name in sorted(set(saved.tables) | set(found.tables)):
        wanted, present = saved.tables.get(name), found.tables.get(name)
        if present is None:
            words.append("{0} {1!r} is missing".format(what, name))
        elif wanted is None:
            words.append("{0} {1!r} was not saved".format(what, name))
        elif wanted[0] != present[0]:
            words.append("{0} {1!r} has {2} {3}, and {4} were saved".format(what, name, present[0], unit, wanted[0]))
        elif wanted[1] != present[1]:
            words.append("{0} {1!r} has other content than was saved".format(what, name))
    if len(words) > _NAMED:
        words[_NAMED:] = ["{0} more".format(len(words) - _NAMED)]
    return words
