# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries as file systems may have them, and worse."""

from __future__ import annotations

from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.entries import Entry, Kind
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.names import text

# Long ones, line breaks, other encodings and what means something in a header.
names = (
    st.binary(min_size=1, max_size=255).map(lambda name: name.replace(b"/", b"_").replace(b"\0", b"="))
    | st.sampled_from([b"a", b"b", b"n" * 100, b"n" * 101, b"line\nbreak", b"\xff\xfe", "grün".encode(), b" ", b"a=b"])
).filter(lambda name: name not in (b".", b".."))
paths = st.lists(names, min_size=1, max_size=4).map(lambda parts: text(b"/" + b"/".join(parts)))
_owners = st.sampled_from(["root", "www-data", "", "o" * 40, "jürgen"])
_ids = st.integers(0, (1 << 32) - 1) | st.sampled_from([0, 0o7777777, 0o10000000])
_times = st.integers(-(10**19), 10**20) | st.sampled_from([0, 1, -1, 10**9, 8**11 * 10**9])
_sizes = st.integers(0, 10**6) | st.sampled_from([0, 511, 512, 513, 8**11 - 1, 8**11, 1 << 50])
_xattrs = st.dictionaries(
    st.sampled_from(["user.a", "user.a=b", "user.50%", "security.capability", "user.ü"]),
    st.binary(max_size=700),
    max_size=3,
)


@st.composite
def _ranges(draw, size):
    bounds = sorted(draw(st.sets(st.integers(0, size), max_size=8)))
    return tuple((begin, end - begin) for begin, end in zip(bounds[::2], bounds[1::2], strict=False))


@st.composite
def _entries(draw):
    kind = draw(st.sampled_from(list(Kind)))
    more = {}
    if kind is Kind.FILE:
        size = draw(_sizes)
        more = {
            "size": size,
            "sha256": draw(st.binary(min_size=32, max_size=32)).hex(),
            "shared": draw(st.booleans()),
            "data": draw(st.none() | _ranges(size)),
        }
    elif kind is Kind.SYMLINK:
        more = {"target": text(draw(names | st.sampled_from([b"/etc/passwd", b"../" * 60])))}
    elif kind is Kind.HARDLINK:
        more = {"target": draw(paths)}
    return Entry(
        path=draw(paths),
        kind=kind,
        mode=draw(st.integers(0, 0o7777)),
        uid=draw(_ids),
        gid=draw(_ids),
        user=draw(_owners),
        group=draw(_owners),
        mtime_ns=draw(_times),
        xattrs=draw(_xattrs),
        **more,
    )


entries = _entries()
