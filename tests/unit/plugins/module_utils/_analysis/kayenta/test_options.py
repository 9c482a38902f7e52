# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be asked of a judgement, and what cannot be meant."""

from __future__ import annotations

import dataclasses
import math
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.metric import (
    Direction,
    Limits,
    Measure,
    Metric,
    NanStrategy,
    OutlierStrategy,
    read_metric,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.rules import Rules
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

MENDED = Rules()
KAYENTA = Rules.compatible()


def test_a_metric_that_says_nothing_has_kayentas_defaults() -> None:
    for configuration in ({}, {"canary": None}, {"canary": {}}, {"canary": {"outliers": {}, "effectSize": {}}}):
        metric = read_metric("errors", ["g"], configuration, MENDED)
        assert metric == dataclasses.replace(
            Metric("errors", ("g",)), allowed=Limits(1.0, 1.0), critical_at=Limits(1.0, 1.0)
        )
        assert (metric.direction, metric.nan, metric.outliers) == (
            Direction.EITHER,
            NanStrategy.REMOVE,
            OutlierStrategy.KEEP,
        )
        assert (metric.outlier_factor, metric.measure, metric.allowed_absolute) == (3.0, Measure.MEAN_RATIO, None)


def test_everything_that_a_configuration_can_say_is_read() -> None:
    configuration = {
        "canary": {
            "direction": "increase",
            "nanStrategy": "replace",
            "outliers": {"strategy": "remove", "outlierFactor": 2},
            "critical": True,
            "mustHaveData": True,
            "muted": True,
            "effectSize": {
                "measure": "cles",
                "allowedIncrease": 0.6,
                "allowedDecrease": 0.4,
                "criticalIncrease": 0.7,
                "criticalDecrease": 0.3,
                "allowedAbsolute": 0.01,
            },
        }
    }

    assert read_metric("errors", ["a", "b"], configuration, MENDED) == Metric(
        name="errors",
        groups=("a", "b"),
        direction=Direction.INCREASE,
        nan=NanStrategy.REPLACE,
        outliers=OutlierStrategy.REMOVE,
        outlier_factor=2.0,
        critical=True,
        must_have_data=True,
        muted=True,
        measure=Measure.CLES,
        allowed=Limits(0.4, 0.6),
        critical_at=Limits(0.3, 0.7),
        allowed_absolute=0.01,
    )


def test_the_common_language_effect_size_is_neutral_at_a_half() -> None:
    metric = read_metric("m", ["g"], {"canary": {"effectSize": {"measure": "cles", "criticalIncrease": 0.9}}}, MENDED)

    assert (metric.allowed, metric.critical_at) == (Limits(0.5, 0.5), Limits(0.5, 0.9))
    assert Metric("m", measure=Measure.CLES).allowed_limits == Limits(0.5, 0.5)
    assert Metric("m", measure=Measure.CLES).critical_limits == Limits(0.5, 0.5)


@pytest.mark.parametrize(
    ("canary", "named"),
    [
        ({"direction": "up"}, "direction is 'up', not increase or decrease or either"),
        ({"direction": "Increase"}, "direction"),
        ({"nanStrategy": "drop"}, "nanStrategy"),
        ({"outliers": {"strategy": "none"}}, "strategy"),
        ({"effectSize": {"measure": "cohenD"}}, "measure"),
        ({"colour": "green"}, "canary has \\['colour'\\]"),
        ({"outliers": {"factor": 3}}, "outliers has \\['factor'\\]"),
        ({"effectSize": {"increase": 3}}, "effectSize has \\['increase'\\]"),
    ],
)
def test_a_word_that_means_nothing_is_refused_and_kayenta_takes_the_default(canary, named: str) -> None:
    with pytest.raises(InvalidOption, match=f"errors: {named}"):
        read_metric("errors", ["g"], {"canary": canary}, MENDED)
    assert read_metric("errors", ["g"], {"canary": canary}, KAYENTA) == read_metric("errors", ["g"], {}, KAYENTA)


@pytest.mark.parametrize(
    ("canary", "named"),
    [
        ({"critical": "yes"}, "critical"),
        ({"muted": 1}, "muted"),
        ({"outliers": {"outlierFactor": "3"}}, "outlierFactor"),
        ({"outliers": {"outlierFactor": 0}}, "outlierFactor"),
        ({"outliers": {"outlierFactor": math.nan}}, "outlierFactor"),
        ({"effectSize": {"allowedIncrease": True}}, "allowedIncrease"),
        ({"effectSize": {"allowedIncrease": math.inf}}, "effect size"),
        ({"effectSize": {"criticalDecrease": math.nan}}, "effect size"),
        ({"effectSize": {"allowedAbsolute": -1}}, "allowedAbsolute"),
        ({"effectSize": {"allowedAbsolute": math.nan}}, "allowedAbsolute"),
        ({"effectSize": []}, "effectSize is not a dictionary"),
    ],
)
@pytest.mark.parametrize("rules", [MENDED, KAYENTA], ids=["mended", "kayenta"])
def test_a_value_that_cannot_be_meant_is_refused(canary: t.Any, named: str, rules: Rules) -> None:
    with pytest.raises(InvalidOption, match=f"errors: {named}|errors: an {named}"):
        read_metric("errors", ["g"], {"canary": canary}, rules)


def test_a_metric_in_no_group_would_not_count() -> None:
    with pytest.raises(InvalidOption, match="no group"):
        read_metric("errors", [], {}, MENDED)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tolerance": -0.1},
        {"tolerance": 1.0},
        {"tolerance": math.nan},
        {"confidence": 0.0},
        {"confidence": 1.0},
        {"confidence": 98},
        {"minimum_sample": -1},
        {"root_tolerance": 0.0},
        {"root_tolerance": math.inf},
    ],
    ids=str,
)
def test_rules_that_mean_nothing_are_refused(wrong: dict[str, t.Any]) -> None:
    for make in (Rules, Rules.compatible):
        with pytest.raises(InvalidOption, match=next(iter(wrong))):
            make(**wrong)


@pytest.mark.parametrize(("confidence", "needed"), [(0.9, 3), (0.95, 4), (0.98, 5), (0.99, 6), (0.999, 8)])
def test_the_sample_that_is_needed_follows_from_the_confidence(confidence: float, needed: int) -> None:
    assert Rules(confidence=confidence).needed_sample == needed
    assert Rules(confidence=confidence, configured=False).needed_sample == 5
    assert Rules(confidence=confidence, minimum_sample=30).needed_sample == 30
    assert Rules.compatible(confidence=confidence).needed_sample == 0


def test_what_is_configured_is_judged_by_unless_kayenta_is_asked_for() -> None:
    assert (Rules().used_tolerance, Rules().used_confidence) == (0.25, 0.98)
    mine = {"tolerance": 0.1, "confidence": 0.95}
    for rules in (Rules(**mine), Rules.compatible(configured=True, **mine)):
        assert (rules.used_tolerance, rules.used_confidence) == (0.1, 0.95)
    assert (Rules.compatible(**mine).used_tolerance, Rules.compatible(**mine).used_confidence) == (0.25, 0.98)
