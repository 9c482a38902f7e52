# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``feature_toggle_info`` as a playbook calls it: tells what the file says, and for whom a feature is on."""

from __future__ import annotations

import json

import pytest

from ansible_collections.progressive.delivery.tests.module_call import Failed, call

PLAIN = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}
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
    assert told["toggles"] == {
        "own": {"definition": OWN, "audience": None},
        "new": {"definition": raised["definition"], "audience": raised["audience"]},
    }


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
