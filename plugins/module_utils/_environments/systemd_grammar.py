# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of variables as systemd reads those of ``EnvironmentFile=``.

PRIVATE to the collection. Pure.

Written is ``NAME="text"`` with a backslash before each ``"``, ``\\``, ``$`` and backtick: of quotes and backslashes that is
what every version of systemd reads in the same way. :func:`parse` reads what people may write, too.
"""

from __future__ import annotations

import re
import typing as t

_ESCAPED = re.compile(r'(["\\$`])')
_BLANK = " \t\n\r"
_LINE_BREAK = "\n\r"
_NEVER = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufdd0-\ufdef]")


def unreadable(text: str) -> t.Optional[str]:
    """Why systemd, or a version of it, would refuse the variable; None where none does."""
    if _NEVER.search(text) or any(ord(character) & 0xFFFE == 0xFFFE for character in text):
        return "it holds a control character other than tab and line break, or one that Unicode forbids; systemd ignores the variable, or the file"
    return None


def render(variables: t.Mapping[str, str]) -> str:
    """The lines of a file with *variables*, sorted."""
    lines = ['{0}="{1}"\n'.format(name, _ESCAPED.sub(r"\\\1", variables[name])) for name in sorted(variables)]
    return "".join(lines)


def parse(text: str) -> t.Dict[str, str]:
    """What systemd takes for the variables of the file; lines without ``=`` are none."""
    found: t.Dict[str, str] = {}
    at = 0
    while True:
        at = _skipped(text, at, _BLANK)
        if at >= len(text):
            return found
        if text[at] in "#;":
            at = _after_comment(text, at)
            continue
        end = _until(text, at, "=" + _LINE_BREAK)
        if end < len(text) and text[end] == "=":
            name = text[at:end].rstrip(_BLANK)
            found[name], at = _value(text, end + 1)
        else:
            at = end


def _value(text: str, at: int) -> t.Tuple[str, int]:
    """The value that begins at *at*, and where it ends."""
    parts: t.List[str] = []
    while True:
        at = _skipped(text, at, " \t")
        if at >= len(text) or text[at] in _LINE_BREAK:
            return "".join(parts), at
        if text[at] == "'":
            end = _until(text, at + 1, "'")
            parts.append(text[at + 1 : end])
            at = end + 1
        elif text[at] == '"':
            part, at = _in_double_quotes(text, at + 1)
            parts.append(part)
        else:
            part, at = _bare(text, at)
            return "".join([*parts, part]), at


def _in_double_quotes(text: str, at: int) -> t.Tuple[str, int]:
    parts: t.List[str] = []
    while at < len(text) and text[at] != '"':
        character = text[at]
        if character != "\\":
            parts.append(character)
            at += 1
            continue
        escaped = text[at + 1 : at + 2]
        if escaped and escaped in '"\\$`':
            parts.append(escaped)
        elif escaped != "\n":
            parts.append("\\" + escaped if escaped else "")
        at += 2
    return "".join(parts), at + 1


def _bare(text: str, at: int) -> t.Tuple[str, int]:
    """A value without quotes goes to the end of the line; blanks before that are not of it."""
    parts: t.List[str] = []
    kept = 0
    while at < len(text) and text[at] not in _LINE_BREAK:
        if text[at] == "\\":
            escaped = text[at + 1 : at + 2]
            if escaped and escaped not in _LINE_BREAK:
                parts.append(escaped)
            kept = len(parts)
            at += 2
            continue
        parts.append(text[at])
        if text[at] not in _BLANK:
            kept = len(parts)
        at += 1
    return "".join(parts[:kept]), at


def _after_comment(text: str, at: int) -> int:
    while at < len(text) and text[at] not in _LINE_BREAK:
        at += 2 if text[at] == "\\" else 1
    return at


def _skipped(text: str, at: int, what: str) -> int:
    while at < len(text) and text[at] in what:
        at += 1
    return at


def _until(text: str, at: int, what: str) -> int:
    while at < len(text) and text[at] not in what:
        at += 1
    return at
