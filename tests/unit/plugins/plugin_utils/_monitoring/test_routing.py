# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import pathlib
import re
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.plugin_utils._monitoring.hours import time_interval
from ansible_collections.progressive.delivery.plugins.plugin_utils._monitoring.inhibition import OURS
from ansible_collections.progressive.delivery.plugins.plugin_utils._monitoring.routing import configuration, routing_of
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.alerting.working_hours import (
    DAYS,
    working_hours,
)

GIVEN: dict[str, t.Any] = {
    "receivers": [{"name": "chat"}, {"name": "on-call"}],
    "otherwise": {"critical": "on-call", "warning": "chat"},
    "hours": {"office": "Mon-Fri 08:00-18:00", "night": "22:00-06:00"},
}

DATED = {"name": "rack", "ends": "2026-12-02T00:00:00Z", "matchers": [{"name": "host", "value": "rack7"}]}


def refused(teams: t.Any = None, **settings: t.Any) -> str:
    with pytest.raises(InvalidOption) as error:
        routing_of(teams, **{**GIVEN, **settings})
    return str(error.value)


@pytest.mark.parametrize(
    ("teams", "settings", "message"),
    [
        (
            {"search": {"critical": "nurse"}},
            {},
            "teams: search: critical: there is no receiver 'nurse'; there are chat",
        ),
        ({"search": {"fatal": "chat"}}, {}, "teams: search: there is no fatal; there are critical, info, warning"),
        ({"search": {"info": {"to": "chat", "within": "noon"}}}, {}, "within: there are no hours 'noon'; there are"),
        ({"search": {"info": {"whom": "chat"}}}, {}, "there is no whom"),
        ({"search": "chat"}, {}, "teams: search: it must have critical"),
        (None, {"receivers": [{"name": "a"}, {"name": "a"}]}, "receivers: a is there twice"),
        (None, {"receivers": [{"name": "nobody"}]}, "tells nobody"),
        (None, {"receivers": ["a"]}, "receivers: None is no name"),
        (None, {"hours": {"office": "always"}}, "hours: office: 'always' is not such as"),
        (None, {"hours": {"office": "Mon-Fri 08:00-18:00 Here/There"}}, "there is no time zone Here/There"),
        (None, {"maintenance": [{"hours": "night"}]}, "maintenance: night: matchers are needed"),
        (
            None,
            {"maintenance": [{"hours": "noon", "matchers": [{"name": "a", "value": "b"}]}]},
            "there are no hours 'noon'",
        ),
        (
            None,
            {"maintenance": [{"hours": "night", "matchers": [{"name": "a", "value": "b"}]}] * 5},
            "there are 5 windows",
        ),
        (None, {"maintenance": [{"hours": "night", "matchers": [{"name": "a"}]}]}, "the matcher of a has no value"),
        (None, {"maintenance": [{**DATED, "name": ""}]}, "'' is no name"),
        (None, {"maintenance": [{**DATED, "hours": "night"}]}, "it has hours and ends"),
        (None, {"maintenance": [{**DATED, "ends": "noon"}]}, "starts and ends are such as"),
        (None, {"maintenance": [{**DATED, "starts": "2026-12-03T00:00:00Z"}]}, "it ends before it starts"),
        (None, {"rollback": {"matchers": [{"name": "a", "value": "b"}]}}, "rollback: to: None is no name"),
        (None, {"watchdog": "dog"}, "watchdog: there is no receiver 'dog'"),
        (None, {"rollback": {"to": "chat"}}, "rollback: matchers are needed"),
        (None, {"rollback": {"to": "chat", "matchers": [{"value": "x"}]}}, "a matcher has a name"),
        (None, {"wait": "soon"}, "wait: 'soon' is not such as 5s"),
        (None, {"colour": "red"}, "settings: there is no colour"),
    ],
)
def test_what_cannot_be_meant_is_refused(teams: t.Any, settings: dict[str, t.Any], message: str) -> None:
    assert message in refused(teams, **settings)


def test_the_file_has_all_that_was_given() -> None:
    made = configuration(routing_of({}, **GIVEN, inhibit=[{"source_matchers": ["a=b"]}]))
    assert [each["name"] for each in made["receivers"]] == ["nobody", "chat", "on-call"]
    assert [each["name"] for each in made["time_intervals"]] == ["office", "night"]
    assert made["inhibit_rules"][-1] == {"source_matchers": ["a=b"]}
    assert made["route"]["receiver"] == "nobody"


def test_windows_with_a_date_are_no_routes_and_those_with_hours_are() -> None:
    weekly = {"hours": "night", "matchers": [{"name": "host", "value": "db"}]}
    assert [each.hours for each in routing_of({}, **GIVEN, maintenance=[DATED, weekly]).windows] == ["night"]


def test_what_of_our_own_is_known_again_at_two_severities_is_all_of_it() -> None:
    root = pathlib.Path(__file__).resolve().parents[5]
    pages = [(root / "docs" / name).read_text(encoding="utf-8") for name in ("alerts.md", "monitoring.md")]
    named = {name for page in pages for name in re.findall(r"^## (\w+)$", page, re.MULTILINE)}
    assert set(OURS) == named - {"Watchdog"}


def holds(interval: dict[str, t.Any], at: datetime.datetime) -> bool:
    """Whether Alertmanager would find *at* in the interval, by what it documents."""
    names = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    clock = at.strftime("%H:%M")
    for part in interval["time_intervals"]:
        assert part["location"] == "UTC"
        if names[at.weekday()] in part["weekdays"]:
            for times in part["times"]:
                assert times["start_time"] < times["end_time"] <= "24:00"
                if times["start_time"] <= clock < times["end_time"]:
                    return True
    return False


MINUTES = st.integers(0, 24 * 60 - 1)


@given(
    st.sampled_from(DAYS),
    st.sampled_from(DAYS),
    MINUTES,
    st.integers(1, 24 * 60),
    st.integers(0, 366 * 24 * 60),
)
def test_alertmanager_has_the_hours_that_were_written(first: str, last: str, begin: int, end: int, minute: int) -> None:
    at = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(minutes=minute)
    if begin == end:
        end = begin + 1
    text = "{0}-{1} {2:02d}:{3:02d}-{4:02d}:{5:02d}".format(first, last, *divmod(begin, 60), *divmod(end, 60))
    hours = working_hours(text)
    assert hours is not None
    assert holds(time_interval("some", text), at) == hours.hold(at)


def test_hours_have_their_time_zone() -> None:
    (part,) = time_interval("office", "Mon-Fri 08:00-18:00 Europe/Berlin")["time_intervals"]
    assert part == {
        "weekdays": ["monday", "tuesday", "wednesday", "thursday", "friday"],
        "times": [{"start_time": "08:00", "end_time": "18:00"}],
        "location": "Europe/Berlin",
    }
