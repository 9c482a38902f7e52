# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``feature_toggle`` as a playbook calls it: what it says is what it did, once, and can be taken back."""

from __future__ import annotations

import json
import pathlib
import types
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.modules import feature_toggle
from ansible_collections.progressive.delivery.tests.module_call import Failed, call

PLAIN = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}
STAFF = {"ends_with": [{"var": "email"}, "@example.com"]}
RULES = [
    {"when": STAFF, "variant": "on"},
    {"when": {"<": [{"var": "$flagd.timestamp"}, 5]}, "variant": "off"},
    {"when": {"var": "beta"}, "variant": {"fractional": [["on", 1], ["off", 1]]}},
]
NOW = 1_800_000_000
STAMP = {"changed_at": "2027-01-15T08:00:00Z"}


@pytest.fixture(autouse=True)
def time_at(monkeypatch: pytest.MonkeyPatch) -> t.Callable[[int], None]:
    """Sets the clock of the module."""

    def at(moment: int) -> None:
        monkeypatch.setattr(feature_toggle, "time", types.SimpleNamespace(time=lambda: float(moment)))

    at(NOW)
    return at


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
        "metadata": {"description": "The colour of buttons", "owner": "shop team", **STAMP},
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
    # That it was taken back is a change too.
    assert flags(path) == ({**before, "new": {**PLAIN, "metadata": STAMP}} if name == "new" else before)
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

    assert (shown["before"], shown["after"]) == (
        {"new": PLAIN},
        {"new": {**PLAIN, "state": "DISABLED", "metadata": STAMP}},
    )
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

    assert toggle(path, definition=own)["definition"] == {**own, "metadata": STAMP}
    for asked in ({"percent": 5}, {"rules": RULES}, {"until": "2027-02-01T00:00:00Z"}):
        with pytest.raises(Failed, match="rules of somebody else's, which a share, rules or a schedule would replace"):
            toggle(path, **asked)
    assert toggle(path, state="disabled", rules=[])["definition"] == {**own, "state": "DISABLED", "metadata": STAMP}


def test_rules_and_a_schedule_are_kept_beside_the_share_and_told(path):
    toggle(path, percent=5, allow=["ada"])
    made = toggle(path, rules=RULES, **{"from": "2027-01-01T01:00:00+01:00", "until": "2027-02-01T00:00:00Z"})
    again = toggle(path, rules=RULES, percent=5, until="2027-02-01T00:00:00Z")

    assert (made["changed"], again["changed"]) == (True, False)
    assert again["rules"] == RULES
    assert again["schedule"] == {"from": "2027-01-01T00:00:00Z", "until": "2027-02-01T00:00:00Z"}
    assert (again["audience"]["percent"], again["audience"]["allow"]) == (5, ["ada"])
    back = toggle(path, rules=[], **{"from": "", "until": ""})
    assert (back["rules"], back["schedule"], back["audience"]) == ([], None, again["audience"])


def test_the_kill_switch_is_undone_by_itself_alone(path):
    raised = toggle(path, percent=25)
    killed = toggle(path, killed=True)
    for asked in (
        {"state": "enabled", "percent": 50},
        {"definition": raised["definition"]},
        {"rollback": raised["revision"]},
    ):
        still = toggle(path, **asked)
        assert still["killed"]
        assert flags(path)["new"]["state"] == "DISABLED"
    alive = toggle(path, killed=False)

    assert not toggle(path, killed=False)["changed"]
    assert killed["changed"]
    assert killed["audience"] == raised["audience"]
    assert not alive["killed"]
    assert alive["definition"] == raised["definition"]


def test_a_flag_that_was_disabled_before_it_was_killed_is_disabled_afterwards(path):
    toggle(path, state="disabled")
    toggle(path, killed=True)

    assert toggle(path, killed=False)["definition"]["state"] == "DISABLED"


def test_it_is_kept_when_a_flag_was_changed_in_what_it_gives(path, time_at):
    toggle(path, percent=5)
    time_at(NOW + 60)
    owned = toggle(path, owner="ops")["definition"]["metadata"]
    raised = toggle(path, percent=6)["definition"]["metadata"]

    assert owned == {"owner": "ops", **STAMP}
    assert raised == {"owner": "ops", "changed_at": "2027-01-15T08:01:00Z"}


