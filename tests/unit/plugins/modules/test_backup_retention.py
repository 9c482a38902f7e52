# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module ``backup`` takes away, and what of it other hosts and wrong clocks can do."""

from __future__ import annotations

import pathlib
import socket
import time

import pytest

from ansible_collections.progressive.delivery.tests.module_call import Failed, call
from ansible_collections.progressive.delivery.tests.unit.plugins.modules.saved_shop import SavedShop


@pytest.fixture
def shop(tmp_path: pathlib.Path) -> SavedShop:
    return SavedShop(tmp_path)


def test_what_another_host_saved_in_the_repository_stays_and_is_not_this_ones_newest(
    shop: SavedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "web-1")
    first = shop.backup()["snapshot"]["id"]
    monkeypatch.setattr(socket, "gethostname", lambda: "web-2")
    for asked in ("newest", "newest_proven"):
        with pytest.raises(Failed, match="no such snapshot of web-2 among the 1 of the app"):
            shop.restore(snapshot=asked)
    with pytest.raises(Failed, match="no such snapshot of web-2"):
        shop.backup(state="proven")
    shop.write("second")
    second = shop.backup(keep={"last": 1})
    assert second["removed"] == []
    monkeypatch.setattr(socket, "gethostname", lambda: "web-1")
    told = call("backup_info", **shop.where)
    assert (told["newest"]["id"], told["newest_proven"]["id"], len(told["snapshots"])) == (first, first, 2)
    assert shop.restore(snapshot="newest_proven", safety=False)["snapshot"]["id"] == first
    assert shop.read() == ("first", "first")
    shop.restore(snapshot=second["snapshot"]["id"], safety=False)
    assert shop.read() == ("second", "second")


@pytest.mark.parametrize("keep", [{"last": 1}, {"within": "14d"}, {"daily": 1}])
def test_what_was_taken_just_now_stays_though_the_clock_went_back(
    shop: SavedShop, monkeypatch: pytest.MonkeyPatch, keep: dict
) -> None:
    now = time.time()
    ahead = shop.backup(keep=keep)["snapshot"]["id"]
    monkeypatch.setattr(time, "time", lambda: now - 400 * 86400)
    back = shop.backup(keep=keep, verify="none")
    assert back["removed"] == []
    assert {each["id"] for each in shop.snapshots()} == {ahead, back["snapshot"]["id"]}


def test_a_snapshot_taken_while_the_clock_was_ahead_makes_no_other_old(
    shop: SavedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    keep = {"within": "14d"}
    shop.backup(keep=keep, verify="none")
    monkeypatch.setattr(time, "time", lambda: now + 400 * 86400)
    assert shop.backup(keep=keep)["removed"] == []
    monkeypatch.setattr(time, "time", lambda: now + 60)
    assert shop.backup(keep=keep, verify="none")["removed"] == []
    assert len(shop.snapshots()) == 3


def test_check_mode_tells_what_the_task_then_does(shop: SavedShop) -> None:
    first = shop.backup()["snapshot"]["id"]
    foretold = shop.backup(check_mode=True, keep={"last": 1})
    assert foretold["removed"] == [first]
    assert [each["id"] for each in foretold["diff"]["after"]] == ["(to be taken)"]
    assert [each["id"] for each in foretold["diff"]["before"]] == [first]
    assert shop.backup(keep={"last": 1})["removed"] == [first]


def test_a_beginning_protects_and_what_names_no_snapshot_is_refused_before_one_is_taken(shop: SavedShop) -> None:
    first = shop.backup()["snapshot"]["id"]
    with pytest.raises(Failed, match="protect: '20010101T000000Z' names no snapshot of the app") as failed:
        shop.backup(protect=[first[:20], "20010101T000000Z"], keep={"last": 1})
    assert failed.value.result["error"] == "invalid-option"
    assert len(shop.snapshots()) == 1
    kept = shop.backup(protect=[first[:20]], protect_where_there=["20010101T000000Z"], keep={"last": 1})
    assert kept["removed"] == []
    assert shop.backup(state="pruned", protect_where_there=[first], keep={"last": 1})["removed"] == []
