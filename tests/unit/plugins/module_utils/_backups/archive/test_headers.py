# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The headers that are written say to another reader what the entries say."""

from __future__ import annotations

import hashlib
import io
import tarfile

from hypothesis import example, given

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive import headers
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.entries import Entry, Kind
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.names import raw, text
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._backups.archive.entry_strategies import (
    entries,
)

TYPES = {
    Kind.FILE: tarfile.REGTYPE,
    Kind.FOLDER: tarfile.DIRTYPE,
    Kind.SYMLINK: tarfile.SYMTYPE,
    Kind.HARDLINK: tarfile.LNKTYPE,
    Kind.FIFO: tarfile.FIFOTYPE,
}
PINNED_LENGTH = 8704
PINNED_SHA256 = "a9b218f4dede2d4ce0b2c6a0a96a287f012d3fe60c904109ac4761001a10f138"
LARGE = Entry("/a", Kind.FILE, 0o600, 0, 0, "", "", -1_500_000_000, size=8**11, data=((5, 7),), sha256="0" * 64)
NEARLY_AS_LARGE = Entry("/a", Kind.FILE, 0, 0, 0, "", "", 0, size=8**11 - 1, data=((0, 8**11 - 512),), sha256="0" * 64)
"""With the map of its holes it takes more than a number of a header can say."""


def read(entry):
    """What Python's tarfile makes of the header."""
    with tarfile.open(
        fileobj=io.BytesIO(headers.header(entry) + headers.ending(0)),
        mode="r:",
        encoding="utf-8",
        errors="surrogateescape",
    ) as opened:
        return opened.firstmember


@given(entries)
@example(LARGE)
@example(NEARLY_AS_LARGE)
def test_pythons_tarfile_reads_what_the_entry_says(entry):
    found = read(entry)

    assert found.name == entry.path[1:]
    assert found.type == TYPES[entry.kind]
    assert (found.mode, found.uid, found.gid) == (entry.mode, entry.uid, entry.gid)
    assert (found.uname, found.gname) == (entry.user, entry.group)
    assert abs(found.mtime - entry.mtime_ns / 1e9) <= 1e-6 * max(1, abs(found.mtime))
    assert found.size == (entry.size if entry.kind is Kind.FILE else 0)
    if entry.kind is Kind.SYMLINK:
        assert found.linkname == entry.target
    if entry.kind is Kind.HARDLINK:
        assert found.linkname == entry.target[1:]
    if entry.data is not None:
        assert tuple(part for part in found.sparse if part[1]) == entry.data
    attributes = {
        key[len("SCHILY.xattr.") :].replace("%3D", "=").replace("%25", "%"): raw(value)
        for key, value in found.pax_headers.items()
        if key.startswith("SCHILY.xattr.")
    }
    assert attributes == entry.xattrs


@given(entries)
def test_headers_and_what_follows_content_fill_whole_blocks(entry):
    assert len(headers.header(entry)) % headers.BLOCK == 0
    stored = sum(length for _offset, length in entry.stored)
    assert (stored + len(headers.padding(entry))) % headers.BLOCK == 0


def test_the_bytes_of_headers_are_those_of_format_1():
    pinned = [
        Entry("/srv", Kind.FOLDER, 0o750, 0, 0, "root", "root", 0, xattrs={"user.a=b": b"\0\xff"}),
        Entry("/srv/grün", Kind.FILE, 0o4750, 33, 0o10000000, "www-data", "adm", 1_600_000_000_000_000_001, size=3),
        LARGE,
        Entry("/srv/link", Kind.SYMLINK, 0o777, 0, 0, "", "", 10**9, target="x" * 101),
        Entry("/srv/same", Kind.HARDLINK, 0o644, 0, 0, "", "", 10**9, target="/srv/grün"),
        Entry("/srv/pipe", Kind.FIFO, 0o600, 0, 0, "", "", 10**9),
    ]

    written = b"".join(headers.header(entry) for entry in pinned)

    assert len(written) == PINNED_LENGTH
    assert hashlib.sha256(written).hexdigest() == PINNED_SHA256


def test_an_archive_ends_with_a_whole_record():
    for position in range(0, 3 * headers.RECORD, headers.BLOCK):
        ending = headers.ending(position)
        assert len(ending) >= 2 * headers.BLOCK
        assert (position + len(ending)) % headers.RECORD == 0
        assert text(ending).strip("\0") == ""
