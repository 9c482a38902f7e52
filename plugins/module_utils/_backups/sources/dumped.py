# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a folder with dumps of databases says of itself.

PRIVATE to the collection. ``databases.json`` names the file of each database,
with its size and SHA-256, and what is needed to make such a database again.
"""

from __future__ import annotations

import json
import os
import typing as t
from dataclasses import dataclass, field

from ansible_collections.progressive.delivery.plugins.module_utils._files.atomic import write_file
from ansible_collections.progressive.delivery.plugins.module_utils._files.digest import size_and_sha256

NAME = "databases.json"


class Damaged(Exception):
    """A dump is not what was written; ``str()`` says which and how."""


@dataclass(frozen=True)
class Dumped:
    """One database.

    :param name: as its server calls it
    :param file: of its dump, in the folder
    :param about: what the kind of source needs beside, as JSON can hold it
    """

    name: str
    file: str
    about: t.Mapping[str, t.Any] = field(default_factory=dict)


def write(folder: str, kind: str, databases: t.Sequence[Dumped], others: t.Sequence[str] = ()) -> None:
    """Describe *folder*, all of whose dumps are written; *others* are its further files."""
    files = [database.file for database in databases] + list(others)
    content = {
        "kind": kind,
        "databases": [
            {"name": database.name, "file": database.file, "about": dict(database.about)} for database in databases
        ],
        "files": {name: size_and_sha256(os.path.join(folder, name)) for name in files},
    }
    write_file(os.path.join(folder, NAME), json.dumps(content, indent=1, sort_keys=True), 0o600)


def read(folder: str, kind: str) -> t.List[Dumped]:
    """The databases of *folder*, every file of which is what was written; raises :class:`Damaged`."""
    try:
        with open(os.path.join(folder, NAME), encoding="utf-8") as stream:
            content = json.load(stream)
        databases = [Dumped(entry["name"], entry["file"], entry["about"]) for entry in content["databases"]]
        files = content["files"].items()
        written = content["kind"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged("{0} cannot be read: {1}".format(NAME, error)) from error
    if written != kind:
        raise Damaged("{0} is of a {1} source and not of a {2} one".format(NAME, written, kind))
    for name, (size, digest) in files:
        try:
            found = size_and_sha256(os.path.join(folder, name))
        except OSError as error:
            raise Damaged("{0} cannot be read: {1}".format(name, error.strerror)) from error
        if found[0] != size:
            raise Damaged("{0} has {1} bytes where {2} were written".format(name, found[0], size))
        if found[1] != digest:
            raise Damaged("{0} is not what was written: its SHA-256 is another".format(name))
    return databases
