# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``feature_toggle_push`` as the role calls it."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.progressive.delivery.tests.module_call import Failed, call

FLAG = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}
FIRST, SECOND = (json.dumps({"flags": {name: FLAG}}) for name in ("first", "second"))


@pytest.fixture
def push(tmp_path) -> t.Callable[..., dict[str, t.Any]]:
    def pushed(command: str, **options: t.Any) -> dict[str, t.Any]:
        return call("feature_toggle_push", path=str(tmp_path / "flags.json"), command=command, **options)

    return pushed


def test_in_check_mode_each_command_says_what_it_would_do_and_does_nothing(push, tmp_path):
    foreseen = push("prepare", content=FIRST, check_mode=True)
    assert (foreseen["changed"], list(tmp_path.iterdir())) == (True, [])
    prepared = push("prepare", content=FIRST)
    assert (prepared["changed"], prepared["digest"]) == (True, foreseen["digest"])
    for command in ({"command": "activate", "digest": prepared["digest"]}, {"command": "discard"}):
        assert push(**command, check_mode=True)["changed"]
    assert push("look")["look"] == {"live": None, "prepared": prepared["digest"]}

    assert push("activate", digest=prepared["digest"])["look"] == {"live": prepared["digest"], "prepared": None}
    for command in (
        {"command": "prepare", "content": FIRST},
        {"command": "activate", "digest": prepared["digest"]},
        {"command": "discard"},
    ):
        assert not push(**command, check_mode=True)["changed"]
        assert not push(**command)["changed"]


def test_what_was_begun_elsewhere_is_finished_and_nothing_else(push, tmp_path):
    own = push("prepare", content=FIRST)["look"]
    assert not push("finish", looks=[own, own])["changed"]
    assert not push("finish", looks=[own, {"live": own["prepared"]}, {"live": "other"}])["changed"]
    for check_mode in (True, False):
        assert push("finish", looks=[own, {"live": own["prepared"], "prepared": None}], check_mode=check_mode)[
            "changed"
        ]
    assert (tmp_path / "flags.json").read_text() == FIRST


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"command": "prepare"}, "all of the following are missing: content"),
        ({"command": "activate"}, "all of the following are missing: digest"),
        ({"command": "finish"}, "all of the following are missing: looks"),
        ({"command": "look", "keep_revisions": 0}, "keep_revisions: 0 is no number from 1"),
        ({"command": "look", "lock_timeout": -1}, "lock_timeout: -1.0 is no number of seconds"),
        ({"command": "activate", "digest": "0"}, "what is to be activated is not prepared"),
        ({"command": "prepare", "content": "{}"}, "content is not a JSON object with an object of flags"),
    ],
)
def test_what_cannot_be_is_refused(push, options, says):
    with pytest.raises(Failed, match=says):
        push(**options)


def test_a_change_on_the_host_is_told(push, tmp_path):
    (tmp_path / "flags.json").write_text(FIRST)
    with pytest.raises(Failed) as failed:
        push("prepare", content=SECOND)

    assert failed.value.result["error"] == "toggle-file-changed-here"
    assert push("prepare", content=SECOND, overwrite=True)["changed"]
