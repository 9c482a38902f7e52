# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``backup_info``."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.progressive.delivery.tests.module_call import Failed, call
from ansible_collections.progressive.delivery.tests.unit.plugins.modules.saved_shop import SavedShop


def test_the_newest_and_the_newest_that_was_proven(tmp_path: pathlib.Path) -> None:
    shop = SavedShop(tmp_path)
    empty = call("backup_info", **shop.where)
    assert (empty["snapshots"], empty["newest"], empty["newest_proven"]) == ([], None, None)
    proven = shop.backup(verify="checksum")["snapshot"]["id"]
    newest = shop.backup(verify="none")["snapshot"]["id"]
    told = call("backup_info", **shop.where)
    assert not told["changed"]
    assert [each["id"] for each in told["snapshots"]] == [proven, newest]
    assert (told["newest"]["id"], told["newest_proven"]["id"]) == (newest, proven)
    assert call("backup_info", **{**shop.where, "app": "another"})["snapshots"] == []


def test_what_was_saved_before_a_restore_is_listed_and_is_not_the_newest(tmp_path: pathlib.Path) -> None:
    shop = SavedShop(tmp_path)
    first = shop.backup()["snapshot"]["id"]
    safety = shop.restore(snapshot=first)["safety"]["id"]
    told = call("backup_info", **shop.where)
    assert (told["newest"]["id"], told["newest_proven"]["id"]) == (first, first)
    assert [each["id"] for each in told["snapshots"]] == [first, safety]
    assert told["snapshots"][1]["labels"]["before_restore_of"] == first


def test_without_the_password_nothing_is_told(tmp_path: pathlib.Path) -> None:
    shop = SavedShop(tmp_path)
    shop.backup()
    with pytest.raises(Failed) as failed:
        shop.snapshots(password="wrong")
    assert failed.value.result["error"] == "backup-wrong-password"
    secret = tmp_path / "password"
    secret.write_text("hush hush\n")
    assert len(shop.snapshots(password=None, password_file=str(secret))) == 1
    with pytest.raises(Failed, match="password_file"):
        shop.snapshots(password=None, password_file=str(tmp_path / "gone"))


@pytest.mark.parametrize("engine", ["restic", "borg"])
def test_a_number_is_given_to_the_program_as_text(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, engine: str
) -> None:
    program = tmp_path / "programs" / engine
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "it was given $PACK_SIZE" >&2\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", "{0}:/bin:/usr/bin".format(program.parent))
    shop = SavedShop(tmp_path)
    (pathlib.Path(shop.where["repository"]) / "data").mkdir(parents=True)
    with pytest.raises(Failed, match="it was given 64"):
        call("backup_info", **{**shop.where, "engine": engine, "environment": {"PACK_SIZE": 64}})
