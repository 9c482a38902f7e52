# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a snapshot says of itself, so that it can be restored from the repository alone.

PRIVATE to the collection. Pure but for reading and writing the one file.
"""

from __future__ import annotations

import json
import os
import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import SnapshotDamaged
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import DESCRIPTION, Facts
from ansible_collections.progressive.delivery.plugins.module_utils._files.digest import size_and_sha256

SCHEMA = 1


@dataclass(frozen=True)
class DumpedSource:
    """One source as it was dumped.

    :param files: of each file of the dump, by its path within the dump's folder, the SHA-256 of what it holds
    """

    name: str
    kind: str
    facts: Facts
    files: t.Mapping[str, str]


@dataclass(frozen=True)
class Description:
    """What a backup was made of.

    :param began: seconds since the epoch; what was changed later may differ from the snapshot
    """

    app: str
    began: float
    paths: t.Tuple[str, ...]
    excludes: t.Tuple[str, ...]
    sources: t.Tuple[DumpedSource, ...]


def write(description: Description, folder: str) -> None:
    """Put it into the folder of the dumps."""
    data = {
        "schema": SCHEMA,
        "app": description.app,
        "began": description.began,
        "paths": list(description.paths),
        "excludes": list(description.excludes),
        "sources": [
            {
                "name": source.name,
                "kind": source.kind,
                "tables": {name: [rows, checksum] for name, (rows, checksum) in source.facts.tables.items()},
                "files": dict(source.files),
            }
            for source in description.sources
        ],
    }
    with open(os.path.join(folder, DESCRIPTION), "w", encoding="utf-8") as stream:
        json.dump(data, stream, indent=1, sort_keys=True)


def read(folder: str) -> Description:
    """The description in the folder of the dumps; raises :class:`SnapshotDamaged`."""
    path = os.path.join(folder, DESCRIPTION)
    try:
        with open(path, encoding="utf-8") as stream:
            data = json.load(stream)
        if data["schema"] > SCHEMA:
            raise SnapshotDamaged(
                "the snapshot's description has schema {0}, and this version reads up to {1}; upgrade the collection".format(
                    data["schema"], SCHEMA
                )
            )
        return Description(
            app=data["app"],
            began=float(data["began"]),
            paths=tuple(data["paths"]),
            excludes=tuple(data["excludes"]),
            sources=tuple(_source(source) for source in data["sources"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SnapshotDamaged("the snapshot's description cannot be read: {0!r}".format(error)) from error


def digests(folder: str) -> t.Dict[str, str]:
    """The SHA-256 of each file below *folder*, by its path within it."""
    found: t.Dict[str, str] = {}
    for parent, _folders, files in os.walk(folder):
        for file in files:
            path = os.path.join(parent, file)
            found[os.path.relpath(path, folder)] = size_and_sha256(path)[1]
    return found


def _source(data: t.Mapping[str, t.Any]) -> DumpedSource:
    tables = {name: (int(rows), str(checksum)) for name, (rows, checksum) in data["tables"].items()}
    return DumpedSource(data["name"], data["kind"], Facts(tables), dict(data["files"]))
