# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folders that backups work in: whatever a task says, nothing is lost that is not the backup's own."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.progressive.delivery.tests.module_call import Failed, call
from ansible_collections.progressive.delivery.tests.unit.plugins.modules.saved_shop import SavedShop

TASKS: t.Mapping[str, t.Callable[..., t.Any]] = {
    "taken": SavedShop.backup,
    "proven": lambda shop, **options: shop.backup(state="proven", **options),
    "restored": lambda shop, **options: shop.restore(snapshot="newest", **options),
    "restored without safety": lambda shop, **options: shop.restore(snapshot="newest", safety=False, **options),
}


@pytest.fixture
def shop(tmp_path: pathlib.Path) -> SavedShop:
    return SavedShop(tmp_path)


@pytest.mark.parametrize("app", ["", ".", "..", "/", "a/b", "shop\n", "Shop", "-shop", "{folder}"])
@pytest.mark.parametrize("task", TASKS)
def test_an_app_that_would_be_another_folder_is_refused(
    shop: SavedShop, tmp_path: pathlib.Path, task: str, app: str
) -> None:
    precious = shop.work / "precious"
    precious.mkdir(parents=True)
    app = app.format(folder=tmp_path)
    with pytest.raises(Failed, match="app is ") as failed:
        TASKS[task](shop, app=app)
    assert failed.value.result["error"] == "invalid-option"
    with pytest.raises(Failed, match="app is "):
        call("backup_info", **{**shop.where, "app": app})
    assert precious.exists()
    assert shop.read() == ("first", "first")


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("work", ["{repository}", "{repository}/shop", "{parent}", "{link}"])
def test_no_work_is_done_in_the_repository_nor_around_it(
    shop: SavedShop, tmp_path: pathlib.Path, task: str, work: str
) -> None:
    shop.repository = tmp_path / "shop" / "repository" if work == "{parent}" else shop.repository
    taken = shop.backup()["snapshot"]["id"]
    (tmp_path / "link").symlink_to(shop.repository)
    named = work.format(repository=shop.repository, parent=tmp_path, link=tmp_path / "link")
    with pytest.raises(Failed, match="work_directory: .* and the repository .* are within each other") as failed:
        TASKS[task](shop, work_directory=named)
    assert failed.value.result["error"] == "invalid-option"
    shop.restore(snapshot=taken)


@pytest.mark.parametrize("task", TASKS)
def test_a_work_folder_that_holds_anything_else_is_refused_and_left_as_it_is(
    shop: SavedShop, tmp_path: pathlib.Path, task: str
) -> None:
    shop.backup()
    folder = tmp_path / "elsewhere" / "shop"
    (folder / "uploads").mkdir(parents=True)
    folder.chmod(0o755)
    with pytest.raises(Failed, match="holds uploads, which no backup has made") as failed:
        TASKS[task](shop, work_directory=str(folder.parent))
    assert failed.value.result["error"] == "backup-work-folder-unusable"
    assert [path.name for path in folder.iterdir()] == ["uploads"]
    assert folder.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("into", ["{repository}/shop/new", "{work}/shop/new"])
def test_nothing_is_restored_into_the_folders_of_the_backup_itself(shop: SavedShop, into: str) -> None:
    shop.backup()
    folder = pathlib.Path(into.format(repository=shop.repository, work=shop.work))
    with pytest.raises(Failed, match="which is the backup's own"):
        shop.restore(snapshot="newest", into=str(folder))
    assert not folder.exists()
