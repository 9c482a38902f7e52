# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditions on measurements against what Argo Rollouts makes of the same."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.conditions import (
    Counts,
    Limits,
    assess,
    conditions,
    evaluate,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Verdict
from ansible_collections.progressive.delivery.tests import oracles

ORACLE = oracles.load("argo-analysis.json")
EXPRESSIONS = {"true": "`true`", "false": "`false`", "<undefined name>": "undefined", "": None, None: None}
"""Argo's expressions in JMESPath."""


@pytest.mark.parametrize("case", ORACLE["evaluate_result"], ids=str)
def test_one_measurement(case: dict[str, t.Any]) -> None:
    wanted = conditions(EXPRESSIONS[case["success"]], EXPRESSIONS[case["failure"]])
    assert evaluate(1.0, wanted)[0].value == case["expect"].lower()


@pytest.mark.parametrize("terminating", [False, True], ids=["running", "terminating"])
@pytest.mark.parametrize("case", ORACLE["assess_metric"], ids=str)
def test_all_measurements_of_a_metric(case: dict[str, t.Any], terminating: bool) -> None:
    counts = Counts(
        failed=case.get("failed", 0),
        inconclusive=case.get("inconclusive", 0),
        error=case.get("error", case.get("consecutiveError", 0)),
        consecutive_error=case.get("consecutiveError", 0),
        consecutive_success=case.get("consecutiveSuccess", 0),
    )
    counts = Counts(**{**vars(counts), "successful": max(0, case["count"] - counts.measured)})
    defaults = ORACLE["defaults"]
    limits = Limits(
        count=case.get("maxCount"),
        failure=case.get("failureLimit", defaults["failureLimit"]),
        inconclusive=case.get("inconclusiveLimit", defaults["inconclusiveLimit"]),
        consecutive_error=case.get("consecutiveErrorLimit", defaults["consecutiveErrorLimit"]),
        consecutive_success=case.get("consecutiveSuccessLimit", 0),
    )
    verdict = assess(counts, limits, terminating)
    expected = case["terminating" if terminating else "running"]
    assert verdict == (None if expected == "Running" else Verdict(expected.lower()))


def test_the_defaults() -> None:
    defaults, limits = ORACLE["defaults"], Limits()
    assert limits.failure == defaults["failureLimit"]
    assert limits.inconclusive == defaults["inconclusiveLimit"]
    assert limits.consecutive_error == defaults["consecutiveErrorLimit"]
