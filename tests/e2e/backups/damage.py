# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where in a repository something lies that a snapshot needs, and how it is damaged."""

from __future__ import annotations

import json
import os
import pathlib
import struct
import subprocess
import typing as t

from ansible_collections.progressive.delivery.tests.e2e.backups.repositories import World

Place = tuple[str, pathlib.Path, int]


def flip(path: pathlib.Path, offset: int) -> None:
    """Change one bit of a file, or change it back."""
    path.chmod(0o600)
    with path.open("rb+") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 1]))


def places(world: World, password: str) -> list[Place]:
    """One in the content of files, and one in what says which files there are."""
    return {"restic": _in_restic, "borg": _in_borg}[world.kind](world.repository, password)


def _in_restic(repository: pathlib.Path, password: str) -> list[Place]:
    def restic(*arguments: str) -> str:
        environment = {**os.environ, "RESTIC_REPOSITORY": str(repository), "RESTIC_PASSWORD": password}
        return subprocess.run(
            ["restic", *arguments], env=environment, check=True, capture_output=True, text=True
        ).stdout

    found: dict[str, Place] = {}
    for index in restic("list", "index", "--no-lock").split():
        for pack in json.loads(restic("cat", "index", index, "--no-lock"))["packs"]:
            for blob in pack["blobs"]:
                place = repository / "data" / pack["id"][:2] / pack["id"]
                found[blob["type"]] = (blob["type"], place, blob["offset"] + blob["length"] // 2)
    assert sorted(found) == ["data", "tree"]
    return list(found.values())


def _in_borg(repository: pathlib.Path, password: str) -> list[Place]:
    """Of what was put into a new repository the list of the files comes before the archive and the manifest, and the data before that."""
    puts = [
        put
        for segment in sorted(repository.glob("data/0/*"), key=lambda path: int(path.name))
        for put in _puts(segment)
    ]
    largest = max(puts, key=lambda put: put[2])
    listing = puts[-3]
    return [
        (what, path, offset + length // 2) for what, (path, offset, length) in (("data", largest), ("listing", listing))
    ]


def _puts(segment: pathlib.Path) -> t.Iterator[tuple[pathlib.Path, int, int]]:
    """What a segment holds: each entry is a checksum, its length, a kind, and, for one that was put, a key before the content."""
    content = segment.read_bytes()
    offset = len(b"BORG_SEG")
    while offset < len(content):
        _checksum, length, kind = struct.unpack_from("<IIB", content, offset)
        if kind == 0:
            yield segment, offset, length
        offset += length
