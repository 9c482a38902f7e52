# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may not be written by who owns it goes nevertheless, and does not stand in the way of the next run."""

from __future__ import annotations

import os
import pathlib

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups import swapping, workplace
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import WorkFolderUnusable
from ansible_collections.progressive.delivery.plugins.module_utils._backups.removing import removed
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._backups.unprivileged import (
    without_rights,
)


def make_closed(folder: pathlib.Path) -> None:
    """A folder with one in it that may not be written and one that may not be read, each with a file."""
    for name, mode in (("read-only", 0o555), ("closed", 0)):
        (folder / name).mkdir(parents=True)
        (folder / name / "file").write_text("content")
        (folder / name).chmod(mode)
    (folder / "link").symlink_to("..")


def test_folders_that_may_not_be_written_go_and_what_a_link_leads_to_stays() -> None:
    def work(folder: pathlib.Path) -> None:
        make_closed(folder / "tree")
        (folder / "tree").chmod(0o555)
        before = folder.stat().st_mode

        removed(str(folder / "tree"))

        assert os.listdir(folder) == []
        assert folder.stat().st_mode == before

    without_rights(work)


def test_a_file_and_a_link_go_themselves(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")

    removed(str(tmp_path / "link"))
    assert os.listdir(tmp_path) == ["file"]
    removed(str(tmp_path / "file"))
    assert os.listdir(tmp_path) == []


def test_a_scratch_folder_is_made_anew_where_one_may_not_be_written() -> None:
    def work(folder: pathlib.Path) -> None:
        for _run in range(2):
            with workplace.held(str(folder), "shop", 0) as work:
                for _again in range(2):
                    make_closed(pathlib.Path(work.fresh("tree")))
            assert os.listdir(folder / "shop") == ["lock"]

    without_rights(work)


def test_a_scratch_folder_that_cannot_be_made_anew_is_told(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WorkFolderUnusable, match="cannot use .*tree: Not a directory"):
        workplace.Workplace(str(tmp_path / "file")).fresh("tree")


def test_a_tree_that_may_not_be_written_is_replaced_again_and_again() -> None:
    def work(folder: pathlib.Path) -> None:
        for number in range(3):
            with swapping.prepared(str(folder / "data")) as place:
                new = pathlib.Path(place.folder) / "new"
                make_closed(new)
                (new / "number").write_text(str(number))
                assert swapping.put(place, str(new)).left is None
            assert (folder / "data" / "number").read_text() == str(number)
            assert os.listdir(folder) == ["data"]
        removed(str(folder / "data"))

    without_rights(work)
