# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays with the modules do what their documentation shows, one example after the other, and read dates as YAML has them."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
import yaml

from ansible_collections.progressive.delivery.plugins.modules import feature_toggle, feature_toggle_info
from ansible_collections.progressive.delivery.tests.module_call import call

DOCUMENTED = "/etc/analyze-all/flags.json"
Task = t.Dict[str, t.Any]


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "flags.json"


def examples_of(module: t.Any, path: pathlib.Path) -> list[Task]:
    return t.cast("list[Task]", yaml.safe_load(module.EXAMPLES.replace(DOCUMENTED, str(path))))


def test_the_examples_of_the_modules_run_one_after_the_other(path, play):
    changes, looks = examples_of(feature_toggle, path), examples_of(feature_toggle_info, path)
    # Those for a server are run in test_unleash.
    changes = [task for task in changes if "unleash" not in json.dumps(task)]
    expecting = next(number for number, task in enumerate(changes) if "expected_version" in json.dumps(task))
    play(yaml.safe_dump([*changes[:expecting], *looks, *changes[expecting:]]))
    found = call("feature_toggle_info", path=str(path))

    assert (len(changes), found["revision"]) == (9, 9)
    # The last example goes back to what the seventh has made.
    toggle = found["toggles"]["analyze-all-ai"]
    assert toggle["schedule"] == {"from": "2027-01-01T00:00:00Z", "until": "2027-02-01T00:00:00Z"}
    assert (toggle["audience"]["percent"], toggle["expires"], len(toggle["rules"])) == (10, "2027-03-31", 2)


DATES = """
- progressive.delivery.feature_toggle:
    path: {path}
    name: new
    variants: {{"on": true, "off": false}}
    default_variant: "off"
    percent: 100
    from: 2027-01-01T08:00:00+01:00
    until: 2027-02-01T00:00:00Z
    expires: 2027-03-31
  diff: true
"""


def test_dates_need_no_quotes_and_a_second_run_changes_nothing(path, play):
    assert "changed=0" not in play(DATES.format(path=path), "--check")
    assert not path.exists()
    assert '+            "expires": "2027-03-31"' in play(DATES.format(path=path))
    assert "changed=0" in play(DATES.format(path=path))
    toggle = call("feature_toggle_info", path=str(path))["toggles"]["new"]

    assert toggle["schedule"] == {"from": "2027-01-01T07:00:00Z", "until": "2027-02-01T00:00:00Z"}
    assert toggle["expires"] == "2027-03-31"
