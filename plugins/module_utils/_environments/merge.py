# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How layers become one: each over those before it.

PRIVATE to the collection. Pure: no I/O. The rules:

- dictionaries merge, key by key;
- a list takes the place of the list before it, and a single value that of the single value before it;
- null is a value like any other, and what was null may become anything;
- a key that is a dictionary in one layer and something else in another is an error, and so are a list and a single value.

A dictionary with one of the marks below says otherwise. No other key begins with ``$``.

Of layers without marks, in which each key has the same form, the order counts and the
grouping does not; a layer that says nothing changes nothing, and one that is used twice
is as good as once.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import (
    InvalidReference,
    MergeConflict,
    UnknownMark,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.keys import Path, dotted
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Layer

APPEND = "$append"
PREPEND = "$prepend"
REMOVE = "$remove"
"""A list with more after it, more before it, without some; of nothing, what there is to add. They may stand together."""
REPLACE = "$replace"
"""Anything, in the place of whatever was there."""
UNSET = "$unset"
"""With true: the key is as if no layer had ever set it."""
SECRET = "$secret"  # noqa: S105 (a mark)
"""A reference to a secret; it counts as a single value."""
ENVIRONMENT = "$environment"
"""At the top of a layer only: the environment, or list of them, that it is made for."""

_LIST_MARKS = (REMOVE, PREPEND, APPEND)
_MARKS = (APPEND, PREPEND, REMOVE, REPLACE, UNSET, SECRET)


@dataclass(frozen=True)
class Merged:
    """What layers come to; references to secrets and ``${...}`` are as they were written.

    :param origins: the file in which each setting was last set, by its dotted key; a list is one setting
    """

    settings: t.Dict[str, t.Any]
    origins: t.Dict[str, str]


@dataclass(frozen=True)
class _Leaf:
    value: t.Any
    source: str


@dataclass(frozen=True)
class _Branch:
    below: t.Mapping[str, t.Union[_Leaf, _Branch]]
    source: str


_Node = t.Union[_Leaf, _Branch]


def merge(layers: t.Iterable[Layer]) -> Merged:
    """Merge layers, the first lowest.

    :raises MergeConflict: naming the key and both files
    :raises UnknownMark: naming the key and the file
    :raises InvalidReference: a reference that is no text
    """
    top = _Branch({}, "")
    for layer in layers:
        top = _Over(layer.source).whole(top, layer.settings)
    origins: t.Dict[str, str] = {}
    return Merged(t.cast("t.Dict[str, t.Any]", _value(top, (), origins)), origins)


def is_reference(value: t.Any) -> bool:
    """Whether a value, out of merged settings, is a reference to a secret."""
    return isinstance(value, dict) and SECRET in value


class _Over:
    """One layer, over what those before it came to."""

    def __init__(self, source: str) -> None:
        self._source = source

    def whole(self, old: _Branch, new: t.Mapping[str, t.Any]) -> _Branch:
        settings = {key: value for key, value in new.items() if key != ENVIRONMENT}
        mark = next((key for key in settings if key.startswith("$")), None)
        if mark:
            raise self._misuse((), "{0} means nothing here; of such keys only {1} does".format(mark, ENVIRONMENT))
        return self.dictionary(old, settings, ())

    def dictionary(self, old: t.Optional[_Node], new: t.Mapping[str, t.Any], path: Path) -> _Branch:
        below = dict(old.below) if isinstance(old, _Branch) else {}
        for key, value in new.items():
            merged = self._value(below.get(key), value, (*path, key))
            if merged is None:
                below.pop(key, None)
            else:
                below[key] = merged
        return _Branch(below, self._source)

    def _value(self, old: t.Optional[_Node], new: t.Any, path: Path) -> t.Optional[_Node]:
        """What a key becomes; None for one that is no more."""
        if isinstance(new, dict):
            marks = [key for key in new if key.startswith("$")]
            if marks:
                return self._marked(old, new, marks, path)
            self._need_form(old, "dictionary", path)
            return self.dictionary(old, new, path)
        self._need_form(old, _form(new), path)
        self._check_plain(new, path)
        return _Leaf(new, self._source)

    def _marked(
        self, old: t.Optional[_Node], new: t.Mapping[str, t.Any], marks: t.List[str], path: Path
    ) -> t.Optional[_Node]:
        self._check_marks(new, marks, path)
        mark = marks[0]
        said = new[mark]
        if mark == SECRET:
            self._need_form(old, "single value", path)
            return self._plain(new, path)
        if mark == REPLACE:
            return self._plain(said, path)
        if mark == UNSET:
            if said is not True:
                raise self._misuse(path, "{0} takes nothing but true".format(UNSET))
            return None
        self._need_form(old, "list", path)
        for name in marks:
            if not isinstance(new[name], list):
                raise self._misuse(path, "{0} takes a list".format(name))
            self._check_plain(new[name], path)
        kept = old.value if isinstance(old, _Leaf) and old.value is not None else []
        kept = [item for item in kept if not any(same(item, gone) for gone in new.get(REMOVE, []))]
        return _Leaf([*new.get(PREPEND, []), *kept, *new.get(APPEND, [])], self._source)

    def _check_marks(self, new: t.Mapping[str, t.Any], marks: t.List[str], path: Path) -> None:
        unknown = next((mark for mark in marks if mark not in _MARKS), None)
        if unknown == ENVIRONMENT:
            raise self._misuse(path, "{0} stands at the top of a file only".format(ENVIRONMENT))
        if unknown:
            raise self._misuse(path, "{0} is none of the marks {1}".format(unknown, ", ".join(_MARKS)))
        if len(new) > 1 and not set(new) <= set(_LIST_MARKS):
            raise self._misuse(path, "beside {0} there can be no other key".format(marks[0]))

    def _plain(self, value: t.Any, path: Path) -> _Node:
        """What replaces anything, with all that it holds."""
        self._check_plain(value, path)
        if isinstance(value, dict) and not is_reference(value):
            below = {key: self._plain(part, (*path, key)) for key, part in value.items()}
            return _Branch(below, self._source)
        return _Leaf(value, self._source)

    def _check_plain(self, value: t.Any, path: Path) -> None:
        """Refuse marks where nothing is merged: in lists, and in what replaces."""
        if is_reference(value):
            if len(value) > 1:
                raise self._misuse(path, "beside {0} there can be no other key".format(SECRET))
            if not isinstance(value[SECRET], str):
                raise InvalidReference("{0}: {1}: {2} takes a text".format(self._source, dotted(path), SECRET))
        elif isinstance(value, dict):
            for key, part in value.items():
                if key.startswith("$"):
                    raise self._misuse(path, "{0} means nothing within a list, or within {1}".format(key, REPLACE))
                self._check_plain(part, (*path, key))
        elif isinstance(value, list):
            for place, part in enumerate(value):
                self._check_plain(part, (*path, place))

    def _need_form(self, old: t.Optional[_Node], form: str, path: Path) -> None:
        """Refuse a key that changes its form; raises MergeConflict."""
        if old is None or (isinstance(old, _Leaf) and old.value is None and form != "null"):
            return
        was = "dictionary" if isinstance(old, _Branch) else _form(old.value)
        if was != form and not {was, form} <= {"single value", "null"}:
            raise MergeConflict(
                "{0} is {1} in {2} and {3} in {4}".format(
                    dotted(path) or "the top", _said(was), old.source, _said(form), self._source
                ),
                key=dotted(path),
                sources=[old.source, self._source],
            )

    def _misuse(self, path: Path, reason: str) -> UnknownMark:
        return UnknownMark("{0}: {1}: {2}".format(self._source, dotted(path) or "at the top", reason))


def same(one: t.Any, other: t.Any) -> bool:
    """Whether two values are the same in JSON, where true is not 1, but 1.0 is: one may write of a list what another removes.

    Apart from :func:`leaves.same`, for which what is written to a file otherwise is another.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        return set(one) == set(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _form(value: t.Any) -> str:
    if value is None:
        return "null"
    return "list" if isinstance(value, list) else "single value"


def _said(form: str) -> str:
    return form if form == "null" else "a " + form


def _value(node: _Node, path: Path, origins: t.Dict[str, str]) -> t.Any:
    if isinstance(node, _Branch) and (node.below or not path):
        return {key: _value(below, (*path, key), origins) for key, below in node.below.items()}
    origins[dotted(path)] = node.source
    return {} if isinstance(node, _Branch) else node.value
