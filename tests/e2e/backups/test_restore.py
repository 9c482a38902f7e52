# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``restore`` with the real programs; what has nothing to do with them is among the unit tests."""

from __future__ import annotations

import functools
import pathlib

import pytest

from ansible_collections.progressive.delivery.tests.e2e.backups.repositories import PROGRAMS
from ansible_collections.progressive.delivery.tests.module_call import call


@pytest.mark.parametrize("engine", PROGRAMS)
def test_a_link_is_replaced_and_a_restore_is_taken_back(tmp_path: pathlib.Path, engine: str) -> None:
    data, moved = tmp_path / "data", tmp_path / "moved"
    (data / "cache").mkdir(parents=True)
    (data / "file").write_text("first")
    where = {
        "app": "shop",
        "repository": str(tmp_path / "repository"),
        "engine": engine,
        "password": "hush hush",
        "cache_directory": str(tmp_path / "of the engine"),
        "work_directory": str(tmp_path / "work"),
    }
    restore = functools.partial(call, "restore", **where)
    first = call("backup", paths=[str(data)], excludes=["cache"], verify="checksum", **where)["snapshot"]["id"]
    data.rename(moved)
    data.symlink_to("moved")
    (data / "file").write_text("broken")
    told = restore(snapshot="newest_proven", replace_links=True)
    assert (told["snapshot"]["id"], told["links"]) == (first, {str(data): "moved"})
    assert (data / "file").read_text() == "first"
    assert (moved / "file").read_text() == "broken"
    assert told["safety"]["paths"] == [str(data)]
    restore(snapshot=told["safety"]["id"], safety=False)
    assert data.readlink() == pathlib.Path("moved")
    assert (data / "file").read_text() == "broken"
    restore(snapshot="newest_proven", replace_links=True, safety=False)

    (data / "file").write_text("broken too")
    (data / "cache").mkdir()
    (data / "cache" / "new").touch()
    told = restore(snapshot="newest_proven")
    assert told["snapshot"]["id"] == first
    assert (data / "file").read_text() == "first"
    assert (data / "cache" / "new").exists()
    restore(snapshot=told["safety"]["id"], safety=False)
    assert (data / "file").read_text() == "broken too"
    assert (data / "cache" / "new").exists()
