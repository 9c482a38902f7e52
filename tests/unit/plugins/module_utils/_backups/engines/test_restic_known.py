# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept of a repository's snapshots counts only as long as it is all of them, and only for who has the password."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.restic_folder import Folder
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.restic_known import KnownSnapshots

ONE, OTHER, THIRD = ({"id": name * 64, "tags": [f"app={name}"], "paths": ["/srv/Grüße"]} for name in "abc")


@pytest.fixture
def repository(tmp_path):
    """A repository with two snapshots, which are known."""
    folder = tmp_path / "repository"
    (folder / "snapshots").mkdir(parents=True)
    (folder / "config").write_bytes(b"config")
    for entry in (ONE, OTHER):
        (folder / "snapshots" / entry["id"]).touch()
    known(tmp_path).keep([ONE, OTHER])
    return folder


def known(place, password="secret"):
    return KnownSnapshots(Folder(str(place / "repository")), password, str(place / "cache"))


def kept(place):
    return next((place / "cache" / "progressive_delivery").iterdir())


def test_what_was_kept_is_known_while_the_repository_has_it(repository, tmp_path):
    assert known(tmp_path).all() == [ONE, OTHER]
    (repository / "snapshots" / ONE["id"]).unlink()
    assert known(tmp_path).all() == [OTHER]
    (repository / "snapshots" / OTHER["id"]).unlink()
    assert known(tmp_path).all() is None


def test_a_snapshot_of_somebody_else_makes_all_unknown_until_it_is_kept_too(repository, tmp_path):
    (repository / "snapshots" / THIRD["id"]).touch()
    assert known(tmp_path).all() is None
    known(tmp_path).keep([THIRD])
    assert known(tmp_path).all() == [ONE, OTHER, THIRD]


def test_nothing_is_known_without_the_password(repository, tmp_path):
    assert known(tmp_path, "guess").all() is None
    assert b"secret" not in kept(tmp_path).read_bytes()


@pytest.mark.parametrize(
    "harm",
    [
        lambda content: content.replace(b"app=a", b"app=x"),
        lambda content: content[:-1],
        lambda content: b"",
        lambda content: b"\n\n",
        lambda content: b"\xff" + content,
        lambda content: content.split(b"\n")[0] + b"\nsha256 \n{}",
    ],
)
def test_what_somebody_changed_is_not_believed(repository, tmp_path, harm):
    kept(tmp_path).write_bytes(harm(kept(tmp_path).read_bytes()))

    assert known(tmp_path).all() is None
    known(tmp_path).keep([ONE, OTHER])
    assert known(tmp_path).all() == [ONE, OTHER]


def test_another_repository_in_the_same_place_is_another(repository, tmp_path):
    (repository / "config").write_bytes(b"of another")
    assert known(tmp_path).all() is None


def test_what_the_repository_has_no_more_is_forgotten(repository, tmp_path):
    (repository / "snapshots" / ONE["id"]).unlink()
    known(tmp_path).keep([])
    assert b"app=a" not in kept(tmp_path).read_bytes()


def test_only_its_owner_may_read_it(repository, tmp_path):
    assert kept(tmp_path).stat().st_mode & 0o777 == 0o600
    assert kept(tmp_path).parent.stat().st_mode & 0o777 == 0o700


def test_where_nothing_can_be_kept_nothing_is_known(repository, tmp_path):
    kept(tmp_path).unlink()
    kept_folder = tmp_path / "cache" / "progressive_delivery"
    kept_folder.rmdir()
    kept_folder.touch()

    known(tmp_path).keep([ONE, OTHER])

    assert known(tmp_path).all() is None


def test_the_cache_is_where_restics_is(repository, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    KnownSnapshots(Folder(str(repository)), "secret", None).keep([ONE])
    assert list((tmp_path / "home" / "restic" / "progressive_delivery").iterdir())
