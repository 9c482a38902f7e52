# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of variables that a shell and readers of dotenv take for the same.

PRIVATE to the collection. Pure.

``NAME='text'`` where the text has no single quote, backslashes only one by one and none at the end: nothing else
means anything within it, line breaks included. Any other text is ``NAME="text"``, with a backslash before each ``"``,
``\\``, ``$`` and backtick, and nothing else escaped. So ``set -a; . file`` in a shell, and readers of dotenv and of systemd
with their differing rules for backslashes, find the same.
"""

from __future__ import annotations

import re
import typing as t

_LITERAL = re.compile(r"(?:[^'\\]|\\(?=[^'\\]))*\Z")
_ESCAPED = re.compile(r'(["\\$`])')
_UNESCAPED = re.compile(r'\\(["\\$`])')
_LINE = re.compile(
    r"""[ \t]*(?:\#[^\n]*|(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)=
    (?:'(?P<literal>[^']*)'|"(?P<escaped>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s"'\\$`\#;&|<>()]*))[ \t]*)?(?:\n|\Z)""",
    re.VERBOSE | re.DOTALL,
)


def quoted(text: str) -> str:
    """*text* as the value of a variable."""
    if _LITERAL.match(text):
        return "'{0}'".format(text)
    return '"{0}"'.format(_ESCAPED.sub(r"\\\1", text))


def render(variables: t.Mapping[str, str]) -> str:
    """The lines of a file with *variables*, sorted; its inverse is :func:`parse`."""
    return "".join("{0}={1}\n".format(name, quoted(variables[name])) for name in sorted(variables))


def parse(text: str) -> t.Dict[str, str]:
    """What :func:`render` wrote; raises :class:`ValueError` for anything else."""
    found: t.Dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _LINE.match(text, at)
        if match is None:
            raise ValueError("line {0} is no variable".format(text.count("\n", 0, at) + 1))
        if match.group("name"):
            found[match.group("name")] = _value(match)
        at = match.end()
    return found


def _value(match: t.Match[str]) -> str:
    for style in ("literal", "bare"):
        if match.group(style) is not None:
            return match.group(style)
    return _UNESCAPED.sub(r"\1", match.group("escaped") or "")
