# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left out of a snapshot, with one meaning for every engine.

PRIVATE to the collection. Pure.

A pattern is one or more names with slashes between them. With a slash at its
beginning it is held against the whole path, from the root on; another is held
against the names on the way, wherever they stand. What matches is left out
with all that is in it. In a name

- ``*`` stands for any characters, none too, and ``?`` for one; neither for a slash, both for a dot;
- ``[a-z_]`` stands for one of these characters, ``[!a-z]`` or ``[^a-z]`` for one that is none of them;
- a backslash takes its meaning from the character after it;
- ``**``, as a whole name, stands for any number of names, none too; at the end for all that is in a folder, which
  itself stays.

A slash at the end says nothing. Upper and lower case differ. The folder with
the dumps is never left out.
"""

from __future__ import annotations

import functools
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Content
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

_SPECIAL_TO_RESTIC = "\\*?[]"
_Class = t.Tuple[bool, t.Tuple[t.Tuple[str, str], ...]]
_Name = t.List[t.Union[str, _Class]]
"""A name of a pattern: ``*`` and ``?`` stand for themselves, another text is one literal character after a backslash."""


def excluded(path: str, patterns: t.Sequence[str]) -> bool:
    """Whether the absolute *path*, or a folder that it is in, matches one of *patterns*; it knows nothing of the dumps.

    :raises InvalidOption: a pattern means nothing
    """
    return bool(patterns) and _compiled(tuple(patterns)).match(path.rstrip("/")) is not None


def check_excludes(content: Content) -> None:
    """Raise :class:`InvalidOption` for a pattern that means nothing, or that leaves out the whole of a path."""
    for pattern in content.excludes:
        for path in content.paths:
            if excluded(path, (pattern,)):
                raise InvalidOption(
                    "excludes: {0!r} leaves out the whole of {1}; take one of the two away".format(pattern, path)
                )


def restic_excludes(content: Content) -> t.List[str]:
    """Options of ``restic backup`` that mean *content*'s excludes. Needs restic 0.13, for the dumps."""
    options = ["--exclude={0}".format(_for_restic(pattern)) for pattern in content.excludes]
    return options + ["--exclude=!{0}".format(_quoted_for_restic(content.dumps))] if options else []


def borg_excludes(content: Content) -> t.List[str]:
    """Options of ``borg create`` that mean *content*'s excludes.

    Its regular expressions, as neither ``fm:`` nor ``sh:`` has all of the meaning: a name wherever it stands, and what
    is in a folder, but not the folder.
    """
    dumps = re.escape(content.dumps.lstrip("/"))
    return [
        # It holds them against the path without the slash at its beginning.
        "--exclude=re:(?s)\\A(?!{0}(?:/|\\Z)){1}".format(dumps, _expression(pattern, root=""))
        for pattern in content.excludes
    ]


@functools.lru_cache(maxsize=64)
def _compiled(patterns: t.Tuple[str, ...]) -> t.Pattern[str]:
    return re.compile("(?s)" + "|".join(_expression(pattern, root="/") for pattern in patterns))


def _expression(pattern: str, root: str) -> str:
    """A regular expression for paths that begin with *root*; what it matches may go on below."""
    anchored, names = _parsed(pattern)
    parts = [root if anchored else root + "(?:[^/]+/)*"]
    for position, name in enumerate(names):
        if name is None:
            parts.append("(?:[^/]+/)*")
        else:
            parts.append("".join(_character(character) for character in name))
            parts.append("/" if position < len(names) - 1 else "(?:/|\\Z)")
    return "".join(parts)


def _character(character: t.Union[str, _Class]) -> str:
    if character == "*":
        return "[^/]*"
    if character == "?":
        return "[^/]"
    if isinstance(character, str):
        return re.escape(character[1:])
    negated, ranges = character
    inside = "".join("{0}-{1}".format(re.escape(low), re.escape(high)) for low, high in ranges)
    return "[^/{0}]".format(inside) if negated else "(?!/)[{0}]".format(inside)


def _for_restic(pattern: str) -> str:
    anchored, names = _parsed(pattern)
    written = "/".join("**" if name is None else "".join(map(_for_restic_character, name)) for name in names)
    if anchored:
        return "/" + written
    return "\\" + written if written.startswith("!") else written


def _for_restic_character(character: t.Union[str, _Class]) -> str:
    if isinstance(character, str):
        return character if len(character) == 1 else _quoted_for_restic(character[1:])
    negated, ranges = character
    return "[{0}{1}]".format("^" if negated else "", "".join("\\{0}-\\{1}".format(*limits) for limits in ranges))


def _quoted_for_restic(text: str) -> str:
    return "".join("\\" + character if character in _SPECIAL_TO_RESTIC else character for character in text)


def _parsed(pattern: str) -> t.Tuple[bool, t.List[t.Optional[_Name]]]:
    """Whether it begins at the root, and its names; None for any number of them."""
    parts = pattern.rstrip("/").split("/")
    anchored = parts[0] == ""
    parts = parts[1:] if anchored else parts
    if not parts or set(parts) & {"", ".", ".."}:
        raise InvalidOption(
            "excludes: {0!r} is no pattern: names with one slash between them are, and none of them is . or ..".format(
                pattern
            )
        )
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in pattern):
        raise InvalidOption("excludes: {0!r} has a character that is no text".format(pattern))
    names: t.List[t.Optional[_Name]] = []
    for part in parts:
        if part != "**":
            names.append(_name(part, pattern))
        elif not names or names[-1] is not None:
            names.append(None)
    if names[0] is None and len(names) > 1:  # Any names, and then: the same as without them.
        anchored, names = False, names[1:]
    if names[-1] is None:  # All that is in a folder.
        names[-1] = ["*"]
    return anchored, names


def _name(part: str, pattern: str) -> _Name:
    name: _Name = []
    rest = part
    while rest:
        character, rest = rest[0], rest[1:]
        if character in "*?":
            if not (character == "*" and name and name[-1] == "*"):
                name.append(character)
        elif character == "[":
            members, rest = _class(rest, pattern)
            name.append(members)
        else:
            literal, rest = _literal(character, rest, pattern)
            name.append("\\" + literal)
    return name


def _literal(character: str, rest: str, pattern: str) -> t.Tuple[str, str]:
    if character != "\\":
        return character, rest
    if not rest:
        raise InvalidOption("excludes: {0!r} has a backslash with nothing after it; write two for one".format(pattern))
    return rest[0], rest[1:]


def _class(rest: str, pattern: str) -> t.Tuple[_Class, str]:
    """The characters in brackets, of which the first was read, and what comes after them."""
    negated = rest[:1] in ("!", "^")
    rest = rest[1:] if negated else rest
    ranges: t.List[t.Tuple[str, str]] = []
    while rest and not (rest[0] == "]" and ranges):
        low, rest = _literal(rest[0], rest[1:], pattern)
        high = low
        if rest[:1] == "-" and rest[1:2] not in ("", "]"):
            high, rest = _literal(rest[1], rest[2:], pattern)
        if high < low:
            raise InvalidOption("excludes: {0!r} has a range from {1!r} down to {2!r}".format(pattern, low, high))
        ranges.append((low, high))
    if not rest:
        raise InvalidOption("excludes: {0!r} has a [ without its ]; write \\[ for the character".format(pattern))
    return (negated, tuple(ranges)), rest[1:]
