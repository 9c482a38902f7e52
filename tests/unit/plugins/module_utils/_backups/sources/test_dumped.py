# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a folder with dumps says of itself, and that damage is found."""

from __future__ import annotations

import json
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.dumped import (
    NAME,
    Damaged,
    Dumped,
    read,
    write,
)

NAMES = st.text(st.characters(exclude_categories=["Cs"]))


@given(names=st.lists(NAMES, max_size=4))
def test_databases_are_read_as_they_were_written(names: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("dump")
    databases = [Dumped(name, f"{number}.dump", {"owner": name, "grants": None}) for number, name in enumerate(names)]
    for database in databases:
        (folder / database.file).write_bytes(database.name.encode())
    write(str(folder), "postgresql", databases)
    assert read(str(folder), "postgresql") == databases
    assert (folder / NAME).stat().st_mode & 0o777 == 0o600


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "1.dump").write_bytes(b"content")
    (tmp_path / "globals.sql").write_bytes(b"roles")
    write(str(tmp_path), "postgresql", [Dumped("shop", "1.dump")], ["globals.sql"])
    return tmp_path


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("1.dump", b"conten", "1.dump has 6 bytes where 7 were written"),
        ("1.dump", b"Content", "1.dump is not what was written: its SHA-256 is another"),
        ("globals.sql", b"", "globals.sql has 0 bytes where 5 were written"),
        (NAME, b'{"kind": "postg', "databases.json cannot be read: "),
        (NAME, b"[]", "databases.json cannot be read: "),
        (NAME, b'{"kind": "postgresql", "databases": [{}], "files": {}}', "databases.json cannot be read: 'name'"),
    ],
)
def test_damage_is_named(folder: pathlib.Path, file: str, content: bytes, says: str) -> None:
    (folder / file).write_bytes(content)
    with pytest.raises(Damaged, match=f"^{says}"):
        read(str(folder), "postgresql")


@pytest.mark.parametrize("file", ["1.dump", NAME])
def test_a_file_that_is_missing_is_named(folder: pathlib.Path, file: str) -> None:
    (folder / file).unlink()
    with pytest.raises(Damaged, match=f"^{file} cannot be read: .*No such file"):
        read(str(folder), "postgresql")


def test_a_dump_of_another_kind_is_refused(folder: pathlib.Path) -> None:
    with pytest.raises(Damaged, match="is of a postgresql source and not of a mysql one"):
        read(str(folder), "mysql")
    assert json.loads((folder / NAME).read_text())["kind"] == "postgresql"
