# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``restore``."""

from __future__ import annotations

import contextlib
import functools
import os
import pathlib
import signal
import socket
import stat
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.archive import ArchiveEngine
from ansible_collections.progressive.delivery.tests.module_call import Failed
from ansible_collections.progressive.delivery.tests.unit.plugins.modules.saved_shop import SavedShop


@pytest.fixture
def shop(tmp_path: pathlib.Path) -> SavedShop:
    return SavedShop(tmp_path)


def test_what_was_saved_comes_back_and_what_was_live_is_saved_first(shop: SavedShop) -> None:
    first = shop.backup()["snapshot"]["id"]
    shop.write("second")
    assert shop.restore(check_mode=True, snapshot=first)["paths"] == [str(shop.uploads)]
    assert shop.read() == ("second", "second")

    told = shop.restore(snapshot=first)
    assert (told["paths"], told["sources"], told["left"]) == ([str(shop.uploads)], ["orders"], {})
    assert told["safety"]["proven"]["how"] == "checksum"
    assert told["safety"]["labels"]["reason"] == "before restoring " + first
    assert shop.read() == ("first", "first")

    shop.restore(snapshot=told["safety"]["id"])
    assert shop.read() == ("second", "second")


def test_the_same_restore_again_does_not_bring_back_what_it_saved_before_it(shop: SavedShop) -> None:
    first = shop.backup()["snapshot"]["id"]
    shop.write("broken")
    safety = shop.restore(snapshot="newest_proven")["safety"]["id"]
    for asked in ("newest_proven", "newest"):
        assert shop.restore(snapshot=asked)["snapshot"]["id"] == first
        assert shop.read() == ("first", "first")
    pruned = shop.backup(state="pruned", keep={"last": 1})
    assert first in pruned["kept"]
    assert safety in pruned["removed"]


def test_what_is_lost_comes_back_and_only_what_is_asked_for(shop: SavedShop) -> None:
    shop.backup()
    (shop.uploads / "file").unlink()
    shop.uploads.rmdir()
    told = shop.restore(snapshot="newest_proven", sources=[], paths=[str(shop.uploads)])
    assert told["safety"] is None
    assert shop.read() == ("first", "first")
    shop.write("second")
    shop.restore(snapshot="newest_proven", paths=[], safety=False)
    assert shop.read() == ("second", "first")


def test_into_a_folder_nothing_live_changes(shop: SavedShop, tmp_path: pathlib.Path) -> None:
    shop.backup()
    shop.write("second")
    folder = tmp_path / "as it was"
    shop.restore(snapshot="newest", into=str(folder))
    assert shop.read() == ("second", "second")
    assert (folder / str(shop.uploads)[1:] / "file").read_text() == "first"
    assert folder.stat().st_mode & 0o777 == 0o700
    with pytest.raises(Failed, match="is not empty"):
        shop.restore(snapshot="newest", into=str(folder))


def test_all_that_was_saved_comes_into_a_folder_without_a_word_of_its_databases(
    shop: SavedShop, tmp_path: pathlib.Path
) -> None:
    shop.backup(paths=[])
    folder = tmp_path / "as it was"
    folder.mkdir(mode=0o750)
    told = shop.restore(snapshot="newest", sources=[], into=str(folder))
    assert (told["paths"], told["sources"]) == ([], ["orders"])
    assert len(list(folder.rglob("orders/database.sqlite3"))) == 1
    assert folder.stat().st_mode & 0o777 == 0o750


def test_of_files_alone_only_they_come_into_a_folder(shop: SavedShop, tmp_path: pathlib.Path) -> None:
    shop.backup(sources=[])
    folder = tmp_path / "as it was"
    told = shop.restore(snapshot="newest", sources=[], into=str(folder))
    assert (told["paths"], told["sources"]) == ([str(shop.uploads)], [])
    assert [path for path in folder.rglob("*") if path.is_file()] == [folder / str(shop.uploads)[1:] / "file"]
    assert not list(folder.rglob("progressive-delivery-dumps"))
    assert not list(folder.rglob("work*"))


def _link(place: pathlib.Path) -> None:
    place.symlink_to("elsewhere")
    (place.parent / "elsewhere").mkdir()


def _loose(place: pathlib.Path) -> None:
    place.mkdir()
    place.chmod(0o777)


def _below_loose(place: pathlib.Path) -> None:
    place.parent.chmod(0o777)


