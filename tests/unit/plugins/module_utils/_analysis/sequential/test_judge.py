# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts from evidence, and claims that cannot be."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.evidence import (
    Claim,
    Evidence,
    Interval,
    anytime_p,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.judge import judge
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Verdict
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

CLAIM = Claim(1.5)
ENOUGH = CLAIM.threshold

EVIDENCE = st.builds(
    Evidence,
    estimate=st.none() | st.floats(0, 10),
    interval=st.just(Interval(0.5, 2.5)),
    worse=st.floats(0, 10),
    within=st.floats(0, 10),
    baseline=st.integers(0, 500),
    canary=st.integers(0, 500),
)


def seen(estimate: float | None = 1.2, worse: float = 0.0, within: float = 0.0, canary: int = 200) -> Evidence:
    return Evidence(estimate, Interval(0.5, 2.5), worse, within, 1000, canary)


@pytest.mark.parametrize(
    ("evidence", "over", "verdict", "reason"),
    [
        (
            seen(worse=ENOUGH),
            False,
            Verdict.FAILED,
            "worse than 1.5 × the baseline (p ≤ 0.05): 1.20 × (0.50 × to 2.50 ×",
        ),
        (seen(within=ENOUGH), False, Verdict.SUCCESSFUL, "within 1.5 × the baseline (p ≤ 0.05): 1.20 ×"),
        (seen(within=ENOUGH, worse=ENOUGH), False, Verdict.FAILED, "worse than 1.5 ×"),
        (seen(within=ENOUGH, estimate=1.6), False, None, "not decided yet: 1.60 ×"),
        (seen(within=ENOUGH, estimate=1.6), True, Verdict.INCONCLUSIVE, "in doubt, perhaps worse than 1.5 ×"),
        (seen(worse=ENOUGH - 0.1), False, None, "not decided yet: 1.20 ×"),
        (seen(estimate=1.5), True, Verdict.SUCCESSFUL, "nothing speaks against it"),
        (seen(estimate=1.6), True, Verdict.INCONCLUSIVE, "in doubt, perhaps worse than 1.5 ×"),
        (seen(estimate=math.inf), True, Verdict.INCONCLUSIVE, "any times"),
        (seen(estimate=None), True, Verdict.SUCCESSFUL, "none on either side in 1000 and 200 samples"),
        (seen(canary=99, worse=9), False, None, "too little to judge: 1000 and 99 samples, 100 needed"),
        (seen(canary=0, estimate=None), True, Verdict.INCONCLUSIVE, "too little to judge"),
    ],
)
def test_verdicts(evidence: Evidence, over: bool, verdict: Verdict | None, reason: str) -> None:
    judgement = judge(evidence, CLAIM, 100, over)
    assert judgement.verdict is verdict
    assert judgement.reason.startswith(reason) or reason in judgement.reason


def test_what_the_hosts_differ_by_is_told_beside_what_was_seen() -> None:
    claim = Claim(1.5, offset=Interval(0.8, 1.25))
    reason = judge(seen(), claim, 100, over=True).reason
    assert reason.endswith("1000 and 200 samples, the hosts' own part is 0.80 × to 1.25 ×")


@given(EVIDENCE, st.integers(1, 600))
def test_there_is_no_verdict_from_too_little_and_always_one_when_time_is_up(evidence: Evidence, minimum: int) -> None:
    enough = min(evidence.baseline, evidence.canary) >= minimum
    final = judge(evidence, CLAIM, minimum, over=True).verdict
    assert final is not None
    assert enough or final is Verdict.INCONCLUSIVE
    assert enough or judge(evidence, CLAIM, minimum, over=False).verdict is None


@given(EVIDENCE)
def test_a_canary_fails_only_by_evidence(evidence: Evidence) -> None:
    judgement = judge(evidence, CLAIM, 1, over=True)
    assert (judgement.verdict is Verdict.FAILED) == (
        evidence.worse >= ENOUGH and min(evidence.baseline, evidence.canary) >= 1
    )


@given(st.floats(-5, 800))
def test_the_anytime_p_value_is_the_inverse_of_the_evidence(log_e_value: float) -> None:
    assert anytime_p(log_e_value) == pytest.approx(min(1.0, math.exp(-log_e_value)))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"margin": 1.0}, "margin: 1 is not a ratio above 1"),
        ({"margin": math.nan}, "margin: nan"),
        ({"margin": math.inf}, "margin: inf"),
        ({"margin": 1.5, "alpha": 0.0}, "alpha: 0 is not between 0 and 1"),
        ({"margin": 1.5, "alpha": 1.0}, "alpha: 1 is not between"),
        ({"margin": 1.5, "alpha": math.nan}, "alpha: nan"),
        ({"margin": 1.5, "offset": Interval(0.0, 1.0)}, "offset: 0 to 1 is no range"),
        ({"margin": 1.5, "offset": Interval(2.0, 1.0)}, "offset: 2 to 1 is no range"),
        ({"margin": 1.5, "offset": Interval(1.0, math.inf)}, "offset: 1 to inf"),
        ({"margin": 1001.0}, "margin: 1001, with an offset of 1 to 1, is beyond what"),
        ({"margin": 1.5, "offset": Interval(1.0, 700.0)}, "margin: 1.5, with an offset of 1 to 700, is beyond"),
        ({"margin": 1.5, "offset": Interval(1e-6, 1.0)}, "margin: 1.5, with an offset of 1e-06 to 1, is beyond"),
    ],
)
def test_a_claim_that_cannot_be_is_refused(options: dict, says: str) -> None:
    with pytest.raises(InvalidOption, match=says):
        Claim(**options)
