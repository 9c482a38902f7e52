# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From many reports to one outcome."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Action, Kind, Result
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.observations import Point
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.reports import (
    Report,
    judge,
    of_rollout,
    parse_report,
)

DEPLOY = Action(3, Kind.DEPLOY, "green")
VALIDATE = Action(3, Kind.VALIDATE, "green")
GOOD = Report(3, Result.SUCCEEDED)


def test_all_good_is_good() -> None:
    assert judge(DEPLOY, ["a", "b"], {"a": GOOD, "b": GOOD}).result is Result.SUCCEEDED


@pytest.mark.parametrize("lost", [None, Report(2, Result.SUCCEEDED)])
def test_a_host_that_was_lost_fails_a_change_and_is_an_error_of_a_look(lost: Report | None) -> None:
    deployed = judge(DEPLOY, ["a", "b"], {"a": GOOD, "b": lost})
    assert deployed.result is Result.FAILED
    assert deployed.reason == "b: no report: unreachable or lost"
    assert judge(VALIDATE, ["b"], {"b": lost}).result is Result.ERROR


def test_a_hook_that_fails_on_a_host_that_takes_no_part_fails_the_action() -> None:
    outcome = judge(DEPLOY, ["a"], {"a": GOOD, "lb": Report(3, Result.FAILED, "hook")})
    assert outcome.result is Result.FAILED
    assert outcome.reason == "lb: hook"


def test_what_an_analysis_measured_goes_on_to_the_outcome() -> None:
    analyse = Action(3, Kind.ANALYSE, "green", analysis="errors")
    told = {
        "errors": {
            "verdict": None,
            "reason": "not decided yet",
            "measured": {"estimate": 1.2, "interval": [0.5, None], "e_value": 0.3},
        }
    }
    report = parse_report("lb1", {"seq": 3, "result": "succeeded", "metrics": told}, 1000.0)
    (metric,) = judge(analyse, ["lb1"], {"lb1": report}).metrics
    assert (metric.name, metric.reason) == ("errors", "not decided yet")
    assert metric.trace == (Point(1000.0, estimate=1.2, lower=0.5),)


def test_what_an_earlier_rollout_left_behind_is_no_report() -> None:
    """Its actions had the same numbers."""
    stale, own = Report(3, Result.SUCCEEDED, rollout="r1"), Report(3, Result.SUCCEEDED, rollout="r2")
    assert of_rollout("r2", {"a": stale, "b": own, "c": GOOD, "d": None}) == {"a": None, "b": own, "c": GOOD, "d": None}


def test_nobody_taking_part_is_never_a_success() -> None:
    assert judge(DEPLOY, [], {}).result is Result.ERROR


@given(results=st.lists(st.sampled_from(list(Result)), min_size=1))
def test_one_failure_is_enough(results: list[Result]) -> None:
    reports = {str(number): Report(3, result) for number, result in enumerate(results)}
    outcome = judge(DEPLOY, list(reports), reports)
    assert (outcome.result is Result.SUCCEEDED) == (set(results) == {Result.SUCCEEDED})
    assert (outcome.result is Result.FAILED) == (Result.FAILED in results)


@pytest.mark.parametrize(
    "data",
    [
        {"seq": 1},
        {"seq": "x", "result": "failed"},
        {"seq": 1, "result": "fine"},
        {"seq": 1, "result": "failed", "metrics": ["errors"]},
        {"seq": 1, "result": "failed", "metrics": {"errors": {"trace": [{"canary": 1}]}}},
        "text",
    ],
    ids=str,
)
def test_a_report_of_another_form_is_refused(data: object) -> None:
    with pytest.raises(InvalidOption, match="reports: that of app1"):
        parse_report("app1", data, 1000.0)
