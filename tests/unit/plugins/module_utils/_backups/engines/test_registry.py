# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which engine a repository is of, where the task does not say."""

from __future__ import annotations

import pathlib
import shutil

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.registry import engine_for

OPTIONS = {"engine": "auto", "password": "p", "password_file": None, "environment": None, "cache_directory": None}


def found(repository: str) -> str:
    options = {**OPTIONS, "repository": repository, "compression": None, "lock_timeout": 1.0}
    return engine_for(options)[1]


@pytest.mark.parametrize("installed", ["/usr/bin/restic", None])
@pytest.mark.parametrize(
    ("repository", "engine"),
    [
        ("s3:https://s3.example/shop", "restic"),
        ("local:/srv/backups", "restic"),
        ("sftp:backup@host:/srv", "restic"),
        ("ssh://backup@host/./shop", "borg"),
        ("backup@host:shop", "borg"),
        ("host:shop", "borg"),
        ("file:///srv/backups", "borg"),
    ],
)
def test_an_address_says_whose_it_is(
    monkeypatch: pytest.MonkeyPatch, repository: str, engine: str, installed: str | None
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _program: installed)

    assert found(repository) == engine


def test_a_folder_is_what_is_in_it_and_a_new_one_of_what_is_installed(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, inside in (("borg", "data"), ("restic", "keys")):
        (tmp_path / name / inside).mkdir(parents=True)
        (tmp_path / name / "config").touch()
        assert found(str(tmp_path / name)) == name
    (tmp_path / "archive" / "shop").mkdir(parents=True)
    for installed, new in (("/usr/bin/restic", "restic"), (None, "archive")):
        monkeypatch.setattr(shutil, "which", lambda _program, path=installed: path)
        assert found(str(tmp_path / "archive")) == "archive"
        assert found(str(tmp_path / "new:one")) == new
