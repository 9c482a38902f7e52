# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where oracles are looked for, and what becomes of tests where there are none."""

from __future__ import annotations

import math
import pathlib

import pytest

from ansible_collections.progressive.delivery.tests import oracles


def test_the_variable_names_the_folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "some.json").write_text('["NaN", 1]', encoding="utf-8")
    monkeypatch.setenv(oracles.VARIABLE, str(tmp_path))

    word, one = map(oracles.number, oracles.load("some.json"))

    assert math.isnan(word)
    assert one == 1


def test_where_the_variable_is_set_the_file_must_be_there(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(oracles.VARIABLE, str(tmp_path))

    with pytest.raises(FileNotFoundError):
        oracles.load("some.json")


@pytest.mark.parametrize("value", [None, ""])
def test_a_checkout_alone_says_which_variable_to_set(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.setattr(oracles, "ROOT", tmp_path / "checkout")
    if value is None:
        monkeypatch.delenv(oracles.VARIABLE, raising=False)
    else:
        monkeypatch.setenv(oracles.VARIABLE, value)

    with pytest.raises(pytest.skip.Exception, match=oracles.VARIABLE) as told:
        oracles.load("some.json")
    assert told.value.allow_module_level


def test_beside_the_checkout_they_are_found_without_the_variable(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "shared" / "oracles"
    folder.mkdir(parents=True)
    (tmp_path / "checkout").mkdir()
    (folder / "some.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(oracles, "ROOT", tmp_path / "checkout")
    monkeypatch.delenv(oracles.VARIABLE, raising=False)

    assert oracles.load("some.json") == {}
    with pytest.raises(FileNotFoundError):
        oracles.load("other.json")
