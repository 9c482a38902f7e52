# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``rollout_picture`` as a playbook calls it: draws what ``rollout_info`` returns, and once only."""

from __future__ import annotations

import os
import pathlib
import re
import typing as t
import xml.etree.ElementTree as ET

import pytest
import yaml

from ansible_collections.progressive.delivery.plugins.module_utils._rollout import picture
from ansible_collections.progressive.delivery.plugins.modules import rollout_picture
from ansible_collections.progressive.delivery.tests.module_call import Failed, call

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def rollout(shop) -> dict[str, t.Any]:
    """What rollout_info tells of a rollout that went well."""
    shop.open()
    shop.walk({})
    return shop.info()["rollout"]


def draw(rollout: t.Any, dest: pathlib.Path, **options: t.Any) -> dict[str, t.Any]:
    return call("rollout_picture", rollout=rollout, dest=str(dest), **options)


def test_what_is_drawn_once_is_not_drawn_again(rollout, tmp_path):
    dest = tmp_path / "rollout.html"
    result = draw(rollout, dest)
    assert (result["changed"], result["title"]) == (True, "shop: 1.0 → 1.1 succeeded")
    assert "shop: 1.0 → 1.1 succeeded" in dest.read_text()
    written = dest.stat().st_mtime_ns
    again = draw(rollout, dest)
    assert not again["changed"]
    assert again["diff"]["before"] == again["diff"]["after"]
    assert dest.stat().st_mtime_ns == written


def test_a_picture_alone_is_an_svg(rollout, tmp_path):
    draw(rollout, tmp_path / "rollout.svg")
    assert (tmp_path / "rollout.svg").read_text().startswith("<?xml")
    assert "<table" not in (tmp_path / "rollout.svg").read_text()


def test_in_check_mode_nothing_is_written_and_the_answer_is_the_same(rollout, tmp_path):
    dest = tmp_path / "rollout.html"
    foreseen = draw(rollout, dest, check_mode=True)
    assert list(tmp_path.glob("*.html")) == []
    assert draw(rollout, dest) == foreseen
    assert not draw(rollout, dest, check_mode=True)["changed"]


def test_a_rollout_that_went_on_replaces_its_picture_and_keeps_the_mode_of_the_file(shop, tmp_path):
    dest = tmp_path / "rollout.html"
    shop.open()
    draw(shop.info()["rollout"], dest)
    dest.chmod(0o600)
    shop.walk({})
    result = draw(shop.info()["rollout"], dest)
    assert result["changed"]
    assert result["diff"]["before"]["sha256"] != result["diff"]["after"]["sha256"]
    assert dest.stat().st_mode & 0o777 == 0o600


def test_what_is_documented_is_returned(rollout, tmp_path):
    result = draw(rollout, tmp_path / "rollout.html")
    assert set(result) - {"changed", "diff"} == set(yaml.safe_load(rollout_picture.RETURN)) - {"error"}


@pytest.mark.parametrize("name", ["rollout.png", "rollout", "rollout.html/"])
def test_a_form_that_is_not_known_is_refused(rollout, tmp_path, name):
    with pytest.raises(Failed, match=r"dest: .* ends neither in \.html nor in \.svg") as failure:
        call("rollout_picture", rollout=rollout, dest=f"{tmp_path}/{name}")
    assert failure.value.result["error"] == "invalid-option"


@pytest.mark.parametrize(
    "change",
    [
        lambda told: {"id": "r1"},
        lambda told: {**told, "steps": None},
        lambda told: {**told, "x": 1},
        lambda told: {**told, "reason": None},
        lambda told: {**told, "created_at": -1e300},
        lambda told: {**told, "created_at": float("nan")},
        lambda told: {**told, "splits_seen": [{"at": told["created_at"], "shares": {"blue": "all"}}]},
    ],
)
def test_what_is_no_rollout_is_refused_before_anything_is_written(rollout, tmp_path, change):
    with pytest.raises(Failed, match="rollout: it is not what rollout_info returns") as failure:
        draw(change(rollout), tmp_path / "rollout.html")
    assert failure.value.result["error"] == "invalid-option"
    assert list(tmp_path.glob("*.html")) == []


def test_where_there_was_no_rollout_there_is_nothing_to_draw(tmp_path):
    with pytest.raises(Failed, match="there was no rollout yet"):
        draw({}, tmp_path / "rollout.html")


@pytest.mark.parametrize("name", ["rollout.svg", "rollout.html"])
def test_whatever_a_task_said_the_picture_can_be_opened(rollout, tmp_path, name):
    said = "\x1b[0;31mit broke\x1b[0m at \x00 and \udcff"
    entries = [{**entry, "what": "pause", "text": said} for entry in rollout["entries"]]
    draw({**rollout, "reason": said, "app": "shop\x07", "entries": entries}, tmp_path / name)
    written = (tmp_path / name).read_text(encoding="utf-8")
    svg = ET.fromstring(written[written.index("<svg") : written.index("</svg>") + len("</svg>")])
    assert "it broke at \ufffd and \ufffd" in ["".join(text.itertext()).strip() for text in svg.iter(f"{SVG}text")]
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", written)


def test_a_folder_that_is_not_there_and_a_folder_in_the_files_place_are_told(rollout, tmp_path):
    (tmp_path / "taken.html").mkdir()
    for dest, says in (
        (tmp_path / "missing" / "rollout.html", f"there is no folder {tmp_path}/missing"),
        (tmp_path / "taken.html", "Is a directory"),
    ):
        with pytest.raises(Failed, match=says) as failure:
            draw(rollout, dest)
        assert failure.value.result["error"] == "picture-unwritable"
        assert failure.value.result["msg"].endswith("Next: name a place on this machine that this user may write.")


def test_a_folder_that_may_not_be_written_is_told(rollout, tmp_path, monkeypatch):
    def refuse(path: str, content: bytes) -> t.NoReturn:
        raise PermissionError(13, os.strerror(13), path)

    monkeypatch.setattr(rollout_picture, "write_file", refuse)
    with pytest.raises(Failed, match=r"rollout\.html cannot be written: Permission denied"):
        draw(rollout, tmp_path / "rollout.html")


def test_without_the_library_it_is_told_what_to_install(rollout, tmp_path, monkeypatch):
    monkeypatch.setattr(picture, "matplotlib", None)
    with pytest.raises(Failed, match="matplotlib.*Next: install the library there") as failure:
        draw(rollout, tmp_path / "rollout.html")
    assert failure.value.result["error"] == "missing-library"
