# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots as somebody may make them who can write into a repository: all that can be made right is right."""

from __future__ import annotations

import hashlib
import json
import os

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive import headers, manifest
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.entries import (
    Entry,
    Kind,
    to_line,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.signature import sealed
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import DUMPS, Labels, Snapshot

IDENTIFIER = "20260101T000000Z-0badcafe"
DATA = "/srv/data"
CONTENT = b"forged"


def entry(path, kind=Kind.FILE, **known):
    """An entry; a file holds :data:`CONTENT`."""
    if kind is Kind.FILE:
        known = {"size": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest(), **known}
    return Entry(
        path,
        kind,
        **{"mode": 0o755, "uid": os.getuid(), "gid": os.getgid(), "user": "", "group": "", "mtime_ns": 0, **known},
    )


def folder(path, **known):
    return entry(path, Kind.FOLDER, **known)


def symlink(path, target):
    return entry(path, Kind.SYMLINK, target=target)


def hardlink(path, target):
    return entry(path, Kind.HARDLINK, target=target)


DUMPED = folder("/var/" + DUMPS)


def archived(entries):
    """The archive that belongs to the entries."""
    written = b""
    for known in entries:
        written += headers.header(known)
        if known.kind is Kind.FILE:
            written += CONTENT + headers.padding(known)
    return written + headers.ending(len(written))


def forge(repository, entries, archive=None, paths=(DATA, DUMPED.path), lines=None, compression="none"):
    """An unsigned snapshot in *repository*, which is there, as its engine would list it."""
    snapshot = Snapshot(IDENTIFIER, 1.0, Labels("shop"), "host", tuple(paths))
    head = manifest.Head(snapshot, compression, None)
    archive = archived(entries) if archive is None else archive
    written = (
        b'{"head": '
        + json.dumps(manifest._from_head(head)).encode()
        + b',\n"entries": [\n'
        + ",\n".join([to_line(known) for known in entries] if lines is None else lines).encode()
        + b'\n],\n"tail": '
        + json.dumps(
            {"sha256": hashlib.sha256(archive).hexdigest(), "length": len(archive), "files": 0, "bytes": 0}
        ).encode()
        + b"}\n"
    )
    place = os.path.join(repository, "shop", IDENTIFIER)
    os.makedirs(place)
    for name, content in (
        (head.archive, archive),
        ("manifest.json", written),
        ("manifest.sig", sealed(None, "manifest", written).encode() + b"\n"),
    ):
        with open(os.path.join(place, name), "wb") as stream:
            stream.write(content)
    return snapshot
