# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets what, and when, is what flagd's own evaluator makes of the rules, and is read back out of them."""

from __future__ import annotations

import sys
import types
import typing as t
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openfeature.contrib.tools.flagd.core.targeting import targeting as evaluate
from openfeature.evaluation_context import EvaluationContext

from ansible_collections.progressive.delivery.plugins.module_utils._toggles.audience import Audience
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.plan import Plan, Rule, plan_of, written

CLOCK = sys.modules["openfeature.contrib.tools.flagd.core.targeting.targeting"]
STAFF = {"ends_with": [{"var": "email"}, "@example.com"]}
# Some of them look like what the collection writes itself.
RULES = st.sampled_from(
    [
        Rule(STAFF, "on"),
        Rule({"missing": ["targetingKey"]}, "off"),
        Rule({"in": [{"var": "targetingKey"}, ["a"]]}, "off"),
        Rule({"in": [{"var": "targetingKey"}, ["a"]]}, "on"),
        Rule({"<": [{"var": "$flagd.timestamp"}, 5]}, "off"),
        Rule({">=": [{"var": "$flagd.timestamp"}, 5]}, "off"),
        Rule({"!!": [{"var": "beta"}]}, {"fractional": [["on", 1], ["off", 1]]}),
    ]
)
KEYS = st.text(min_size=1)
AUDIENCES = st.builds(
    Audience,
    variant=st.just("on"),
    share=st.integers(0, 10000),
    bucket_by=st.sampled_from(["targetingKey", "email"]),
    allow=st.lists(KEYS, max_size=2).map(tuple),
    deny=st.lists(KEYS, max_size=2).map(tuple),
)
MOMENTS = st.none() | st.integers(1, 10)
PLANS = st.builds(
    Plan, audience=st.none() | AUDIENCES, rules=st.lists(RULES, max_size=3).map(tuple), since=MOMENTS, until=MOMENTS
)


def variant_of(plan: Plan, key: str | None = None, at: int = 5, **attributes: t.Any) -> t.Any:
    """What the evaluator gives someone at a moment."""
    with mock.patch.object(CLOCK, "time", types.SimpleNamespace(time=lambda: at)):
        return evaluate("new", written(plan, "off"), EvaluationContext(key, attributes))


@given(PLANS)
def test_a_plan_is_read_back_out_of_its_rules(plan):
    assert plan_of({"defaultVariant": "off", "targeting": written(plan, "off")}) == plan


def test_no_rules_are_nobody():
    assert plan_of({"defaultVariant": "off"}) == plan_of({"targeting": {}}) == Plan()


@pytest.mark.parametrize(
    "targeting",
    [
        "on",
        {"if": []},
        {"if": [True, "on"]},
        {"if": [True, "on", "off"]},
        {"if": [{"!!": [True]}, "on", "on"]},
        {"if": [{"!!": [True, True]}, "on", "off"]},
        {"if": [{"<": [{"var": "$flagd.timestamp"}, 5.5]}, "off", "off"]},
        {"if": [{"<": [{"var": "$flagd.timestamp"}, 5]}, "on", "off"]},
        {"fractional": [["on", 1], ["off", 1]]},
    ],
)
def test_rules_of_somebody_else_are_no_plan(targeting):
    assert plan_of({"defaultVariant": "off", "targeting": targeting}) is None


@given(AUDIENCES, st.lists(RULES, max_size=2).map(tuple), MOMENTS, MOMENTS, st.integers(0, 11), KEYS)
def test_outside_its_time_everyone_gets_the_default_and_inside_what_they_would_without_it(
    audience, rules, since, until, at, key
):
    inside = (since is None or at >= since) and (until is None or at < until)
    plan = Plan(audience, rules, since, until)

    assert variant_of(plan, key, at) == (variant_of(Plan(audience, rules), key, at) if inside else "off")


@given(st.integers(0, 10000), st.integers(0, 10000), st.lists(RULES, max_size=2).map(tuple), KEYS)
def test_a_greater_share_takes_nobody_out_whatever_rules_there_are(one, other, rules, key):
    smaller, greater = sorted((one, other))

    if variant_of(Plan(Audience("on", smaller), rules), key) == "on":
        assert variant_of(Plan(Audience("on", greater), rules), key) == "on"


def test_the_first_rule_that_fits_decides_also_for_those_without_a_key():
    plan = Plan(Audience("on", 10000), (Rule({"var": "beta"}, "blue"), Rule(STAFF, "red")))

    assert variant_of(plan, beta=True, email="ada@example.com") == "blue"
    assert variant_of(plan, email="ada@example.com") == "red"
    assert variant_of(plan, "ada") == "on"
    assert variant_of(plan) == "off"


def test_who_is_denied_or_allowed_is_so_before_any_rule():
    plan = Plan(Audience("on", 0, allow=("ada",), deny=("bob",)), (Rule({"var": "beta"}, "blue"),))

    assert [variant_of(plan, key, beta=True) for key in ("ada", "bob", "eve")] == ["on", "off", "blue"]


def test_rules_need_no_share():
    assert [variant_of(Plan(rules=(Rule(STAFF, "on"),)), "ada", email=email) for email in ("a@example.com", "b")] == [
        "on",
        "off",
    ]
