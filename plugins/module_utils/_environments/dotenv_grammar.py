# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The grammar of dotenv files, exactly: what is written here is read back the same.

PRIVATE to the collection. A line is ``KEY=value``, with ``export`` before it or not. Nothing is ever expanded.

- ``'...'`` is taken as it stands, over several lines too; it holds no single quote.
- ``"..."`` has the escapes ``\\n``, ``\\"``, ``\\\\``, ``\\$`` and ``\\```, and may hold line breaks.
- A value without quotes holds nothing that a shell, or another reader of such files, gives a meaning.

What readers of dotenv files understand differently is refused, with the way to write it.

Written is ``KEY='text'`` where the text has no single quote, backslashes only one by one and none at the end: nothing means
anything else within it, line breaks included. Any other text is ``KEY="text"`` with a backslash before each ``"``, ``\\``, ``$``
and backtick, and no other escape. So ``set -a; . file`` in a shell finds the same, as do readers of dotenv with their differing
rules for backslashes.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import UnreadableDocument

_BLANK = re.compile(r"[ \t]*(?:#[^\n]*)?\r?(?:\n|\Z)")
_HEAD = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)=")
_SINGLE = re.compile(r"'([^']*)'")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE = re.compile(r"[^\s'\"\\$`#;&|<>()*?\[\]{}~!\x00-\x1f\x7f]*")
_REST = re.compile(r"[ \t]*(?:[ \t]#[^\n]*)?\r?(?:\n|\Z)")
_LITERAL = re.compile(r"(?:[^'\\]|\\(?=[^'\\]))*\Z")
_ESCAPED = re.compile(r'(["\\$`])')
_ESCAPE = re.compile(r"\\(.)|[$`]", re.DOTALL)
_MEANT = {"n": "\n", '"': '"', "\\": "\\", "$": "$", "`": "`"}


def render(variables: t.Mapping[str, str]) -> str:
    """The lines of a file with *variables*, sorted; its inverse is :func:`parse`."""
    return "".join("{0}={1}\n".format(key, _quoted(variables[key])) for key in sorted(variables))


def parse(text: str, source: str = "dotenv") -> t.Dict[str, str]:
    """The values of a dotenv text by key.

    :param source: what the text is called in messages
    :raises UnreadableDocument: naming the line
    """
    found: t.Dict[str, str] = {}
    position = 0
    while position < len(text):
        blank = _BLANK.match(text, position)
        if blank:
            position = blank.end()
            continue
        line = text.count("\n", 0, position) + 1
        head = _HEAD.match(text, position)
        if not head:
            raise UnreadableDocument(source, "this is no KEY=value; a key has letters, digits and _", line)
        key = head.group(1)
        if key in found:
            raise UnreadableDocument(source, "{0} is said twice".format(key), line)
        try:
            found[key], position = _value(text, head.end())
        except ValueError as error:
            raise UnreadableDocument(source, "{0}: {1}".format(key, error), line) from error
    return found


def _value(text: str, position: int) -> t.Tuple[str, int]:
    """A value, and where the next line begins.

    :raises ValueError: saying what is wrong, with nothing of the value
    """
    opening = text[position : position + 1]
    if opening in {"'", '"'}:
        quoted = (_SINGLE if opening == "'" else _DOUBLE).match(text, position)
        if not quoted:
            raise ValueError("the quote that begins here does not end")
        value = quoted.group(1) if opening == "'" else _ESCAPE.sub(_meant, quoted.group(1))
    else:
        quoted = _BARE.match(text, position)
        value = quoted.group(0) if quoted else ""
    end = _REST.match(text, quoted.end() if quoted else position)
    if not end:
        raise ValueError(
            "put the value in single quotes" if opening not in {"'", '"'} else "something follows the quotes"
        )
    if "\0" in value:
        raise ValueError("a value cannot hold the character NUL")
    return value, end.end()


def _meant(escape: t.Match[str]) -> str:
    name = escape.group(1)
    if name is None:
        raise ValueError("write \\{0} in double quotes, or take single quotes; nothing is expanded".format(escape[0]))
    if name not in _MEANT:
        raise ValueError('after \\ in double quotes stands n, ", \\, $ or `')
    return _MEANT[name]


def _quoted(text: str) -> str:
    if _LITERAL.match(text):
        return "'{0}'".format(text)
    return '"{0}"'.format(_ESCAPED.sub(r"\\\1", text))
