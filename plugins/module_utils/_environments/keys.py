# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dotted keys by which settings are named in messages, origins and ``${...}``.

PRIVATE to the collection. As in TOML: the parts stand between dots, and a part that
holds anything but letters, digits, ``_`` and ``-`` stands in double quotes.
"""

from __future__ import annotations

import json
import re
import typing as t

Path = t.Tuple[t.Union[str, int], ...]
"""The keys, and places in lists, that lead from the top to a setting."""

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")
_PART = re.compile(r'([A-Za-z0-9_-]+)|("(?:[^"\\]|\\.)*")')


def dotted(path: Path) -> str:
    """The dotted key of a setting; :func:`path_of` is its inverse, but for places in lists, which become texts."""
    return ".".join(
        part if _BARE.match(part) else json.dumps(part, ensure_ascii=False) for part in (str(part) for part in path)
    )


def path_of(key: str) -> t.Tuple[str, ...]:
    """The parts of a dotted key.

    :raises ValueError: it is none
    """
    parts: t.List[str] = []
    position = -1
    while position < len(key):
        found = _PART.match(key, position + 1)
        position = found.end() if found else 0
        if not found or key[position : position + 1] not in {"", "."}:
            raise ValueError("{0} is no key".format(key or "nothing"))
        bare, quoted = found.groups()
        parts.append(bare if quoted is None else _unquoted(quoted))
    return tuple(parts)


def touch(one: t.Tuple[str, ...], other: t.Tuple[str, ...]) -> bool:
    """Whether two paths lead to the same setting, or one of them to what holds the other."""
    return all(mine == theirs for mine, theirs in zip(one, other))


def _unquoted(part: str) -> str:
    try:
        return str(json.loads(part))
    except ValueError as error:
        raise ValueError("{0} is no key".format(part)) from error


def origin_of(origins: t.Mapping[str, str], path: Path) -> str:
    """The file, or files, that a setting comes from; that of what holds it, where it has none of its own."""
    for length in range(len(path), 0, -1):
        key = dotted(path[:length])
        if key in origins:
            return origins[key]
        below = {source for other, source in origins.items() if other.startswith(key + ".")}
        if below:
            return ", ".join(sorted(below))
    return ", ".join(sorted(set(origins.values()))) or "the layers"