def _below_file(place: pathlib.Path) -> None:
    place.parent.rmdir()
    place.parent.touch()


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (_link, "is a symbolic link to"),
        (_loose, "others may write to"),
        (_below_loose, "could put another folder in the place of"),
        (pathlib.Path.touch, "no folder"),
        (_below_file, "is no folder"),
    ],
)
def test_a_folder_that_others_could_exchange_is_not_restored_into(
    shop: SavedShop, tmp_path: pathlib.Path, made: t.Callable[[pathlib.Path], None], said: str
) -> None:
    shop.backup(verify="checksum")
    place = tmp_path / "below" / "place"
    place.parent.mkdir()
    made(place)
    for check_mode in (True, False):
        with pytest.raises(Failed, match=said) as failed:
            shop.restore(check_mode, snapshot="newest", into=str(place))
        assert failed.value.result["error"] == "backup-restore-failed"
    assert list(tmp_path.rglob("file")) == [shop.uploads / "file"]


def test_a_restore_into_a_folder_that_was_killed_is_begun_anew(
    shop: SavedShop, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.backup()
    folder = tmp_path / "as it was"
    child = os.fork()
    if child == 0:
        monkeypatch.setattr(ArchiveEngine, "extract_each", _extract_and_die(ArchiveEngine.extract_each))
        shop.restore(snapshot="newest", into=str(folder))
        os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    assert len(list(tmp_path.glob(".progressive-delivery-restore-*"))) == 1
    shop.restore(snapshot="newest", into=str(folder))
    assert (folder / str(shop.uploads)[1:] / "file").read_text() == "first"
    assert list(tmp_path.glob(".progressive-delivery-restore-*")) == []


def _extract_and_die(extract: t.Callable[..., None]) -> t.Callable[..., None]:
    def killed(*arguments: t.Any) -> None:
        extract(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)

    return killed


def test_a_snapshot_that_was_never_proven_is_not_gone_back_to_unasked(shop: SavedShop) -> None:
    taken = shop.backup(verify="none")["snapshot"]["id"]
    shop.write("second")
    for asked in (taken, "newest", "newest_proven"):
        with pytest.raises(Failed) as failed:
            shop.restore(snapshot=asked)
        assert failed.value.result["error"] == "backup-unknown-snapshot"
    assert shop.read() == ("second", "second")
    shop.restore(snapshot=taken, unproven=True)
    assert shop.read() == ("first", "first")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"snapshot": "20010101T000000Z-00000000"}, "there is no snapshot"),
        ({"paths": ["/elsewhere"]}, "has no /elsewhere"),
        ({"sources": [{"name": "other", "sqlite": {"path": "/x"}}], "safety": False}, "has no dump of other"),
    ],
)
def test_what_is_not_in_the_snapshot_is_said_and_nothing_changes(shop: SavedShop, options: dict, said: str) -> None:
    shop.backup()
    shop.write("second")
    with pytest.raises(Failed, match=said):
        shop.restore(**{"snapshot": "newest", **options})
    assert shop.read() == ("second", "second")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"paths": ["{0}/../../etc"]}, "is not absolute and without dots"),
        ({"paths": ["{0}", "{0}/file"]}, "file is restored with"),
        ({"paths": ["{0}", "{0}"]}, "is restored with"),
        ({"paths": [], "sources": []}, "nothing would be restored; it has .*/uploads, and dumps of orders"),
        ({"sources": []}, "databases would stay as they are"),
        ({"sources": [{"name": "orders", "command": {"shell": "cat"}}]}, "no dump of orders by command"),
    ],
)
def test_what_cannot_be_restored_is_refused_before_anything_is_saved_or_changed(
    shop: SavedShop, options: dict, said: str
) -> None:
    first = shop.backup(verify="checksum")["snapshot"]["id"]
    shop.write("second")
    if options.get("paths"):
        options = {**options, "paths": [path.format(shop.uploads) for path in options["paths"]]}
    for check_mode in (True, False):
        with pytest.raises(Failed, match=said):
            shop.restore(check_mode, **{"snapshot": "newest", "safety": check_mode, **options})
    assert shop.read() == ("second", "second")
    assert [each["id"] for each in shop.snapshots()] == [first]


def test_a_source_that_is_not_in_the_snapshot_keeps_the_other_as_it_is(shop: SavedShop) -> None:
    first = shop.backup(verify="checksum")["snapshot"]["id"]
    shop.write("second")
    other = {"name": "other", "sqlite": {"path": str(shop.uploads / "none")}}
    with pytest.raises(Failed, match="has no dump of other"):
        shop.restore(snapshot="newest", sources=[*shop.sources, other], safety=False)
    assert shop.read() == ("second", "second")
    assert [each["id"] for each in shop.snapshots()] == [first]


def test_a_command_without_one_that_puts_back_keeps_the_others_as_they_are(shop: SavedShop) -> None:
    command = {"name": "ldap", "command": {"shell": "echo entry"}}
    shop.backup(sources=[*shop.sources, command], verify="checksum")
    shop.write("second")
    with pytest.raises(Failed, match="give restore_argv or restore_shell"):
        shop.restore(snapshot="newest", sources=[*shop.sources, command], safety=False)
    assert shop.read() == ("second", "second")


