# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``backup``, on real data with the engine that needs nothing."""

from __future__ import annotations

import pathlib
import re

import pytest

from ansible_collections.progressive.delivery.tests.module_call import Failed, everything_told
from ansible_collections.progressive.delivery.tests.unit.plugins.modules.saved_shop import SavedShop


@pytest.fixture
def shop(tmp_path: pathlib.Path) -> SavedShop:
    return SavedShop(tmp_path)


def test_data_is_saved_proven_and_listed_with_its_labels(shop: SavedShop) -> None:
    told = shop.backup(release="1.0.0", rollout="r1", environment_name="production", reason="before 1.1.0")

    assert told["changed"]
    assert told["engine"] == "archive"
    assert told["snapshot"]["proven"]["how"] == "restore"
    assert told["snapshot"]["paths"] == [str(shop.uploads)]
    (listed,) = shop.snapshots()
    assert listed == told["snapshot"]
    labels = {"app": "shop", "release": "1.0.0", "rollout": "r1", "environment": "production", "reason": "before 1.1.0"}
    assert listed["labels"] == labels
    assert sorted(path.name for path in (shop.work / "shop").iterdir()) == ["lock"]


def test_check_mode_changes_nothing_and_finds_what_could_not_be_saved(shop: SavedShop) -> None:
    assert shop.backup(check_mode=True)["changed"]
    assert not shop.repository.exists()
    with pytest.raises(Failed, match="is not there"):
        shop.backup(check_mode=True, paths=[str(shop.uploads / "gone")])


def test_retention_takes_the_old_and_never_what_is_protected(shop: SavedShop) -> None:
    first = shop.backup()["snapshot"]["id"]
    second = shop.backup(protect=[first], keep={"last": 1})
    assert second["removed"] == []
    foretold = shop.backup(check_mode=True, state="pruned", keep={"last": 1})
    assert foretold["removed"] == [first]
    assert len(shop.snapshots()) == 2
    assert shop.backup(state="pruned", keep={"last": 1})["removed"] == [first]
    assert [each["id"] for each in shop.snapshots()] == [second["snapshot"]["id"]]
    assert not shop.backup(state="pruned", keep={"last": 1})["changed"]


def test_a_snapshot_is_proven_later_though_the_data_has_changed(shop: SavedShop) -> None:
    (shop.uploads / "old").write_text("stays as it is")
    taken = shop.backup(verify="none")
    assert taken["snapshot"]["proven"] is None
    shop.write("second")
    proven = shop.backup(state="proven")
    assert proven["snapshot"]["id"] == taken["snapshot"]["id"]
    assert shop.snapshots()[0]["proven"]["how"] == "restore"


def test_where_all_files_of_a_path_have_changed_no_restore_proves_them_but_their_checksums_do(shop: SavedShop) -> None:
    shop.backup(verify="none")
    shop.write("second")

    assert shop.backup(state="proven")["snapshot"]["proven"]["how"] == "checksum"
    assert shop.snapshots()[0]["proven"]["how"] == "checksum"
    shop.damage()
    with pytest.raises(Failed) as failed:
        shop.backup(state="proven")
    assert failed.value.result["error"] == "backup-snapshot-damaged"


@pytest.mark.parametrize("verify", ["checksum", "restore"])
def test_a_snapshot_that_is_damaged_is_not_proven(shop: SavedShop, verify: str) -> None:
    shop.backup(verify="none")
    shop.damage()
    with pytest.raises(Failed) as failed:
        shop.backup(state="proven", verify=verify)
    assert failed.value.result["error"] == "backup-snapshot-damaged"
    assert shop.snapshots()[0]["proven"] is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"paths": [], "sources": []}, "nothing to save"),
        ({"paths": ["relative"]}, "not absolute"),
        ({"paths": ["{uploads}", "{uploads}/file"]}, "is saved as well"),
        ({"paths": ["{repository}"]}, "is not there|the backup's own"),
        ({"paths": ["{uploads}/../link"]}, "not absolute and without dots"),
        ({"paths": ["{link}"]}, "is a symbolic link, and only that would be saved; give what it leads to, {uploads}"),
        ({"excludes": ["uploads"]}, "leaves out the whole of"),
        ({"keep": {"within": "a while"}}, "keep.within is 'a while'"),
        ({"keep": {"daily": -1}}, "keep.daily is -1"),
        ({"sources": [{"name": "../up", "sqlite": {"path": "/x"}}]}, "the name '../up'"),
        ({"sources": [{"name": "x"}]}, "required"),
        ({"sources": [{"name": "x", "redis": {"authority": "/ca"}}]}, "without tls: true"),
        ({"sources": [{"name": "x", "command": {"shell": "exit 3"}}]}, "3"),
        ({"sources": [{"name": "x", "command": {"argv": []}}]}, "command is empty"),
        ({"sources": [{"name": "x", "command": {"argv": ["true"], "prove_argv": []}}]}, "prove_.* is empty"),
        ({"sources": [{"name": "backup.json", "command": {"shell": "echo"}}]}, "what every snapshot calls its"),
        ({"environment": {"A": "b"}}, "the engine archive has no such option"),
        ({"password": ""}, "password: the password is empty"),
        ({"password": None, "password_file": "/dev/null"}, "password_file: the password is empty"),
        ({"engine": "restic", "environment": {"A": True}}, "the value of A is of the type bool; give text"),
        ({"engine": "borg", "environment": {"A": None}}, "the value of A is of the type NoneType; give text"),
        ({"engine": "restic", "environment": {"A": ["b"]}}, "the value of A is of the type list; give text"),
        ({"engine": "restic", "environment": {"A=B": "c"}}, "'A=B' and its value cannot be"),
        ({"engine": "restic", "password": None}, "password: a repository of restic has one"),
        ({"state": "proven"}, "there is no such snapshot"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_saved(shop: SavedShop, options: dict, said: str) -> None:
    link = shop.uploads.parent / "link"
    link.symlink_to(shop.uploads)
    known = {"uploads": str(shop.uploads), "repository": str(shop.repository), "link": str(link)}
    if "paths" in options:
        options = {**options, "paths": [path.format(**known) for path in options["paths"]]}
    with pytest.raises(Failed) as failed:
        shop.backup(**options)
    assert re.search(said.format(**known), failed.value.result["msg"]), failed.value.result
    assert shop.snapshots() == []


def test_no_secret_is_told(shop: SavedShop) -> None:
    secrets = {"AWS_SECRET_ACCESS_KEY": "very secret indeed"}
    odd = {"sources": [{"name": "x", "redis": {"socket": "/x", "password": "s3cret \\ 'of' \"all\""}}]}
    for options in ({"password": "another password"}, {"engine": "restic", "environment": secrets}, odd):
        told, _result = everything_told("backup", **{**shop.where, "paths": [str(shop.uploads)], **options}), None
        assert "hush hush" not in str(told)
        assert "another password" not in str(told)
        assert "very secret indeed" not in str(told)
        assert "s3cret" not in str(told)
