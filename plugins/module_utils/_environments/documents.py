# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings out of files and texts, whatever format they are in.

PRIVATE to the collection. What comes out of every format is the same: a dictionary with
texts as keys, of texts, numbers, booleans, null, lists and dictionaries. Files are UTF-8.
"""

from __future__ import annotations

import math
import os
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments import (
    dotenv_grammar,
    json_grammar,
    toml_grammar,
    yaml_grammar,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import UnreadableDocument
from ansible_collections.progressive.delivery.plugins.module_utils._environments.keys import Path, dotted
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Layer
from ansible_collections.progressive.delivery.plugins.module_utils._environments.yaml_grammar import DEEPEST
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

Settings = t.Dict[str, t.Any]

_GRAMMARS: t.Mapping[str, t.Callable[[str, str], t.Any]] = {
    "yaml": yaml_grammar.parse,
    "json": json_grammar.parse,
    "toml": toml_grammar.parse,
    "dotenv": dotenv_grammar.parse,
}
FORMATS = tuple(_GRAMMARS)
"""What settings may be written in."""
_SUFFIXES = {".yml": "yaml", ".yaml": "yaml", ".json": "json", ".toml": "toml", ".env": "dotenv"}
_MARK = "\ufeff"
"""What some editors put in front of UTF-8; of a file it is taken off as it is read."""
_LARGEST = 10 * 1024 * 1024
"""Bytes of a file; more is none of settings."""


def layer_of(
    name: str,
    path: str,
    text: t.Optional[str] = None,
    format: t.Optional[str] = None,  # noqa: A002 (as the option is called)
) -> Layer:
    """One layer, from the file at *path*, or from *text* that is called so in messages.

    :param format: one of :data:`FORMATS`; by the suffix of *path*, where it is not said
    :raises UnreadableDocument: naming the file and the line
    :raises InvalidOption: the suffix does not tell the format
    :raises MissingLibrary: the library for the format is not installed
    """
    chosen = format_of(path, format)
    return Layer(name, path, settings_of(file_text(path) if text is None else text, path, chosen))


def format_of(path: str, said: t.Optional[str] = None) -> str:
    """The format that is said, or that the file's name tells; raises InvalidOption."""
    name = os.path.basename(path)
    by_name = "dotenv" if name.split(".")[:2] == ["", "env"] else _SUFFIXES.get(os.path.splitext(name)[1], "")
    found = said or by_name
    if found in _GRAMMARS:
        return found
    wrong = "{0} is none".format(said) if said else "the name {0} does not tell it".format(path)
    raise InvalidOption("format: {0}; say {1}".format(wrong, ", ".join(FORMATS)))


def file_text(path: str) -> str:
    """The text of a file.

    :raises UnreadableDocument: it is not there, may not be read, or is no UTF-8
    """
    try:
        with open(path, "rb") as handle:
            content = handle.read(_LARGEST + 1)
    except OSError as error:
        raise UnreadableDocument(path, error.strerror or "it cannot be read") from error
    if len(content) > _LARGEST:
        raise UnreadableDocument(path, "it is larger than {0} bytes".format(_LARGEST))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableDocument(path, "this is no UTF-8", content.count(b"\n", 0, error.start) + 1) from error


def settings_of(text: str, source: str, format: str) -> Settings:  # noqa: A002 (as the option is called)
    """The settings that a text says; none for one that says nothing.

    :raises UnreadableDocument: naming *source* and the line
    :raises MissingLibrary: the library for the format is not installed
    """
    found = _GRAMMARS[format](text[1:] if text.startswith(_MARK) else text, source)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise UnreadableDocument(source, "it holds no dictionary of settings at its top")
    _check(found, (), source)
    return found


def _check(value: t.Any, path: Path, source: str) -> None:
    """Refuse what not every format can say; raises UnreadableDocument."""
    if len(path) > DEEPEST:
        raise UnreadableDocument(source, "it is nested more than {0} deep".format(DEEPEST))
    if isinstance(value, t.Mapping):
        for key, below in value.items():
            if not isinstance(key, str) or not key:
                raise UnreadableDocument(source, "a key in {0} is empty, or no text".format(dotted(path) or "it"))
            _check_text(key, path, source)
            _check(below, (*path, key), source)
    elif isinstance(value, list):
        for place, below in enumerate(value):
            _check(below, (*path, place), source)
    elif isinstance(value, float) and not math.isfinite(value):
        raise UnreadableDocument(source, "{0} is no finite number".format(dotted(path)))
    elif isinstance(value, str):
        _check_text(value, path, source)
    elif value is not None and not isinstance(value, (bool, int, float)):
        raise UnreadableDocument(source, "{0} is a date or a time: write it in quotes".format(dotted(path)))


def _check_text(text: str, path: Path, source: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UnreadableDocument(source, "{0} holds half a character".format(dotted(path) or "a key")) from error
