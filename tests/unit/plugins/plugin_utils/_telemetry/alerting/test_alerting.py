# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is told of what: every trouble once and its end, as much as it matters, with what is to be run."""

from __future__ import annotations

import datetime
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._alerts.model import SEVERITIES
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.alerting import rules
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.alerting.alerting import (
    Alerting,
    Settings,
)
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.alerting.rules import RULES, Circumstances
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.alerting.told import to_tell
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.alerting.working_hours import (
    working_hours,
)
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.metrics import moment
from ansible_collections.progressive.delivery.tests.unit.plugins.plugin_utils._telemetry.telling import (
    moved,
    said,
    told,
)


def alerts(*sayings, settings=None, **more):
    events = told(*sayings, alerting=Alerting(settings or Settings()), **more)
    return [event for event in events if event["type"].startswith("progressive.delivery.alert.")]


def raised(*sayings, **more):
    return {
        event["data"]["alert"]: event["data"] for event in alerts(*sayings, **more) if event["type"].endswith("raised")
    }


TROUBLES = {
    "RolloutFrozen": moved("frozen"),
    "RolloutAborting": moved("aborting"),
    "RolloutRolledBack": moved("rolled_back"),
    "RolloutPaused": moved("paused"),
    "VerdictInconclusive": said("analysis.judged", verdict="inconclusive", reason="too few"),
    "HealthDegraded": said("health.checked", status="degraded", ready=2, expected=2),
    "HealthUnhealthy": said("health.checked", status="unhealthy", ready=1, expected=2),
    "BackupUnproven": said("backup.taken", snapshot="abc"),
    "LockBroken": moved("running", broke_lock="root at build1"),
}
ENDS = {
    "VerdictInconclusive": said("analysis.judged", verdict="passed"),
    "HealthDegraded": said("health.checked", status="healthy", ready=2, expected=2),
    "HealthUnhealthy": said("health.checked", status="healthy", ready=2, expected=2),
    "BackupUnproven": said("backup.taken", snapshot="abc", proven="restored"),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_a_trouble_is_told_with_what_to_run_and_where_to_read(name):
    data = raised(
        moved("running"), TROUBLES[name], settings=Settings(runbooks="https://wiki/alerts", inventory="production")
    )

    assert set(data) == {name}
    assert data[name]["summary"].startswith("shop: ")
    assert data[name]["runbook"] == "https://wiki/alerts#" + name.lower()
    for command in data[name]["commands"]:
        assert re.fullmatch(
            r"ansible-playbook -i production progressive\.delivery\.(promote|rollback|resume|status) -e rollout_app=shop",
            command,
        )


def test_a_run_that_fails_for_no_reason_that_was_told_is_told():
    assert set(raised(moved("running"), failed=True)) == {"RunFailed"}
    assert set(raised(moved("rolled_back"), failed=True)) == {"RolloutRolledBack"}
    assert not raised(said("toggle.changed"), failed=True)


@pytest.mark.parametrize("name", sorted(TROUBLES.keys() - {"LockBroken"}))
def test_the_end_of_a_trouble_is_told_by_the_run_that_sees_it_first(name):
    end = ENDS.get(name, moved("succeeded"))
    resolved = [
        event["data"]["alert"] for event in alerts(moved("running"), end, end) if event["type"].endswith("resolved")
    ]

    assert resolved.count(name) == 1


def test_all_of_them_have_a_rule_a_test_and_a_section():
    assert {rule.name for rule in RULES} == {*TROUBLES, "RunFailed"}


def test_much_traffic_makes_it_matter_more_and_a_staging_environment_less():
    def severity(percent, environment):
        split = said("traffic.shifted", split={"blue": 100 - percent, "green": percent})
        labels = {"environment": environment} if environment else {}
        return raised(moved("running"), split, moved("paused"), labels=labels)["RolloutPaused"]["severity"]

    assert [severity(5, "production"), severity(25, "production"), severity(5, "staging"), severity(50, "")] == [
        "warning",
        "critical",
        "info",
        "critical",
    ]


def test_what_happens_again_and_again_matters_more():
    each = said("health.checked", status="degraded", ready=2, expected=2)
    found = [
        event["data"]["severity"]
        for event in alerts(moved("running"), each, each, each)
        if event["type"].endswith("raised")
    ]

    assert found == ["warning", "warning", "critical"]


def test_a_status_that_is_told_of_at_each_step_is_raised_once_and_again_when_it_matters_more():
    split = said("traffic.shifted", split={"blue": 60, "green": 40})
    steps = moved("aborting", "shift"), moved("aborting", "drain"), split, moved("aborting", "end"), moved("aborting")
    found = [
        event["data"]["severity"] for event in alerts(moved("running"), *steps) if event["type"].endswith("raised")
    ]

    assert found == ["warning", "critical"]


def test_at_night_what_can_wait_does():
    at = time.mktime((2026, 11, 27, 3, 0, 0, 0, 0, -1))
    settings = Settings(working_hours("Mon-Fri 08:00-18:00"))
    day = at + 6 * 3600

    assert raised(moved("paused"), settings=settings, at=at)["RolloutPaused"]["severity"] == "info"
    assert raised(moved("paused"), settings=settings, at=day)["RolloutPaused"]["severity"] == "warning"
    assert raised(moved("frozen"), settings=settings, at=at)["RolloutFrozen"]["severity"] == "critical"


@given(
    st.sampled_from(RULES),
    st.sampled_from(["", "production", "staging"]),
    st.none() | st.floats(0, 1),
    st.booleans(),
    st.integers(0, 5),
)
def test_more_of_what_matters_never_makes_it_matter_less(rule, environment, share, awake, repeated):
    def step(**more):
        found = {"environment": environment, "share": share, "in_working_hours": awake, "repeated": repeated, **more}
        return SEVERITIES.index(rules.severity(rule, Circumstances(**found)))

    assert step() <= step(repeated=repeated + 1)
    assert step() <= step(share=1.0)
    assert step() <= step(in_working_hours=True)
    assert step(environment="staging") <= step(environment="production")


class Known:
    """An Alertmanager that is told, and shows what lasts."""

    def __init__(self):
        self.lasting = {}

    def get(self, events):
        for alert in to_tell(events, self.lasting.values()):
            self.lasting[tuple(sorted(alert.labels.items()))] = alert
        now = moment(events[-1])
        self.lasting = {key: alert for key, alert in self.lasting.items() if alert.ends > now}
        return sorted((alert.labels["alertname"], alert.labels["severity"]) for alert in self.lasting.values())


def test_another_run_ends_what_the_first_raised_whatever_it_mattered_then():
    alertmanager = Known()
    split = said("traffic.shifted", split={"blue": 50, "green": 50})
    assert alertmanager.get(alerts(moved("running"), split, moved("paused"), run="r1")) == [
        ("RolloutPaused", "critical")
    ]
    assert alertmanager.get(alerts(moved("paused"), run="r2")) == [("RolloutPaused", "warning")]
    assert alertmanager.get(alerts(moved("running"), moved("succeeded"), run="r3")) == []


def test_labels_of_a_run_do_not_make_another_alert():
    alertmanager = Known()
    alertmanager.get(alerts(moved("paused"), labels={"environment": "production", "job": "1"}))
    assert alertmanager.get(alerts(moved("paused"), labels={"environment": "production", "job": "2"})) == [
        ("RolloutPaused", "warning")
    ]
    assert len(alertmanager.lasting) == 1


@given(
    st.integers(0, 6),
    st.integers(0, 6),
    st.integers(0, 23),
    st.integers(0, 23),
    st.integers(0, 400 * 24 * 60),
)
def test_working_hours_hold_on_their_days_and_over_midnight(first, last, begin, end, minute):
    at = datetime.datetime.fromisoformat("2026-01-01T00:00:00") + datetime.timedelta(minutes=minute)
    if begin == end:
        return
    names = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    hours = working_hours(f"{names[first]}-{names[last]} {begin:02}:00-{end:02}:00")
    days = {(first + step) % 7 for step in range((last - first) % 7 + 1)}
    length = (end - begin) % 24
    # By counting on from the beginnings of that day and the one before.
    starts = [
        datetime.datetime.combine(at.date() - datetime.timedelta(days=back), datetime.time(begin)) for back in (0, 1)
    ]
    expected = any(
        start.weekday() in days and start <= at < start + datetime.timedelta(hours=length) for start in starts
    )
    assert hours.hold(at) == expected


@pytest.mark.parametrize(
    "odd", ["9-17", "Mon-Fri", "Mon-Fri 08:00-25:00", "Mon-Fry 08:00-18:00", "08:00-08:00", "08:61-09:00"]
)
def test_hours_that_are_none_are_refused(odd):
    with pytest.raises(Exception, match="working_hours: "):
        working_hours(odd)
