# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._toggles.exposures import (
    EVENT,
    Exposure,
    as_event,
    counted,
    exposures_in,
)

TEXT = st.text(min_size=1)
RESOURCE = st.dictionaries(
    st.sampled_from(["service.name", "service.version", "service.instance.id", "deployment.environment.name"]), TEXT
)
EXPOSURES = st.builds(Exposure, st.integers(1, 2**62), TEXT, TEXT, TEXT, TEXT, RESOURCE)


def attributes(said: t.Mapping[str, str]) -> t.List[t.Dict[str, t.Any]]:
    return [{"key": name, "value": {"stringValue": value}} for name, value in said.items()]


def line(*exposures: Exposure, old: bool = False, event: str = EVENT) -> str:
    """As an app with the present names of the conventions, or with the *old* ones, tells of them."""
    variant, reason = ("variant", "evaluation.reason") if old else ("result.variant", "result.reason")
    requests = [
        {
            "resource": {"attributes": attributes(one.resource)},
            "scopeLogs": [
                {
                    "scope": {"name": "app"},
                    "logRecords": [
                        {
                            "timeUnixNano": str(one.at),
                            "eventName": event,
                            "attributes": attributes(
                                {
                                    "feature_flag.key": one.toggle,
                                    "feature_flag." + variant: one.variant,
                                    "feature_flag." + reason: one.reason,
                                    "feature_flag.context.id": one.user,
                                }
                            ),
                        }
                    ],
                }
            ],
        }
        for one in exposures
    ]
    return json.dumps({"resourceLogs": requests})


@given(st.lists(EXPOSURES, max_size=5), st.booleans())
def test_what_an_app_tells_is_read(exposures: t.List[Exposure], old: bool) -> None:
    assert exposures_in(line(*exposures, old=old)) == exposures
    assert exposures_in(line(*exposures, event="other")) == []


@given(EXPOSURES, st.data())
def test_a_line_that_was_not_written_to_its_end_is_none(exposure: Exposure, data: st.DataObject) -> None:
    whole = line(exposure)
    with pytest.raises(ValueError, match="line 1 column"):
        exposures_in(whole[: data.draw(st.integers(0, len(whole) - 1))])


@pytest.mark.parametrize(
    "other", ["[]", "{}", '{"resourceLogs": 3}', '{"resourceLogs": [3]}', "3", '{"resourceSpans": []}']
)
def test_what_is_no_request_of_logs_is_told(other: str) -> None:
    with pytest.raises(ValueError, match="no export request of logs"):
        exposures_in(other)


def test_one_that_does_not_say_who_is_left_out() -> None:
    told = json.loads(line(Exposure(1, "f", "on", "u", "static", {})))
    del told["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]["attributes"][3]
    assert exposures_in(json.dumps(told)) == []


@given(st.lists(EXPOSURES))
def test_every_exposure_is_counted_and_every_user_once(exposures: t.List[Exposure]) -> None:
    numbers = counted([*exposures, *exposures])
    assert sum(one["exposures"] for each in numbers.values() for one in each.values()) == 2 * len(exposures)
    users = {(one.toggle, one.variant, one.user) for one in exposures}
    assert sum(one["users"] for each in numbers.values() for one in each.values()) == len(users)


def test_an_event_says_where_and_has_an_id_of_its_own() -> None:
    resource = {"service.name": "shop", "service.version": "2.0", "service.instance.id": "blue-1"}
    exposure = Exposure(1_795_751_992_821_709_686, "new-thing", "on", "7fad", "targeting_match", resource)
    event = as_event(exposure)
    assert event == as_event(exposure)
    assert event["id"] != as_event(Exposure(exposure.at + 1, *list(vars(exposure).values())[1:]))["id"]
    assert {name: value for name, value in event.items() if name != "id"} == {
        "specversion": "1.0",
        "source": "/apps/shop",
        "type": "progressive.delivery.toggle.exposed",
        "subject": "new-thing",
        "time": "2026-11-27T03:59:52.821709Z",
        "datacontenttype": "application/json",
        "data": {
            "app": "shop",
            "release": "2.0",
            "host": "blue-1",
            "toggle": "new-thing",
            "variant": "on",
            "user": "7fad",
            "reason": "targeting_match",
        },
    }
