# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where there would have been room."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._files import room


def test_the_nearest_of_the_parents_that_is_there_is_found(tmp_path: pathlib.Path) -> None:
    assert room.existing(str(tmp_path / "a" / "b")) == str(tmp_path)
    assert room.existing(str(tmp_path)) == str(tmp_path)


def test_the_last_parent_of_a_relative_path_is_the_working_folder(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()

    assert room.existing("a/b") == "."
    assert room.existing("there/a") == "there"
