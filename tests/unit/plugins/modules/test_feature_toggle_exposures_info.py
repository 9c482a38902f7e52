# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.progressive.delivery.tests.module_call import Failed, call

SECOND = 10**9


def told(at: int, toggle: str, variant: str, user: str) -> str:
    said = {"feature_flag.key": toggle, "feature_flag.result.variant": variant, "feature_flag.context.id": user}
    attributes = [{"key": name, "value": {"stringValue": value}} for name, value in said.items()]
    record = {"timeUnixNano": str(at * SECOND), "eventName": "feature_flag.evaluation", "attributes": attributes}
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}) + "\n"


@pytest.fixture
def file(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "exposures.jsonl"
    lines = [told(100, "search", "on", "a"), told(200, "search", "on", "b"), told(300, "search", "off", "c")]
    path.write_text("".join([*lines, told(400, "other", "on", "a"), told(500, "search", "on", "d")[:-40]]))
    return path


def look(path: pathlib.Path, **options: t.Any) -> t.Dict[str, t.Any]:
    return call("feature_toggle_exposures_info", path=str(path), **options)


def test_users_are_counted_by_variant_and_what_is_not_written_to_its_end_is_told(file: pathlib.Path) -> None:
    result = look(file)
    assert result["toggles"] == {
        "search": {"on": {"users": 2, "exposures": 2}, "off": {"users": 1, "exposures": 1}},
        "other": {"on": {"users": 1, "exposures": 1}},
    }
    assert (result["changed"], result["skipped"]) == (False, 1)
    assert "events" not in result


def test_of_one_toggle_from_a_moment_on_with_events(file: pathlib.Path) -> None:
    result = look(file, name="search", since="1970-01-01T00:03:20Z", events=True)
    assert result["toggles"] == {"search": {"on": {"users": 1, "exposures": 1}, "off": {"users": 1, "exposures": 1}}}
    assert [event["data"]["user"] for event in result["events"]] == ["b", "c"]


def test_a_file_that_cannot_be_read_and_a_moment_that_is_none_are_told(file: pathlib.Path) -> None:
    with pytest.raises(Failed) as failure:
        look(file.parent / "none")
    assert failure.value.result["error"] == "exposures-unreadable"
    with pytest.raises(Failed, match="since: 'yesterday' is no date"):
        look(file, since="yesterday")
