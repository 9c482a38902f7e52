# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The headers of a tar archive in the format of POSIX.1-2001 (pax), as GNU tar and others read them.

PRIVATE to the collection. Pure. An entry always makes the same bytes, and the
reader relies on that: it makes them again from the manifest and compares, so
that nothing of an archive has to be understood before it is known to be right.
The bytes of format 1 must never change.

What pax has no field for is written as GNU tar does: extended attributes as
``SCHILY.xattr.NAME``, files with holes in its sparse format 1.0, and names that
are no UTF-8 as they are.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.entries import Entry, Kind
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.names import raw

BLOCK = 512
RECORD = 20 * BLOCK
_TYPES = {Kind.FILE: b"0", Kind.HARDLINK: b"1", Kind.SYMLINK: b"2", Kind.FOLDER: b"5", Kind.FIFO: b"6"}
_PAX = b"x"
_MOST_NAME = 100
_MOST_OWNER = 32
_MOST_ID = 0o7777777
_MOST_SIZE = 0o77777777777
_SECOND = 10**9


def header(entry: Entry) -> bytes:
    """What stands in front of the stored content of *entry*: whole blocks."""
    records: t.List[t.Tuple[bytes, bytes]] = []
    path = raw(entry.path[1:]) + (b"/" if entry.kind is Kind.FOLDER else b"")
    link = raw(entry.target[1:] if entry.kind is Kind.HARDLINK else entry.target)
    sparse = b""
    holes: t.List[t.Tuple[bytes, bytes]] = []
    size = sum(length for _offset, length in entry.stored) if entry.kind is Kind.FILE else 0
    if entry.data is not None:
        sparse = _sparse_map(entry.data, entry.size)
        size += len(sparse)
        holes = [
            (b"GNU.sparse.major", b"1"),
            (b"GNU.sparse.minor", b"0"),
            (b"GNU.sparse.name", path),
            (b"GNU.sparse.realsize", b"%d" % entry.size),
        ]
        path = b"GNUSparseFile.0"
    name = _text_field(records, b"path", path, _MOST_NAME)
    linkname = _text_field(records, b"linkpath", link, _MOST_NAME)
    user = _text_field(records, b"uname", raw(entry.user), _MOST_OWNER)
    group = _text_field(records, b"gname", raw(entry.group), _MOST_OWNER)
    numbers = b"".join(
        (
            _octal(entry.mode, 8),
            _number_field(records, b"uid", entry.uid, _MOST_ID, 8),
            _number_field(records, b"gid", entry.gid, _MOST_ID, 8),
            _number_field(records, b"size", size, _MOST_SIZE, 12),
            _time_field(records, entry.mtime_ns),
        )
    )
    # Of two sizes Python's tarfile takes the last for that of the file.
    records += holes
    records += [
        (b"SCHILY.xattr." + raw(key).replace(b"%", b"%25").replace(b"=", b"%3D"), value)
        for key, value in sorted(entry.xattrs.items())
    ]
    return _pax_header(records) + _block(name, numbers, _TYPES[entry.kind], linkname, user, group) + sparse


def padding(entry: Entry) -> bytes:
    """What stands behind the stored content of a file, up to a whole block."""
    return bytes(-sum(length for _offset, length in entry.stored) % BLOCK)


def ending(position: int) -> bytes:
    """What ends an archive after *position* bytes: two empty blocks, and others up to a whole record."""
    return bytes(2 * BLOCK + -(position + 2 * BLOCK) % RECORD)


def _block(name: bytes, numbers: bytes, kind: bytes, link: bytes, user: bytes, group: bytes) -> bytes:
    before = name.ljust(_MOST_NAME, b"\0") + numbers
    after = b"".join(
        (
            kind,
            link.ljust(_MOST_NAME, b"\0"),
            b"ustar\x0000",
            user.ljust(_MOST_OWNER, b"\0"),
            group.ljust(_MOST_OWNER, b"\0"),
            b"0000000\x00" * 2,
        )
    ).ljust(BLOCK - len(before) - 8, b"\0")
    checksum = sum(before) + sum(after) + 8 * ord(" ")
    return before + b"%06o\0 " % checksum + after


def _pax_header(records: t.Sequence[t.Tuple[bytes, bytes]]) -> bytes:
    if not records:
        return b""
    body = b"".join(_record(key, value) for key, value in records)
    numbers = b"".join((_octal(0o600, 8), _octal(0, 8), _octal(0, 8), _octal(len(body), 12), _octal(0, 12)))
    return _block(b"PaxHeader", numbers, _PAX, b"", b"", b"") + body + bytes(-len(body) % BLOCK)


def _record(key: bytes, value: bytes) -> bytes:
    # Its own length, in digits that are part of it.
    rest = b" " + key + b"=" + value + b"\n"
    digits = 1
    while len(str(len(rest) + digits)) > digits:
        digits += 1
    return b"%d" % (len(rest) + digits) + rest


def _sparse_map(data: t.Sequence[t.Tuple[int, int]], size: int) -> bytes:
    known = list(data)
    if not known or sum(known[-1]) < size:
        # For readers that make a file no longer than its last part.
        known.append((size, 0))
    written = b"%d\n" % len(known) + b"".join(b"%d\n%d\n" % part for part in known)
    return written + bytes(-len(written) % BLOCK)


def _text_field(records: t.List[t.Tuple[bytes, bytes]], key: bytes, value: bytes, most: int) -> bytes:
    """What fits into the block; all of it goes into a record when that is less."""
    if value.isascii() and len(value) <= most:
        return value
    records.append((key, value))
    return bytes(byte if byte < 128 else ord("?") for byte in value[:most])


def _number_field(records: t.List[t.Tuple[bytes, bytes]], key: bytes, value: int, most: int, width: int) -> bytes:
    if value > most:
        records.append((key, b"%d" % value))
        value = 0
    return _octal(value, width)


def _time_field(records: t.List[t.Tuple[bytes, bytes]], nanoseconds: int) -> bytes:
    if 0 <= nanoseconds // _SECOND <= _MOST_SIZE:
        if nanoseconds % _SECOND:
            records.append((b"mtime", _decimal(nanoseconds)))
        return _octal(nanoseconds // _SECOND, 12)
    records.append((b"mtime", _decimal(nanoseconds)))
    return _octal(0, 12)


def _decimal(nanoseconds: int) -> bytes:
    seconds, fraction = divmod(abs(nanoseconds), _SECOND)
    return (b"-" if nanoseconds < 0 else b"") + b"%d.%09d" % (seconds, fraction)


def _octal(value: int, width: int) -> bytes:
    return b"%0*o\0" % (width - 1, value)
