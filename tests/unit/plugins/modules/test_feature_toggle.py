# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``feature_toggle`` as a playbook calls it: what it says is what it did, once, and can be taken back."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.progressive.delivery.tests.module_call import Failed, call

PLAIN = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    file = tmp_path / "flags.json"
    file.write_text(json.dumps({"flags": {"other": PLAIN, "new": PLAIN}}))
    return file


def toggle(path: pathlib.Path, **options: t.Any) -> dict[str, t.Any]:
    return call("feature_toggle", path=str(path), **{"name": "new", **options})


def flags(path: pathlib.Path) -> dict[str, t.Any]:
    return json.loads(path.read_text())["flags"]


def test_a_share_is_given_once_and_told(path):
    raised = toggle(path, percent="12.5", allow=["ada"])
    again = toggle(path, percent=12.5, allow=["ada"])

    assert (raised["changed"], again["changed"]) == (True, False)
    assert raised["was"] == PLAIN
    assert again["was"] == raised["definition"] == again["definition"] == flags(path)["new"]
    assert raised["audience"] == {
        "variant": "on",
        "percent": 12.5,
        "bucket_by": "targetingKey",
        "allow": ["ada"],
        "deny": [],
    }
    assert flags(path)["other"] == PLAIN


def test_a_new_flag_was_nothing_and_has_all_that_is_said_of_it(path):
    made = toggle(
        path,
        name="colour",
        variants={"red": "#f00", "blue": "#00f"},
        default_variant="red",
        description="The colour of buttons",
        owner="shop team",
        state="disabled",
    )

    assert made["was"] is None
    assert made["audience"] is None
    assert flags(path)["colour"] == {
        "state": "DISABLED",
        "variants": {"red": "#f00", "blue": "#00f"},
        "defaultVariant": "red",
        "metadata": {"description": "The colour of buttons", "owner": "shop team"},
    }


@pytest.mark.parametrize(
    "asked",
    [
        {"percent": 5},
        {"state": "disabled"},
        {"state": "absent"},
        {"name": "fresh", "variants": {"on": True, "off": False}, "default_variant": "off", "percent": 50},
    ],
)
def test_what_was_is_enough_to_take_a_change_back(path, asked):
    before = flags(path)
    name = asked.get("name", "new")
    was = toggle(path, **asked)["was"]
    back = {"definition": was} if was else {"state": "absent"}
    taken_back = toggle(path, name=name, **back)

    assert taken_back["changed"]
    assert flags(path) == before
    assert not toggle(path, name=name, **back)["changed"]


@pytest.mark.parametrize(
    "asked",
    [{"percent": 5}, {"state": "absent"}, {"name": "fresh", "variants": {"on": 1}}, {"definition": PLAIN}],
)
def test_in_check_mode_nothing_is_written_and_the_answer_is_the_same(path, asked):
    before = path.read_bytes()
    foreseen = toggle(path, check_mode=True, **asked)

    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["flags.json"]
    assert toggle(path, **asked) == foreseen


def test_the_diff_is_of_the_one_flag(path):
    shown = toggle(path, state="disabled")["diff"]

    assert (shown["before"], shown["after"]) == ({"new": PLAIN}, {"new": {**PLAIN, "state": "DISABLED"}})
    assert shown["before_header"] == shown["after_header"] == str(path)
    assert toggle(path, state="absent")["diff"]["after"] == {}


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"percent": 5, "name": "nwe"}, "unknown-toggle", "name: there is no flag 'nwe'"),
        ({"percent": 101}, "invalid-option", "percent: 101 is no number"),
        ({}, "invalid-option", "state: present says nothing by itself"),
        ({"variants": {"on": True, "off": "no"}}, "invalid-toggle-definition", "variants.off: 'no' is not"),
        ({"variants": {"on": True}}, "invalid-toggle-definition", "defaultVariant: 'off' is none of the variants on"),
        ({"definition": {"state": "ENABLED"}}, "invalid-toggle-definition", "definition: 'variants' is a required"),
        ({"definition": {**PLAIN, "key": "new"}}, "invalid-toggle-definition", "definition.key: a flag has only"),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_refusal_names_the_option_and_changes_nothing(path, asked, error, message, check_mode):
    before = path.read_bytes()
    with pytest.raises(Failed) as failed:
        toggle(path, check_mode=check_mode, **asked)

    assert failed.value.result["error"] == error
    assert message in failed.value.result["msg"]
    assert path.read_bytes() == before


def test_rules_of_somebody_else_come_and_go_with_the_whole_flag(path):
    own = {**PLAIN, "targeting": {"if": [{"ends_with": [{"var": "email"}, "@example.com"]}, "on", "off"]}}

    assert toggle(path, definition=own)["definition"] == own
    with pytest.raises(Failed, match="rules that a share would replace"):
        toggle(path, percent=5)
    assert toggle(path, state="disabled")["definition"] == {**own, "state": "DISABLED"}
