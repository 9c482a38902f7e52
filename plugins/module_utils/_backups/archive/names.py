# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of files, which are bytes, as text and back; and which of them are left out.

PRIVATE to the collection. Pure. What is no UTF-8 survives as lone surrogates,
whatever the locale is.
"""

from __future__ import annotations

import typing as t

Parts = t.Tuple[bytes, ...]


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
