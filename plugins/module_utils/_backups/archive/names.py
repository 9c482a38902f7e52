# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of files, which are bytes, as text and back; and which of them are left out.

PRIVATE to the collection. Pure. What is no UTF-8 survives as lone surrogates,
whatever the locale is.
"""

from __future__ import annotations

import fnmatch
import re
import typing as t

Parts = t.Tuple[bytes, ...]
_Pattern = t.Optional[t.Pattern[str]]


def raw(name: str) -> bytes:
    """The bytes of *name*; raises :class:`UnicodeEncodeError` when there are none."""
    return name.encode("utf-8", "surrogateescape")


def text(name: bytes) -> str:
    """*name* as text, from which :func:`raw` makes the same bytes again."""
    return name.decode("utf-8", "surrogateescape")


def parts_of(path: str) -> Parts:
    """The names on the way to an absolute path; raises :class:`ValueError` unless it is in its plain form."""
    parts = tuple(raw(path).split(b"/")[1:])
    if not path.startswith("/") or "\0" in path or {b"", b".", b".."} & set(parts):
        raise ValueError("{0!r} is not a plain absolute path".format(path))
    return parts


def is_within(path: str, folder: str) -> bool:
    """Whether *path* is *folder* or lies in it."""
    return path == folder or path.startswith(folder + "/")


class Excludes:
    """What is left out below a folder that is saved.

    A pattern with a slash at its beginning is held against the whole path, as a shell does: ``*`` stands for any part
    of one name, ``**`` for any number of names. Another is held against each name.
    """

    def __init__(self, patterns: t.Iterable[str]) -> None:
        patterns = list(patterns)
        self._names = [_compiled(pattern.rstrip("/")) for pattern in patterns if not pattern.startswith("/")]
        self._paths = [
            [None if name == "**" else _compiled(name) for name in pattern.strip("/").split("/")]
            for pattern in patterns
            if pattern.startswith("/")
        ]

    def leave_out(self, path: str) -> bool:
        """Whether they name *path*; nothing above it is left out."""
        names = path[1:].split("/")
        return any(pattern.match(names[-1]) for pattern in self._names) or any(
            _match(names, pattern) for pattern in self._paths
        )


def _compiled(pattern: str) -> t.Pattern[str]:
    return re.compile(fnmatch.translate(pattern))


def _match(names: t.Sequence[str], pattern: t.Sequence[_Pattern]) -> bool:
    if not pattern:
        return not names
    if pattern[0] is None:
        return any(_match(names[skipped:], pattern[1:]) for skipped in range(len(names) + 1))
    return bool(names and pattern[0].match(names[0])) and _match(names[1:], pattern[1:])
