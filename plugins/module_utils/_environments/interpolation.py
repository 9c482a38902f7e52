# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``${other.key}`` within settings, and the secrets that they refer to.

PRIVATE to the collection. Pure: what reads a secret is given. A text that is nothing but
``${key}`` becomes what the key is, whatever its type; within a text stand texts,
numbers and booleans. ``$$`` is a dollar sign; one that stands before anything but ``{``
and ``$`` is one too. What a secret holds is never looked into, and a text that takes one
in is a secret.
"""

from __future__ import annotations

import difflib
import json
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import (
    InterpolationFailed,
    InvalidReference,
    SecretUnavailable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.keys import (
    Path,
    dotted,
    origin_of,
    path_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.merge import (
    SECRET,
    Merged,
    is_reference,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Secret

LARGEST = 100_000
"""Values in all, and LONGEST characters in one text: a few lines that take each other in could fill any memory."""
LONGEST = 1024 * 1024
DEEPEST = 64
"""Dictionaries and lists within each other."""
FARTHEST = 100
"""Steps from one setting to the next, into dictionaries and from key to key."""

_PIECE = re.compile(r'\$\$|\$\{((?:"(?:[^"\\]|\\.)*"|[^}"])*)\}|\$\{')


class _Known(t.NamedTuple):
    """A finished value, with the number of values in it and how deep they are nested."""

    value: t.Any
    size: int
    depth: int


def interpolate(merged: Merged, secret_of: t.Callable[[str], str]) -> t.Dict[str, t.Any]:
    """Settings with all that they take in, and with their secrets.

    :param secret_of: the value that a reference to a secret stands for
    :raises InterpolationFailed: naming the file and the key
    :raises InvalidReference: from *secret_of*, with the file and the key
    :raises SecretUnavailable: as well
    """
    known = _Interpolation(merged, secret_of).at(())
    return t.cast("t.Dict[str, t.Any]", known.value)


class _Interpolation:
    def __init__(self, merged: Merged, secret_of: t.Callable[[str], str]) -> None:
        self._settings = merged.settings
        self._origins = merged.origins
        self._secret_of = secret_of
        self._known: t.Dict[Path, _Known] = {}
        self._under_way: t.List[Path] = []

    def at(self, path: Path) -> _Known:
        """What the setting at *path*, which is there as it was written, becomes."""
        if path in self._known:
            return self._known[path]
        if path in self._under_way:
            circle = [*self._under_way[self._under_way.index(path) :], path]
            shown = " → ".join("{0} ({1})".format(dotted(part), origin_of(self._origins, part)) for part in circle)
            raise self._failure("it leads back to itself: {0}".format(shown))
        if len(self._under_way) > FARTHEST:
            raise self._failure("it leads from key to key more than {0} times".format(FARTHEST))
        self._under_way.append(path)
        self._known[path] = self._finished(path)
        self._under_way.pop()
        return self._known[path]

    def _finished(self, path: Path) -> _Known:
        written = self._written(path)
        if is_reference(written):
            return _Known(self._secret(written[SECRET]), 1, 0)
        if isinstance(written, dict):
            return self._together({key: self.at((*path, key)) for key in written})
        if isinstance(written, list):
            parts = self._together({place: self.at((*path, place)) for place in range(len(written))})
            return parts._replace(value=list(parts.value.values()))
        return self._text(written) if isinstance(written, str) else _Known(written, 1, 0)

    def _written(self, path: Path) -> t.Any:
        found: t.Any = self._settings
        for part in path:
            found = found[part]
        return found

    def _together(self, parts: t.Mapping[t.Any, _Known]) -> _Known:
        size = 1 + sum(part.size for part in parts.values())
        depth = 1 + max((part.depth for part in parts.values()), default=0)
        if size > LARGEST:
            raise self._failure("it comes to more than {0} values".format(LARGEST))
        if depth > DEEPEST:
            raise self._failure("it comes to more than {0} dictionaries or lists within each other".format(DEEPEST))
        return _Known({key: part.value for key, part in parts.items()}, size, depth)

    def _text(self, written: str) -> _Known:
        whole = _PIECE.fullmatch(written)
        if whole and whole.group(1) is not None:
            return self._taken(whole.group(1))
        texts: t.List[str] = []
        position = length = 0
        secret = False
        for piece in _PIECE.finditer(written):
            texts.append(written[position : piece.start()])
            position = piece.end()
            value = "$" if piece.group() == "$$" else self._within(piece)
            secret = secret or isinstance(value, Secret)
            texts.append(value.value if isinstance(value, Secret) else value)
            length += len(texts[-1])
            if length > LONGEST:
                raise self._failure("it comes to more than {0} characters".format(LONGEST))
        text = "".join([*texts, written[position:]])
        return _Known(Secret(written, text) if secret else text, 1, 0)

    def _within(self, piece: t.Match[str]) -> t.Union[str, Secret]:
        """What stands in a text for one ``${key}``."""
        key = piece.group(1)
        if key is None:
            raise self._failure("a ${ in it has no end")
        value = self._taken(key).value
        if value is None or isinstance(value, (dict, list)):
            form = "null" if value is None else "a dictionary" if isinstance(value, dict) else "a list"
            raise self._failure("${{{0}}} is {1}, which cannot stand within a text".format(key, form))
        return value if isinstance(value, (str, Secret)) else json.dumps(value)

    def _taken(self, key: str) -> _Known:
        """What a key stands for, wherever it leads."""
        try:
            parts = path_of(key)
        except ValueError as error:
            raise self._failure("${{{0}}}: {1}; keys are written as in a.b".format(key, error)) from error
        path: Path = ()
        for done, part in enumerate(parts):
            written = self._written(path)
            if isinstance(written, str):
                return self._inside(self.at(path).value, parts[done:], key)
            place = None if is_reference(written) else _place(written, part)
            if place is None:
                raise self._unknown(key)
            path = (*path, place)
        return self.at(path)

    def _inside(self, value: t.Any, parts: t.Tuple[str, ...], key: str) -> _Known:
        """What lies within a finished value that was itself taken from elsewhere."""
        for part in parts:
            place = _place(value, part)
            if place is None:
                raise self._unknown(key)
            value = value[place]
        return _measured(value)

    def _secret(self, written: str) -> Secret:
        reference = self._text(written).value
        if not isinstance(reference, str):
            raise self._failure("a reference to a secret must come to a text that is no secret itself")
        try:
            return Secret(reference, self._secret_of(reference))
        except (InvalidReference, SecretUnavailable) as error:
            raise type(error)(self._place_and(error.message)) from error

    def _unknown(self, key: str) -> InterpolationFailed:
        near = difflib.get_close_matches(key, self._origins, 1)
        hint = "; is {0} meant?".format(near[0]) if near else ""
        return self._failure("no layer sets {0}{1}".format(key, hint))

    def _failure(self, reason: str) -> InterpolationFailed:
        return InterpolationFailed(self._place_and(reason))

    def _place_and(self, reason: str) -> str:
        path = self._under_way[-1]
        return "{0}: {1}: {2}".format(origin_of(self._origins, path), dotted(path) or "all settings", reason)


def _place(value: t.Any, part: str) -> t.Union[str, int, None]:
    """Where a part of a key leads in a value; None for nowhere."""
    if isinstance(value, dict):
        return part if part in value else None
    if isinstance(value, list) and re.match(r"(?:0|[1-9][0-9]{0,8})\Z", part) and int(part) < len(value):
        return int(part)
    return None


def _measured(value: t.Any) -> _Known:
    below = (
        [_measured(part) for part in (value.values() if isinstance(value, dict) else value)]
        if isinstance(value, (dict, list))
        else None
    )
    if below is None:
        return _Known(value, 1, 0)
    return _Known(value, 1 + sum(part.size for part in below), 1 + max((part.depth for part in below), default=0))