def test_a_change_to_a_flag_that_somebody_else_has_changed_is_refused(path):
    seen = call("feature_toggle_info", path=str(path))["toggles"]["new"]["version"]
    theirs = toggle(path, percent=5)
    for check_mode, percent in ((True, 50), (False, 50), (False, 5)):
        with pytest.raises(Failed) as failed:
            toggle(path, percent=percent, expected_version=seen, check_mode=check_mode)
        assert failed.value.result["error"] == "unexpected-toggle-version"
        assert flags(path)["new"] == theirs["definition"]

    assert not toggle(path, percent=5, expected_version=theirs["version"])["changed"]
    assert toggle(path, percent=50, expected_version=theirs["version"])["audience"]["percent"] == 50


def test_a_flag_that_is_to_be_new_is_refused_where_there_is_one(path):
    new = {"name": "fresh", "variants": {"on": 1}, "expected_version": "absent"}

    assert toggle(path, **new)["changed"]
    with pytest.raises(Failed, match="expected_version: the flag is now "):
        toggle(path, **{**new, "variants": {"on": 2}})


def test_a_flag_goes_back_to_any_revision_and_others_stay(path):
    numbers = [toggle(path, percent=percent)["revision"] for percent in (5, 25, 50)]
    toggle(path, name="other", owner="ops")
    back = toggle(path, rollback=numbers[0])
    again = toggle(path, rollback=numbers[0])
    forward = toggle(path, rollback=numbers[2])

    assert numbers == [2, 3, 4]
    assert (back["audience"]["percent"], forward["audience"]["percent"]) == (5, 50)
    assert (back["changed"], again["changed"], again["revision"]) == (True, False, 6)
    assert flags(path)["other"]["metadata"] == {"owner": "ops"}
    assert toggle(path, rollback=1)["definition"] == {**PLAIN, "metadata": STAMP}


def test_a_flag_that_was_not_there_in_a_revision_is_gone_again(path):
    toggle(path, percent=5)
    toggle(path, name="fresh", variants={"on": 1})

    assert toggle(path, name="fresh", rollback=1)["definition"] is None
    assert set(flags(path)) == {"other", "new"}


def test_a_revision_that_is_not_kept_is_told(path):
    with pytest.raises(Failed, match="there is no revision 1 of .*; there is none"):
        toggle(path, rollback=1)
    for percent in range(1, 6):
        toggle(path, percent=percent, keep_revisions=3)
    with pytest.raises(Failed, match="there are 4 to 6") as failed:
        toggle(path, rollback=3)

    assert failed.value.result["error"] == "unknown-toggle-revision"


def test_shared_rules_are_declared_with_the_flag_that_refers_to_them(path):
    rules = [{"when": {"$ref": "staff"}, "variant": "on"}]
    for check_mode in (True, False):
        with pytest.raises(Failed, match="refers to the shared rule staff; there is none") as failed:
            toggle(path, rules=rules, check_mode=check_mode)
        assert failed.value.result["error"] == "undeclared-evaluator"
    made = toggle(path, rules=rules, evaluators={"staff": STAFF})

    assert made["evaluators"] == {"staff": STAFF}
    assert made["diff"]["after"]["$evaluators"] == {"staff": STAFF}
    assert not toggle(path, rules=rules, evaluators={"staff": STAFF})["changed"]
    assert toggle(path, percent=5)["evaluators"] == {"staff": STAFF}
    assert toggle(path, evaluators={"more": STAFF})["changed"]
    assert toggle(path, evaluators={"more": None})["evaluators"] == {"staff": STAFF}


def test_a_shared_rule_is_not_taken_away_while_a_flag_refers_to_it(path):
    rules = [{"when": {"$ref": "staff"}, "variant": "on"}]
    toggle(path, rules=rules, evaluators={"staff": STAFF})
    with pytest.raises(Failed, match="the flag new refers to the shared rule staff"):
        toggle(path, name="other", evaluators={"staff": None})

    assert toggle(path, rules=[], evaluators={"staff": None})["evaluators"] == {}


def test_a_file_is_one_environments_and_no_others(path):
    toggle(path, percent=5, environment="staging")
    before = path.read_bytes()
    for check_mode in (True, False):
        with pytest.raises(Failed, match="is that of staging, not of production") as failed:
            toggle(path, percent=50, environment="production", check_mode=check_mode)
        assert failed.value.result["error"] == "wrong-toggle-environment"
    with pytest.raises(Failed, match="is that of staging"):
        call("feature_toggle_info", path=str(path), environment="production")

    assert path.read_bytes() == before
    assert json.loads(before)["metadata"] == {"environment": "staging"}
    assert toggle(path, percent=6)["changed"]
