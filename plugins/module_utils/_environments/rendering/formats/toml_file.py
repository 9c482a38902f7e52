# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TOML 1.0.

PRIVATE to the collection. Writing needs no library.
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

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")
_ESCAPED = re.compile(r"[\x00-\x08\x0a-\x1f\x22\x5c\x7f]")
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n"}


class Toml(TypedFile):
    """Tables with their keys sorted; dictionaries in lists are in one line."""

    name = "toml"
    holder = Holder("toml", null=False, largest=2**63 - 1)

    def write(self, settings: t.Mapping[str, Value]) -> str:
        return "\n".join(_table(settings, ()))


def _table(settings: t.Mapping[str, Value], path: t.Tuple[str, ...]) -> t.List[str]:
    """The sections of a table and of those below it."""
    header = "[{0}]\n".format(".".join(_key(part) for part in path)) if path else ""
    own = [key for key in sorted(settings) if not isinstance(settings[key], dict)]
    lines = "".join("{0} = {1}\n".format(_key(key), _inline(settings[key])) for key in own)
    below = [key for key in sorted(settings) if isinstance(settings[key], dict)]
    sections = [section for key in below for section in _table(settings[key], (*path, key))]
    return ([header + lines] if header or lines else []) + sections


def _key(text: str) -> str:
    return text if _BARE.match(text) else _quoted(text)


def _inline(value: Value) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, dict):
        pairs = ["{0} = {1}".format(_key(key), _inline(value[key])) for key in sorted(value)]
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_inline(item) for item in value) + "]"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value)


def _quoted(text: str) -> str:
    return '"{0}"'.format(_ESCAPED.sub(_escape, text))


def _escape(found: t.Match[str]) -> str:
    return _SHORT.get(found.group()) or "\\u{0:04x}".format(ord(found.group()))