def test_a_link_in_the_way_is_refused_before_anything_is_saved(shop: SavedShop) -> None:
    first = shop.backup()["snapshot"]["id"]
    shop.uploads.rename(shop.uploads.parent / "moved")
    shop.uploads.symlink_to("moved")
    for check_mode in (True, False):
        with pytest.raises(Failed, match="is a symbolic link to"):
            shop.restore(check_mode, snapshot=first)
    assert [each["id"] for each in shop.snapshots()] == [first]


def test_a_link_in_the_place_of_a_path_is_replaced_where_asked_and_saved_as_what_it_is(shop: SavedShop) -> None:
    shop.backup(verify="checksum")
    moved = shop.uploads.parent / "moved"
    shop.uploads.rename(moved)
    shop.uploads.symlink_to("moved")
    shop.write("second")
    told = shop.restore(snapshot="newest", replace_links=True)
    assert told["links"] == {str(shop.uploads): "moved"}
    assert told["safety"]["paths"] == [str(shop.uploads)]
    assert not shop.uploads.is_symlink()
    assert shop.read() == ("first", "first")
    assert (moved / "file").read_text() == "second"


def test_a_link_to_what_is_restored_as_well_is_saved_and_replaced(shop: SavedShop) -> None:
    other = shop.uploads.parent / "other"
    other.mkdir()
    shop.backup(paths=[str(shop.uploads), str(other)], verify="checksum")
    other.rmdir()
    other.symlink_to("uploads")
    told = shop.restore(snapshot="newest", replace_links=True)
    assert sorted(told["safety"]["paths"]) == sorted([str(shop.uploads), str(other)])
    assert list(other.iterdir()) == []
    assert not other.is_symlink()
    assert shop.read() == ("first", "first")


def test_what_was_left_out_of_the_backup_stays_as_it_is_live(shop: SavedShop) -> None:
    cache, folder = shop.uploads / "cache", shop.uploads / "folder"
    for made in (cache, folder, folder / "cache"):
        made.mkdir()
        (made / "old").touch()
    before = folder.stat().st_mtime_ns
    shop.backup(excludes=["cache", "*.fifo", "*.dev"], verify="checksum")
    (cache / "new").touch()
    (folder / "cache" / "new").touch()
    since = shop.uploads / "since"
    (since / "cache").mkdir(parents=True)
    if os.geteuid() == 0:
        os.mknod(folder / "null.dev", 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as listening:
        # The whole path would be too long for its address.
        descriptor = os.open(folder, os.O_RDONLY)
        listening.bind("/proc/self/fd/{0}/socket".format(descriptor))
        os.close(descriptor)
    (folder / "old").write_text("changed")
    told = shop.restore(snapshot="newest")
    assert told["lost"] == {}
    assert {path.name for path in cache.iterdir()} == {"old", "new"}
    assert {path.name for path in folder.iterdir()} >= {"cache", "old", "socket"}
    assert (folder / "null.dev").exists() == (os.geteuid() == 0)
    assert {path.name for path in (folder / "cache").iterdir()} == {"old", "new"}
    assert folder.stat().st_mtime_ns == before
    assert (folder / "old").read_text() == ""
    assert not since.exists()


def test_what_the_backup_itself_needs_is_not_replaced(shop: SavedShop) -> None:
    shop.backup(verify="checksum")
    shop.repository = shop.repository.rename(shop.uploads / "repository")
    with pytest.raises(Failed, match="which is the backup's own, are within each other"):
        shop.restore(snapshot="newest", safety=False)
    assert shop.repository.exists()


@pytest.mark.parametrize("sources", [[], None])
def test_a_snapshot_of_which_nothing_can_be_read_is_damaged(shop: SavedShop, sources: t.Optional[list]) -> None:
    shop.backup(verify="checksum")
    shop.damage_manifest()
    shop.write("second")
    given = {} if sources is None else {"sources": sources}
    for task in (shop.restore, functools.partial(shop.backup, state="proven")):
        options = {"unproven": True} if task == shop.restore else {}
        with pytest.raises(Failed) as failed:
            task(snapshot="newest", **options, **given)
        assert failed.value.result["error"] == "backup-snapshot-damaged"
    assert shop.read() == ("second", "second")


def test_a_damaged_snapshot_changes_nothing(shop: SavedShop) -> None:
    shop.backup()
    shop.write("second")
    shop.damage()
    with pytest.raises(Failed) as failed:
        shop.restore(snapshot="newest", safety=False)
    assert failed.value.result["error"] == "backup-snapshot-damaged"
    assert shop.read() == ("second", "second")
    assert sorted(path.name for path in shop.uploads.parent.iterdir() if path.name.startswith(".")) == []
