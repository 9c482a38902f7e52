# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``feature_toggle_info`` as a playbook calls it: tells what the file says, and for whom a feature is on."""

from __future__ import annotations

import json
import types

import pytest

from ansible_collections.progressive.delivery.plugins.modules import feature_toggle, feature_toggle_info
from ansible_collections.progressive.delivery.tests.module_call import Failed, call

PLAIN = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}
NOW = 1_800_000_000
DAY = 24 * 60 * 60
OWN = {**PLAIN, "targeting": {"fractional": [["on", 1], ["off", 1]]}}


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "flags.json"
    file.write_text(json.dumps({"flags": {"own": OWN, "new": PLAIN}}))
    return str(file)


def test_every_flag_is_told_with_who_gets_it(path):
    raised = call("feature_toggle", path=path, name="new", percent=5)
    told = call("feature_toggle_info", path=path)

    assert not told["changed"]
    assert {name: (toggle["definition"], toggle["audience"]) for name, toggle in told["toggles"].items()} == {
        "own": (OWN, None),
        "new": (raised["definition"], raised["audience"]),
    }
    assert told["toggles"]["new"]["version"] == raised["version"]
    assert told["revision"] == raised["revision"]


def test_what_has_done_its_work_or_is_over_its_time_is_told(path, monkeypatch):
    def at(moment):
        for module in (feature_toggle, feature_toggle_info):
            monkeypatch.setattr(module, "time", types.SimpleNamespace(time=lambda: float(moment)))

    def told(**options):
        toggles = call("feature_toggle_info", path=path, **options)["toggles"]
        return {name: (toggle["stale"], toggle["expired"]) for name, toggle in toggles.items()}

    at(NOW)
    call("feature_toggle", path=path, name="new", percent=100, expires="2027-01-20")
    at(NOW + 30 * DAY)
    assert told() == {"own": (False, False), "new": (False, True)}
    assert told(stale_days=29.5)["new"] == (True, True)
    at(NOW + 30 * DAY + 1)
    assert told() == {"own": (False, False), "new": (True, True)}
    toggle = call("feature_toggle_info", path=path)["toggles"]["new"]
    assert (toggle["changed_at"], toggle["expires"]) == ("2027-01-15T08:00:00Z", "2027-01-20")


def test_an_earlier_revision_is_read_as_it_was(path):
    call("feature_toggle", path=path, name="new", percent=5)
    call("feature_toggle", path=path, name="new", percent=50, keep_revisions=2)
    now = call("feature_toggle_info", path=path)

    assert (now["revision"], now["revisions"]) == (3, [2, 3])
    assert call("feature_toggle_info", path=path, revision=2)["toggles"]["new"]["audience"]["percent"] == 5
    with pytest.raises(Failed, match="there is no revision 1 of .*; there are 2 to 3"):
        call("feature_toggle_info", path=path, revision=1)


def test_what_nothing_has_changed_yet_has_no_revision(path):
    told = call("feature_toggle_info", path=path)

    assert (told["revision"], told["revisions"]) == (None, [])


@pytest.mark.parametrize("days", [-1, float("inf")])
def test_days_that_are_no_number_of_days_are_refused(path, days):
    with pytest.raises(Failed, match="stale_days: .* is no number of days"):
        call("feature_toggle_info", path=path, stale_days=days)


def test_one_flag_is_told_alone(path):
    assert set(call("feature_toggle_info", path=path, name="new")["toggles"]) == {"new"}
    assert call("feature_toggle_info", path=path, name="gone")["toggles"] == {}


def test_a_file_that_does_not_exist_has_no_flags(tmp_path):
    assert call("feature_toggle_info", path=str(tmp_path / "flags.json"))["toggles"] == {}


def test_a_file_that_is_no_file_of_flags_fails(tmp_path):
    (tmp_path / "flags.json").write_text("flags: {}")
    with pytest.raises(Failed) as failed:
        call("feature_toggle_info", path=str(tmp_path / "flags.json"))

    assert failed.value.result["error"] == "toggle-file-unreadable"
