# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What rules are made of, and what is refused. That Prometheus does with them as it should is in tests/e2e/monitoring/test_rules.py."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.plugin_utils._monitoring.rules import rules_of

GOOD = {"total": "a", "bad": "b"}


@pytest.mark.parametrize(
    ("apps", "message"),
    [
        ("shop", "apps: a list of dictionaries is needed"),
        ([{}], "apps: None is no name of an app"),
        ([{"name": "shop"}, {"name": "shop"}], "apps: shop is there twice"),
        ([{"name": "shop", "slo": 1}], "apps: shop: there is no slo; there are availability, labels"),
        ([{"name": "shop", "availability": {"objective": 99.9}}], "objective: 99.9 is not between 0 and 1"),
        ([{"name": "shop", "availability": {"objective": "much"}}], "objective: 'much' is not between 0 and 1"),
        ([{"name": "shop", "availability": {"total": "a"}}], "availability: total and bad belong together"),
        ([{"name": "shop", "latency": {"total": "a"}}], "latency: total and good are needed"),
        ([{"name": "shop", "latency": "fast"}], "latency: it must have good, objective, total"),
        ([{"name": "shop", "pools": {"total": "a", "label": "pool"}}], "pools: bad is needed"),
        ([{"name": "shop", "pools": {**GOOD, "label": "a-b"}}], "pools: label: 'a-b' is no name of a label"),
        ([{"name": "shop", "labels": {"severity": "x"}}], "labels: 'severity' cannot be one"),
    ],
)
def test_an_app_that_cannot_be_meant_is_refused(apps: t.Any, message: str) -> None:
    with pytest.raises(InvalidOption, match=message):
        rules_of(apps)


def test_a_setting_that_there_is_not_is_refused() -> None:
    with pytest.raises(InvalidOption, match="there is no setting every"):
        rules_of([], every="1s")


def test_settings_are_those_of_all_rules() -> None:
    made = rules_of([{"name": "shop"}], interval="5s", runbooks="https://wiki/m", labels={"environment": "x"})
    assert {group["interval"] for group in made["groups"]} == {"5s"}
    alerts = [rule for group in made["groups"] for rule in group["rules"] if "alert" in rule]
    assert {rule["labels"]["environment"] for rule in alerts} == {"x"}
    assert all(rule["annotations"]["runbook"] == "https://wiki/m#" + rule["alert"].lower() for rule in alerts)


@given(st.floats(0.5, 0.99999), st.booleans(), st.booleans())
def test_a_rule_reads_only_what_is_recorded_for_its_app(objective: float, counts: bool, is_slow: bool) -> None:
    app = {"name": "shop", "availability": {"objective": objective, **(GOOD if counts else {})}}
    if is_slow:
        app["latency"] = {"total": "a", "good": "c"}
    (group,) = [each for each in rules_of([app])["groups"] if each["name"].endswith("_shop")]
    recorded = {rule["record"] for rule in group["rules"] if "record" in rule}
    for rule in group["rules"]:
        for word in rule["expr"].replace("{", " ").replace("(", " ").split():
            if word.startswith(("slo:", "app:")):
                assert word in recorded
    assert {rule["labels"]["slo"] for rule in group["rules"] if "slo" in rule["labels"]} == {
        "availability",
        *(["latency"] if is_slow else []),
    }


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"alert": "AppDown"}, "each step has alert, after and severity"),
        (
            {"alert": "AppGone", "after": "1m", "severity": "critical"},
            "there is no alert AppGone; there are AlertmanagerMissing",
        ),
        ({"alert": "AppDown", "after": "soon", "severity": "critical"}, "AppDown: after: 'soon' is not such as 30m"),
        (
            {"alert": "AppDown", "after": "1m", "severity": "info"},
            "AppDown: severity: 'info' is none of warning, critical",
        ),
    ],
)
def test_a_step_that_cannot_be_meant_is_refused(step: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidOption, match=message):
        rules_of([{"name": "shop"}], escalation=[step])
