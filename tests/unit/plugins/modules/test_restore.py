# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``restore``."""

from __future__ import annotations

import pathlib

import pytest

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


def test_what_is_lost_comes_back_and_only_what_is_asked_for(shop: SavedShop) -> None:
    shop.backup()
    (shop.uploads / "file").unlink()
    shop.uploads.rmdir()
    told = shop.restore(snapshot="newest_proven", sources=[])
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
    with pytest.raises(Failed, match="is not empty"):
        shop.restore(snapshot="newest", into=str(folder))


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


def test_a_link_in_the_place_of_a_path_is_replaced_where_asked_and_saved_as_what_it_is(
    shop: SavedShop, tmp_path: pathlib.Path
) -> None:
    first = shop.backup()["snapshot"]["id"]
    shop.uploads.rename(tmp_path / "moved")
    shop.uploads.symlink_to(tmp_path / "moved")
    shop.write("second")
    with pytest.raises(Failed, match="link"):
        shop.restore(snapshot=first, sources=[])
    told = shop.restore(snapshot=first, sources=[], replace_links=True)
    assert told["safety"]["paths"] == [str(shop.uploads)]
    assert not shop.uploads.is_symlink()
    assert (shop.uploads / "file").read_text() == "first"
    assert (tmp_path / "moved" / "file").read_text() == "second"


def test_a_damaged_snapshot_changes_nothing(shop: SavedShop) -> None:
    shop.backup()
    shop.write("second")
    shop.damage()
    with pytest.raises(Failed) as failed:
        shop.restore(snapshot="newest", safety=False)
    assert failed.value.result["error"] == "backup-snapshot-damaged"
    assert shop.read() == ("second", "second")
    assert sorted(path.name for path in shop.uploads.parent.iterdir() if path.name.startswith(".")) == []
