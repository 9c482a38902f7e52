# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditions on measurements, and limits on how many may go wrong."""

from __future__ import annotations

import math
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.conditions import (
    Counts,
    Limits,
    assess,
    conditions,
    evaluate,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Verdict
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

GOOD, BAD = "result < `0.01`", "result > `0.05`"
LIMITS = st.builds(
    Limits,
    count=st.none() | st.integers(5, 9),
    failure=st.integers(0, 3),
    inconclusive=st.integers(0, 3),
    consecutive_error=st.integers(0, 3),
    consecutive_success=st.integers(0, 4),
)
VERDICTS = st.lists(st.sampled_from(list(Verdict)), max_size=30)


@pytest.mark.parametrize(
    ("result", "success", "failure", "verdict", "reason"),
    [
        (0.001, GOOD, None, Verdict.SUCCESSFUL, "0.001"),
        (0.02, GOOD, None, Verdict.FAILED, "not result < `0.01` with a result of 0.02"),
        (0.02, None, BAD, Verdict.SUCCESSFUL, "0.02"),
        (0.06, None, BAD, Verdict.FAILED, "result > `0.05` with a result of 0.06"),
        (0.001, GOOD, BAD, Verdict.SUCCESSFUL, "0.001"),
        (0.02, GOOD, BAD, Verdict.INCONCLUSIVE, "neither condition holds with a result of 0.02"),
        (0.06, GOOD, BAD, Verdict.FAILED, "result > `0.05`"),
        (0.06, None, None, Verdict.SUCCESSFUL, "0.06"),
        (None, GOOD, BAD, Verdict.INCONCLUSIVE, "no data"),
        (math.nan, GOOD, BAD, Verdict.INCONCLUSIVE, "no data"),
        ([], "length(result) > `0`", None, Verdict.INCONCLUSIVE, "no data"),
        ([0.5, math.nan], None, "max(result) > `0.1`", Verdict.INCONCLUSIVE, "no data"),
        ([[], None], "length(result) == `2`", None, Verdict.SUCCESSFUL, "[[], null]"),
        (math.inf, None, BAD, Verdict.FAILED, "with a result of inf"),
        ({"p50": 1, "p99": 9}, "result.p99 < `10`", None, Verdict.SUCCESSFUL, '{"p50": 1, "p99": 9}'),
        ({"p50": 1}, "result.p99 < `10`", None, Verdict.ERROR, "result.p99 < `10` yields null, neither true nor false"),
        (0.5, "reslut < `1`", None, Verdict.ERROR, "neither true nor false with a result of 0.5"),
        (0.5, "result", None, Verdict.ERROR, "result yields 0.5, neither true nor false"),
        (0.5, "length(result) > `0`", None, Verdict.ERROR, "with a result of 0.5"),
        (0.5, GOOD, "reslut > `1`", Verdict.ERROR, "neither true nor false"),
    ],
)
def test_one_measurement(
    result: t.Any, success: str | None, failure: str | None, verdict: Verdict, reason: str
) -> None:
    found, said = evaluate(result, conditions(success, failure))
    assert found is verdict
    assert reason in said


def counted(verdicts: t.Iterable[Verdict]) -> Counts:
    counts = Counts()
    for verdict in verdicts:
        counts = counts.after(verdict)
    return counts


@given(VERDICTS)
def test_measurements_are_counted(verdicts: list[Verdict]) -> None:
    counts = counted(verdicts)
    assert counts.measured + counts.error == len(verdicts)
    assert counts.failed == verdicts.count(Verdict.FAILED)
    in_a_row = next((place for place, one in enumerate(reversed(verdicts)) if one is not Verdict.ERROR), len(verdicts))
    assert counts.consecutive_error == in_a_row


@given(VERDICTS, LIMITS)
def test_what_has_failed_stays_failed_and_an_end_always_has_a_verdict(verdicts: list[Verdict], limits: Limits) -> None:
    for length in range(len(verdicts)):
        if assess(counted(verdicts[:length]), limits, False) is Verdict.FAILED:
            assert assess(counted(verdicts), limits, False) is Verdict.FAILED
    assert assess(counted(verdicts), limits, True) is not None


@given(st.integers(0, 4))
def test_one_more_than_the_limit_fails(limit: int) -> None:
    limits = Limits(count=None, failure=limit)
    assert assess(counted([Verdict.FAILED] * limit), limits, False) is None
    assert assess(counted([Verdict.FAILED] * (limit + 1)), limits, False) is Verdict.FAILED


def test_errors_apart_from_each_other_are_borne_and_do_not_count() -> None:
    limits = Limits(count=3, consecutive_error=1)
    one, error = Verdict.SUCCESSFUL, Verdict.ERROR
    assert assess(counted([error, one, error, one, error]), limits, False) is None
    assert assess(counted([error, one, error, one, error, one]), limits, False) is Verdict.SUCCESSFUL
    assert assess(counted([one, error, error]), limits, False) is Verdict.ERROR


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"failure": -1}, "failure_limit: -1 is below 0"),
        ({"inconclusive": -1}, "inconclusive_limit: -1 is below 0"),
        ({"consecutive_error": -1}, "consecutive_error_limit: -1 is below 0"),
        ({"count": 0}, "count: 0 is below 1"),
        ({"count": 3, "consecutive_success": 4}, "consecutive_success_limit: 4 can never be reached with a count of 3"),
    ],
)
def test_limits_that_cannot_mean_anything_are_refused(options: dict[str, int], says: str) -> None:
    with pytest.raises(InvalidOption) as refusal:
        Limits(**options)
    assert refusal.value.message == says


@pytest.mark.parametrize(("success", "failure"), [("result <", None), (None, "lenght(result) > `1`")])
def test_a_condition_that_can_never_be_applied_is_refused(success: str | None, failure: str | None) -> None:
    with pytest.raises(InvalidOption, match="(success|failure)_condition: .* is not valid JMESPath"):
        conditions(success, failure)
