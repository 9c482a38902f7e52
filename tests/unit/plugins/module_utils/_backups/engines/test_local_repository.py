# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repositories that are made in a folder."""

from __future__ import annotations

import os
import pathlib

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups import errors
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines import local_repository


def test_a_repository_comes_to_its_place_as_a_whole(tmp_path):
    place = str(tmp_path / "sub" / "repository")
    assert local_repository.is_free(place)

    making = local_repository.being_made(place)
    pathlib.Path(making.__enter__()).mkdir()
    assert not making.__exit__(RuntimeError, RuntimeError(), None)
    assert local_repository.is_free(place)

    with local_repository.being_made(place) as aside:
        assert not os.path.lexists(aside)
        pathlib.Path(aside).mkdir()
        (pathlib.Path(aside) / "config").touch()
        assert not os.path.lexists(place)

    assert os.listdir(tmp_path / "sub") == ["repository"]
    assert os.listdir(place) == ["config"]
    assert not local_repository.is_free(place)
    with local_repository.being_made(place) as aside:
        assert aside is None


def test_only_nothing_and_an_empty_folder_are_free(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to("nonexistent")
    (tmp_path / "empty").mkdir()

    free = {
        name: local_repository.is_free(str(tmp_path / name)) for name in ("file", "dangling", "empty", "absent", "")
    }

    assert free == {"file": False, "dangling": False, "empty": True, "absent": True, "": False}


def test_a_place_is_seen_to_be_free_by_who_has_the_program(tmp_path):
    program = tmp_path / "programs" / "restic-9"
    program.parent.mkdir()
    program.touch(mode=0o700)
    (tmp_path / "file").touch()
    places = str(program.parent)

    assert local_repository.is_seen_free(str(tmp_path / "absent"), "restic-9", places)
    assert local_repository.is_seen_free(str(tmp_path / "absent"), str(program), None)
    assert not local_repository.is_seen_free(None, "restic-9", places)
    assert not local_repository.is_seen_free(str(tmp_path / "file"), "restic-10", places)
    with pytest.raises(errors.EngineMissing, match="restic-10 is not installed"):
        local_repository.is_seen_free(str(tmp_path / "absent"), "restic-10", places)


def test_where_nothing_can_be_made_is_told_beforehand(tmp_path):
    (tmp_path / "file").touch()

    local_repository.check_writable(str(tmp_path / "a" / "b"))
    with pytest.raises(errors.RepositoryUnreachable, match=f"{tmp_path}/file is not a folder"):
        local_repository.check_writable(str(tmp_path / "file" / "b"))
    with (
        pytest.raises(errors.RepositoryUnreachable, match="cannot be made"),
        local_repository.being_made(str(tmp_path / "file" / "b" / "c")),
    ):
        pass
