# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole canary, from its measurements to its verdict."""

from __future__ import annotations

import dataclasses
import math

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.classify import Label
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.judge import (
    Judgement,
    Measurements,
    judge,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.metric import Direction, Metric
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.rules import Rules
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.score import (
    ScoreLabel,
    Thresholds,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Verdict
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

THRESHOLDS = Thresholds(marginal=50, passing=75)
MENDED = Rules()
KAYENTA = Rules.compatible()


def between(low: float, high: float, number: int = 60) -> list[float]:
    """Evenly spread, in no order."""
    return [low + (high - low) * (step * 37 % number) / (number - 1) for step in range(number)]


def latency(**options) -> Metric:
    return Metric("latency", direction=Direction.INCREASE, **options)


ALIKE = Measurements(latency(), between(40, 45), between(39, 46))
WORSE = Measurements(latency(), between(10, 20), between(20, 23))


def judged(*measurements: Measurements, rules: Rules = MENDED, weights: dict[str, float] | None = None) -> Judgement:
    return judge(measurements, weights or {}, THRESHOLDS, rules)


@pytest.mark.parametrize("rules", [KAYENTA, MENDED], ids=["kayenta", "mended"])
def test_a_canary_like_its_baseline_succeeds_and_a_worse_one_fails(rules: Rules) -> None:
    good, bad = judged(ALIKE, rules=rules), judged(WORSE, rules=rules)

    assert (good.verdict, good.label, good.score.value) == (Verdict.SUCCESSFUL, ScoreLabel.PASS, 100)
    assert (bad.verdict, bad.label, bad.score.value) == (Verdict.FAILED, ScoreLabel.FAIL, 0)
    assert [found.label for found in bad.classifications] == [Label.HIGH]


@pytest.mark.parametrize("rules", [KAYENTA, MENDED], ids=["kayenta", "mended"])
def test_a_muted_metric_is_judged_but_does_not_count(rules: Rules) -> None:
    muted = dataclasses.replace(WORSE, metric=latency(muted=True, critical=True))
    found = judged(ALIKE, muted, rules=rules)

    assert (found.verdict, found.score.value) == (Verdict.SUCCESSFUL, 100)
    assert [each.label for each in found.classifications] == [Label.PASS, Label.HIGH]


def test_a_critical_failure_outweighs_all_that_passes() -> None:
    critical = dataclasses.replace(WORSE, metric=latency(critical=True))
    found = judged(*[ALIKE] * 9, critical)

    assert (found.verdict, found.score.failed_critically) == (Verdict.FAILED, ("latency",))
    assert judged(*[ALIKE] * 9, WORSE).verdict is Verdict.SUCCESSFUL


def test_groups_weigh_what_they_are_given() -> None:
    errors = dataclasses.replace(WORSE, metric=latency(groups=("errors",)))
    speed = dataclasses.replace(ALIKE, metric=latency(groups=("speed",)))

    assert judged(errors, speed, weights={"errors": 20}).score.value == 80
    found = judged(errors, speed)
    assert (found.score.value, found.verdict, found.label) == (50, Verdict.INCONCLUSIVE, ScoreLabel.MARGINAL)


def test_nothing_measured_is_no_failure() -> None:
    silent = Measurements(latency(critical=True), [math.nan] * 60, [])

    assert judged(silent).verdict is Verdict.INCONCLUSIVE
    assert judged(silent, rules=KAYENTA).verdict is Verdict.FAILED


def test_what_cannot_be_computed_with_is_never_successful() -> None:
    broken = Measurements(latency(), between(1, 2), [*between(1, 2), math.inf])

    assert judged(broken, ALIKE).verdict is Verdict.ERROR
    assert judged(broken, rules=KAYENTA).verdict is Verdict.SUCCESSFUL


def test_errors_that_the_baseline_does_not_have_are_seen() -> None:
    errors = Measurements(Metric("errors"), [0.0] * 60, [0.0] * 40 + [0.01] * 20)

    assert judged(errors).verdict is Verdict.FAILED
    assert judged(errors, rules=KAYENTA).verdict is Verdict.SUCCESSFUL


def test_few_measurements_are_warned_of() -> None:
    few = Measurements(latency(), between(40, 45, 49), between(39, 46, 200))

    assert not judged(ALIKE).warnings
    assert [warning.split(":")[0] for warning in judged(ALIKE, few).warnings] == ["latency"]


def test_the_mended_rules_are_the_default() -> None:
    assert judge([WORSE], {}, THRESHOLDS) == judged(WORSE)
    with pytest.raises(InvalidOption, match="marginal"):
        judge([WORSE], {}, Thresholds(marginal=80, passing=75))
