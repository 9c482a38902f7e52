# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML as settings: what is written is what every reader of YAML takes it for.

PRIVATE to the collection. YAML 1.1, which Ansible reads, and YAML 1.2 take some
scalars for different things: ``no``, ``0777``, ``1_000``, ``12:30``, ``1e3``. Those are
refused, with the way to write them. A date is the text that it is written as, and a key
is always a text.
"""

from __future__ import annotations

import re
import typing as t

try:
    import yaml
except ImportError:
    # The types of what may be missing are not looked at; see pyproject.toml.
    yaml = None  # type: ignore[assignment]

from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import UnreadableDocument
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary

LARGEST = 100_000
"""Values in one document, each alias counted as what it stands for: a few lines of aliases can stand for billions."""
DEEPEST = 64
"""Dictionaries and lists within each other."""

_TAG = "tag:yaml.org,2002:"
_CORE = (
    ("null", re.compile(r"(?:~|null|Null|NULL|)\Z")),
    ("bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")),
    ("int", re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z")),
    ("float", re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")),
    ("float", re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")),
)
"""What YAML 1.2 takes a plain scalar for, https://yaml.org/spec/1.2.2/#1032-tag-resolution; a text is what is none of these."""


def parse(text: str, source: str = "YAML") -> t.Any:
    """The value of a YAML text; None of an empty one.

    :param source: what the text is called in messages
    :raises UnreadableDocument: naming the line
    :raises MissingLibrary: PyYAML is not installed
    """
    if yaml is None:
        raise MissingLibrary("PyYAML")
    try:
        nodes = list(yaml.compose_all(text, yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise UnreadableDocument(source, error.problem or "this is no YAML", line) from error
    except yaml.YAMLError as error:
        raise UnreadableDocument(source, "it holds a character that YAML does not allow") from error
    except RecursionError as error:
        raise UnreadableDocument(source, "it is nested too deeply") from error
    if len(nodes) > 1:
        raise UnreadableDocument(source, "a second document begins here; there can be one", _line(nodes[1]))
    return _Document(source).value(nodes[0]) if nodes else None


class _Document:
    """From PyYAML's nodes to values."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._values = 0

    def value(self, node: t.Any, depth: int = 0) -> t.Any:
        self._values += 1
        if self._values > LARGEST:
            raise self._refusal(node, "its aliases stand for more than {0} values".format(LARGEST))
        if depth > DEEPEST:
            raise self._refusal(node, "it is nested more than {0} deep".format(DEEPEST))
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
            return [self.value(below, depth + 1) for below in node.value]
        if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
            return self._mapping(node, depth)
        raise self._refusal(node, "the tag {0} is not known here".format(node.tag.replace(_TAG, "!!")))

    def _mapping(self, node: t.Any, depth: int) -> t.Dict[str, t.Any]:
        found: t.Dict[str, t.Any] = {}
        for key, below in node.value:
            if not isinstance(key, yaml.ScalarNode) or not key.value:
                raise self._refusal(key, "a key must be a text")
            if key.tag == _TAG + "merge":
                raise self._refusal(key, "<< is not known here: layers are what is merged")
            if key.value in found:
                raise self._refusal(key, "{0} is said twice".format(key.value))
            found[key.value] = self.value(below, depth + 1)
        return found

    def _scalar(self, node: t.Any) -> t.Any:
        text, tag = node.value, node.tag.replace(_TAG, "")
        if tag not in {"str", "null", "bool", "int", "float", "timestamp", "value", "merge"}:
            hint = "; give what ansible-vault has encrypted as ansible:NAME" if tag == "!vault" else ""
            raise self._refusal(node, "the tag {0} is not known here{1}".format(tag, hint))
        if tag in {"str", "timestamp"} and (node.style or tag == "timestamp"):
            return text
        core = next((name for name, form in _CORE if form.match(text)), "str")
        if core != tag or (tag == "int" and re.match(r"[-+]?0[0-9]", text)):
            raise self._refusal(node, _ambiguous(text))
        if tag == "null":
            return None
        if tag == "bool":
            return text.lower() == "true"
        try:
            return _number(text, tag) if tag in {"int", "float"} else text
        except ValueError as error:
            raise self._refusal(node, "this number is too long") from error

    def _refusal(self, node: t.Any, reason: str) -> UnreadableDocument:
        return UnreadableDocument(self._source, reason, _line(node))


def _ambiguous(text: str) -> str:
    truth = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(text.lower())
    if truth:
        return 'some take {0} for {1}, others for a text: write {1}, or "{0}" in quotes'.format(text, truth)
    return "some take this for a text, others for a number or something else: write it in quotes, or as a plain decimal"


def _number(text: str, tag: str) -> t.Union[int, float]:
    if tag == "int":
        return int(text, 16 if text.startswith("0x") else 10)
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


def _line(node: t.Any) -> int:
    return int(node.start_mark.line) + 1
