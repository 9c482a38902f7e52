# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML, so written that readers of YAML 1.1 and of 1.2 find the same.

PRIVATE to the collection. Writing needs no library. Texts and all keys that could be anything else are in double quotes:
what ``no``, ``0o14``, ``1e3`` or ``2026-11-26`` are without them differs from reader to reader.
"""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Value
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.formats.typed_file import (
    TypedFile,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.holding import Holder

_PLAIN_KEY = re.compile(r"(?!(?:y|n|yes|no|on|off|true|false|null)\Z)[A-Za-z][A-Za-z0-9_-]*\Z", re.IGNORECASE)
_LONGEST_KEY = 1000
"""Characters of a key that may stand before its colon without a question mark; YAML allows 1024."""
_ESCAPED = re.compile(r"[\x00-\x1f\x22\x5c\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


class Yaml(TypedFile):
    """One document, its keys sorted."""

    name = "yaml"
    holder = Holder("yaml", null=True, largest=None)

    def write(self, settings: t.Mapping[str, Value]) -> str:
        return "\n".join(_block(settings)) + "\n"


def _block(value: Value) -> t.List[str]:
    """The lines of *value*, not indented."""
    if isinstance(value, dict) and value:
        return [line for key in sorted(value) for line in _pair(key, value[key])]
    if isinstance(value, (list, tuple)) and value:
        return [line for item in value for line in _attached("-", _block(item), _is_block(item), beside=True)]
    return [_inline(value)]


def _pair(key: str, value: Value) -> t.List[str]:
    text = key if _PLAIN_KEY.match(key) else _quoted(key)
    before = []
    if len(text) > _LONGEST_KEY:
        before, text = ["? " + text], ""
    return before + _attached(text + ":", _block(value), _is_block(value), beside=False)


def _attached(mark: str, lines: t.List[str], block: bool, beside: bool) -> t.List[str]:
    """*lines* below *mark*, or beside it."""
    if not block:
        return ["{0} {1}".format(mark, lines[0])]
    if beside:
        return ["{0} {1}".format(mark, lines[0])] + ["  " + line for line in lines[1:]]
    return [mark] + ["  " + line for line in lines]


def _is_block(value: Value) -> bool:
    return isinstance(value, (dict, list, tuple)) and bool(value)


def _inline(value: Value) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, tuple):
        return "[]"
    return json.dumps(value)


def _float(value: float) -> str:
    mantissa, exponent, power = repr(value).partition("e")
    return mantissa + ("" if "." in mantissa else ".0") + exponent + power


def _quoted(text: str) -> str:
    return '"{0}"'.format(_ESCAPED.sub(_escape, text))


def _escape(found: t.Match[str]) -> str:
    character = found.group()
    code = ord(character)
    return _SHORT.get(character) or ("\\x{0:02x}" if code < 0x100 else "\\u{0:04x}").format(code)
