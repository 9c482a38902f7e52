# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An app with data: it is saved and proven before anything is changed, and comes back where that is asked for."""

from __future__ import annotations

import contextlib
import pathlib
import sqlite3
import typing as t

from .story import Story


class Shop:
    """The data of an app on one host of its site, and the variables that say so."""

    def __init__(self, story: Story, folder: pathlib.Path) -> None:
        self.uploads = folder / "uploads"
        self.uploads.mkdir()
        self._database = folder / "orders.sqlite"
        self._repository = folder / "repository"
        self.write("before")
        sources = [{"name": "orders", "sqlite": {"path": str(self._database)}}]
        self.variables: dict[str, t.Any] = {
            "rollout_app": "analyze-all",
            "backup_repository": str(self._repository),
            "backup_engine": "archive",
            "backup_work_directory": str(folder / "work"),
            "backup_paths": self._here([str(self.uploads)]),
            "backup_sources": self._here(sources),
        }

    def write(self, what: str) -> None:
        (self.uploads / "file").write_text(what)
        with contextlib.closing(sqlite3.connect(self._database)) as opened:
            opened.execute("CREATE TABLE IF NOT EXISTS orders (what TEXT)")
            opened.execute("DELETE FROM orders")
            opened.execute("INSERT INTO orders VALUES (?)", (what,))
            opened.commit()

    def read(self) -> tuple[str, str]:
        with contextlib.closing(sqlite3.connect(self._database)) as opened:
            return (self.uploads / "file").read_text(), opened.execute("SELECT what FROM orders").fetchone()[0]

    def snapshots(self) -> set[str]:
        return {path.name for path in (self._repository / "analyze-all").iterdir() if path.name[0] != "."}

    @staticmethod
    def _here(declared: t.Any) -> str:
        return f"{{{{ {declared!r} if inventory_hostname == 'lb-1' else [] }}}}"


def test_data_is_saved_before_a_release_and_comes_back_with_a_rollback(story: Story, tmp_path: pathlib.Path) -> None:
    shop = Shop(story, tmp_path)
    story.given_serving().when_delivering(story.new, **shop.variables).then_it_ended(0).then_serves(story.new)
    rollout = story.site.journal()
    assert rollout["steps"][0]["kind"] == "backup"
    assert rollout["backups"]["lb-1"]["proven"]["how"] == "restore"
    shop.write("spoilt by the release")

    story.when("rollback", rollout_restore="another", **shop.variables).then_it_failed("not a rollout of this app")
    (snapshot,) = (tmp_path / "repository" / "analyze-all").glob(rollout["backups"]["lb-1"]["snapshot"])
    taken_away = snapshot.rename(tmp_path / "taken away")
    story.when("rollback", rollout_restore=rollout["id"], **shop.variables)
    story.then_it_failed("Nothing was begun. lb-1 cannot have the data back", "there is no snapshot").then_serves(
        story.new
    )
    taken_away.rename(snapshot)
    assert shop.read() == ("spoilt by the release",) * 2
    story.when("rollback", rollout_restore=rollout["id"], **shop.variables).then_it_ended(0).then_serves(story.old)
    assert shop.read() == ("before", "before")

    saved = rollout["backups"]["lb-1"]["snapshot"]
    story.when("backups", **shop.variables).then_it_ended(0, "2 snapshots (archive)", f"before restoring {saved}")
    story.then_nothing_failed()


def test_without_a_backup_nothing_is_changed(story: Story, tmp_path: pathlib.Path) -> None:
    shop = Shop(story, tmp_path)
    story.given_serving()
    broken = shop._here([{"name": "orders", "command": {"shell": "echo half; exit 3"}}])
    story.when_delivering(story.new, **{**shop.variables, "backup_sources": broken}).then_it_failed("backup failed")
    story.then_status("rolled_back", "lb-1").then_unlocked().then_serves(story.old).then_never_answered(story.new)
    before = story.site.journal()
    gone = shop._here([str(tmp_path / "gone")])
    story.when_delivering(story.new, **{**shop.variables, "backup_paths": gone})
    story.then_it_failed("Nothing was begun. lb-1 cannot save the data", "is not there")
    assert story.site.journal() == before
    story.then_nothing_failed()


def test_a_backup_beside_a_rollout_takes_away_nothing_that_is_named(story: Story, tmp_path: pathlib.Path) -> None:
    shop = Shop(story, tmp_path)
    kept = {**shop.variables, "backup_keep": {"last": 1}}
    story.given_serving().when("backup", **kept).then_it_ended(0)
    (named,) = shop.snapshots()
    kept["backup_protect"] = shop._here([named[:20]])
    story.when_delivering(story.new, rollout_gate=True, **kept).then_it_ended(0).then_status("paused", "promotion")
    before = story.site.journal()["backups"]["lb-1"]["snapshot"]
    assert shop.snapshots() == {named, before}

    shop.write("later")
    alone = {"backup_app": kept.pop("rollout_app"), **kept}
    for _time in range(2):
        story.when("backup", **alone).then_it_ended(0)
    assert shop.snapshots() > {named, before}
    assert len(shop.snapshots()) == 3
    unknown = shop._here(["20010101T000000Z-00000000"])
    story.when("backup", **{**alone, "backup_protect": unknown}).then_it_failed("names no snapshot of the app")
    story.then_nothing_failed()
