# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder that a backup works in."""

from __future__ import annotations

import pathlib
import shutil

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import WorkFolderUnusable
from ansible_collections.progressive.delivery.plugins.module_utils._backups.workplace import held


def test_what_a_run_that_died_left_is_taken_away_and_only_the_lock_stays(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "shop"
    (folder / "tree" / "srv").mkdir(parents=True)
    (folder / "scratch").write_text("no folder")
    (tmp_path / "outside").mkdir()
    (folder / "restored").symlink_to(tmp_path / "outside")
    with held(str(tmp_path), "shop", 0.0) as work:
        assert [path.name for path in folder.iterdir()] == ["lock"]
        (pathlib.Path(work.fresh("tree")) / "file").touch()
        assert list(pathlib.Path(work.fresh("tree")).iterdir()) == []
    assert [path.name for path in folder.iterdir()] == ["lock"]
    assert (tmp_path / "outside").is_dir()


def test_no_other_folder_is_made_than_those_that_are_taken_away(tmp_path: pathlib.Path) -> None:
    with held(str(tmp_path), "shop", 0.0) as work, pytest.raises(ValueError, match="would never be removed"):
        work.fresh("another")


def test_what_cannot_be_taken_away_is_said(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop" / "tree").mkdir(parents=True)

    def busy(path: str) -> None:
        raise OSError(16, "Device or resource busy", path)

    monkeypatch.setattr(shutil, "rmtree", busy)
    said = "cannot use .*shop/tree: Device or resource busy"
    with pytest.raises(WorkFolderUnusable, match=said), held(str(tmp_path), "shop", 0.0):
        pass
