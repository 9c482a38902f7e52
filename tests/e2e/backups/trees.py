# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder with everything in it that a file system can hold, and the comparison of two."""

from __future__ import annotations

import hashlib
import os
import pathlib
import stat

HOLE = 4 * 1024 * 1024
"""Bytes of the hole in :data:`SPARSE`."""
SPARSE = "sparse"


def grow(folder: pathlib.Path, size: int = 300_000) -> None:
    """Fill a folder; its largest file is *size* random bytes."""
    folder.mkdir(parents=True)
    place = os.fsencode(folder)
    (folder / "large").write_bytes(os.urandom(size))
    (folder / "empty").touch()
    (folder / "sub" / "sub").mkdir(parents=True)
    for number in range(20):
        (folder / "sub" / f"{number}").write_bytes(os.urandom(1000))
    for name in ("-dash", "[a]*?{b}", "Grüße\n", "#"):
        (folder / "sub" / name).write_text(name)
    with open(place + b"/\xff", "wb") as odd:
        odd.write(b"not UTF-8")
    with (folder / SPARSE).open("wb") as sparse:
        sparse.write(b"begin")
        sparse.truncate(HOLE)
        sparse.seek(HOLE)
        sparse.write(b"end")
    (folder / "link").symlink_to("sub/0")
    (folder / "dangling").symlink_to("/nonexistent")
    (folder / "hard").hardlink_to(folder / "large")
    os.mkfifo(folder / "fifo")
    (folder / "script").write_text("#!/bin/sh\n")
    (folder / "script").chmod(0o4751)
    os.chown(folder / "sub" / "1", 1234, 5678)
    os.chown(folder / "dangling", 1234, 5678, follow_symlinks=False)
    os.setxattr(folder / "sub" / "2", "user.origin", b"\x00here")
    os.setxattr(folder / "sub", "user.kind", b"folder")
    (folder / "sub").chmod(0o2770)
    for name in ("large", "sub/3", "sub/sub"):
        os.utime(folder / name, ns=(10**18 + 123_456_789, 10**18 + 987_654_321))


def described(folder: pathlib.Path | str) -> dict[bytes, tuple]:
    """Everything about every file below a folder, and the folder."""
    top = os.fsencode(folder)
    found = {}
    for parent, folders, files in os.walk(top):
        for name in [b".", *folders, *files] if parent == top else folders + files:
            path = os.path.join(parent, name)
            found[os.path.relpath(path, top)] = _described(path)
    return found


def _described(path: bytes) -> tuple:
    known = os.lstat(path)
    content = None
    if stat.S_ISREG(known.st_mode):
        with open(path, "rb") as file:
            content = hashlib.sha256(file.read()).hexdigest()
    elif stat.S_ISLNK(known.st_mode):
        content = os.readlink(path)
    attributes = {
        name: os.getxattr(path, name, follow_symlinks=False) for name in os.listxattr(path, follow_symlinks=False)
    }
    size = known.st_size if content else None
    links = None if stat.S_ISDIR(known.st_mode) else known.st_nlink
    return known.st_mode, known.st_uid, known.st_gid, size, links, known.st_mtime_ns, content, attributes
