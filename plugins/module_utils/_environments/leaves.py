# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings one by one, by their dotted keys.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments.keys import dotted, path_of
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Value


def walk(
    settings: t.Mapping[str, Value], path: t.Tuple[str, ...] = ()
) -> t.Iterator[t.Tuple[t.Tuple[str, ...], Value]]:
    """Each setting with its path, sorted; lists and empty dictionaries are settings as a whole."""
    for key in sorted(settings):
        value = settings[key]
        if isinstance(value, dict) and value:
            yield from walk(value, (*path, key))
        else:
            yield (*path, key), value


def leaves(settings: t.Mapping[str, Value]) -> t.Dict[str, Value]:
    """Each setting by its dotted key."""
    return {dotted(path): value for path, value in walk(settings)}


def nested(found: t.Mapping[str, Value]) -> t.Dict[str, Value]:
    """The inverse of :func:`leaves`; raises ValueError for what is no key."""
    settings: t.Dict[str, Value] = {}
    for key, value in found.items():
        path = path_of(key)
        folder = settings
        for part in path[:-1]:
            folder = folder.setdefault(part, {})
        folder[path[-1]] = value
    return settings


def subset(settings: t.Mapping[str, Value], keys: t.Sequence[str]) -> t.Tuple[t.Dict[str, Value], t.List[str]]:
    """The settings that *keys* name, each alone or with all below it, and those of *keys* that name none."""
    kept: t.Dict[str, Value] = {}
    used: t.Set[str] = set()
    for path, value in walk(settings):
        above = {dotted(path[:length]) for length in range(1, len(path) + 1)}
        named = above.intersection(keys)
        used.update(named)
        if named:
            kept[dotted(path)] = value
    return nested(kept), [key for key in keys if key not in used]


def same(one: Value, other: Value) -> bool:
    """Whether two values are the same; to a program 1, 1.0 and true are not."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(same(ours, theirs) for ours, theirs in zip(one, other))
    return type(one) is type(other) and bool(one == other)
