# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From labels to a score, and from the score to a verdict."""

from __future__ import annotations

import dataclasses
import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.classify import Label
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.rules import Rules
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.run import (
    Outcome,
    follow,
    passes,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.score import (
    Labelled,
    Score,
    ScoreLabel,
    Thresholds,
    label_score,
    score,
    verdict,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Verdict
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

MENDED = Rules()
KAYENTA = Rules.compatible()
THRESHOLDS = Thresholds(marginal=50, passing=75)

PASS, HIGH, LOW, NODATA, REQUIRED, ERROR = (
    Label.PASS,
    Label.HIGH,
    Label.LOW,
    Label.NODATA,
    Label.NODATA_FAIL_METRIC,
    Label.ERROR,
)


def metrics(**groups: list[Label]) -> list[Labelled]:
    return [
        Labelled((group,), label, name=f"{group}-{label.value}") for group, found in groups.items() for label in found
    ]


def scored(weights: dict[str, float] | None = None, rules: Rules = MENDED, **groups: list[Label]) -> Score:
    return score(metrics(**groups), weights or {}, rules)


@pytest.mark.parametrize(
    ("weights", "groups", "value"),
    [
        ({"a": 15, "b": 85}, {"a": [HIGH, LOW, PASS], "b": [HIGH]}, 5.0),
        ({"a": 75, "b": 25}, {"a": [PASS, PASS], "b": [HIGH]}, 75.0),
        ({}, {"a": [PASS, HIGH, LOW]}, 33.33),
        ({}, {"a": [PASS, HIGH], "b": [PASS, PASS]}, 75.0),
        ({}, {"a": [PASS, PASS], "b": [NODATA]}, 100.0),
        ({"a": 60}, {"a": [PASS], "b": [HIGH], "c": [PASS]}, 80.0),
        ({}, {"a": [PASS, PASS, HIGH]}, 66.67),
        ({}, {"a": [PASS, REQUIRED]}, 50.0),
        ({}, {"a": [REQUIRED, REQUIRED]}, 0.0),
        ({"a": 50}, {"a": [PASS]}, 50.0),
        ({"a": 40, "gone": 60}, {"a": [PASS]}, 40.0),
        ({}, {"a": [NODATA, PASS]}, 0.0),
        ({}, {"a": [NODATA, PASS, PASS]}, 100.0),
    ],
)
@pytest.mark.parametrize("rules", [KAYENTA, MENDED], ids=["kayenta", "mended"])
def test_the_score_is_the_weighted_sum_of_the_groups(rules, weights, groups, value) -> None:
    assert scored(weights, rules, **groups).value == value


def test_halves_are_rounded_up() -> None:
    weights = {"a": 0.125, "b": 99.875}

    assert scored(weights, a=[PASS], b=[HIGH]).value == 0.13
    assert scored(weights, a=[HIGH], b=[PASS]).value == 99.88


def test_a_metric_counts_in_each_of_its_groups() -> None:
    both = Labelled(("a", "b"), HIGH)

    assert score([both, *metrics(a=[PASS], b=[PASS, PASS])], {}, MENDED).value == 58.33


@pytest.mark.parametrize("label", [HIGH, LOW, NODATA, ERROR])
@pytest.mark.parametrize("rules", [KAYENTA, MENDED], ids=["kayenta", "mended"])
def test_a_critical_metric_that_does_not_pass_scores_0(rules: Rules, label: Label) -> None:
    critical = Labelled(("a",), label, critical=True, name="errors")
    found = score([critical, *metrics(a=[PASS] * 20)], {}, rules)

    assert found.value == 0
    assert "errors is {0}".format(label.value) in found.reason
    assert score([dataclasses.replace(critical, muted=True), *metrics(a=[PASS])], {}, rules).value == 100
    assert score([dataclasses.replace(critical, label=PASS)], {}, rules).value == 100


def test_muted_metrics_count_nowhere() -> None:
    muted = [Labelled(("a",), label, muted=True) for label in (HIGH, NODATA, NODATA, ERROR)]
    found = score([*muted, *metrics(a=[PASS])], {}, MENDED)

    assert (found.value, found.errors, found.groups[0].counted) == (100, (), 1)


def test_errors_alone_score_100_in_kayenta_and_are_an_error_here() -> None:
    kept, mended = scored(rules=KAYENTA, a=[ERROR, ERROR]), scored(a=[ERROR, ERROR])

    assert (kept.value, verdict(kept, THRESHOLDS, KAYENTA)) == (100, Verdict.SUCCESSFUL)
    assert (mended.value, verdict(mended, THRESHOLDS, MENDED)) == (0, Verdict.ERROR)
    only = dataclasses.replace(MENDED, counts_errors=False)
    assert scored(rules=only, a=[ERROR]).value == 100
    assert verdict(scored(rules=only, a=[ERROR]), THRESHOLDS, only) is Verdict.SUCCESSFUL


@given(labels=st.lists(st.sampled_from(Label), min_size=1, max_size=8), critical=st.booleans())
def test_with_an_error_nothing_is_successful(labels: list[Label], critical: bool) -> None:
    error = Labelled(("b",), ERROR, critical=critical, name="broken")
    found = score([error, *metrics(a=labels)], {}, MENDED)

    assert verdict(found, THRESHOLDS, MENDED) is Verdict.ERROR
    assert "broken" in found.errors
    assert found.value <= 50


def test_an_error_hides_no_critical_failure() -> None:
    found = score([Labelled(("a",), HIGH, critical=True, name="latency"), *metrics(a=[ERROR])], {}, MENDED)

    assert found.failed_critically == ("latency",)
    assert verdict(found, THRESHOLDS, MENDED) is Verdict.FAILED


@pytest.mark.parametrize(
    "found",
    [
        metrics(a=[NODATA]),
        metrics(a=[NODATA, PASS]),
        metrics(a=[NODATA, HIGH]),
        [Labelled(("a",), NODATA, critical=True), *metrics(a=[PASS] * 9)],
        [],
    ],
)
def test_what_only_lacks_data_fails_in_kayenta_and_is_inconclusive_here(found: list[Labelled]) -> None:
    for rules, expected in (
        (KAYENTA, Verdict.FAILED),
        (MENDED, Verdict.INCONCLUSIVE),
        (dataclasses.replace(MENDED, nodata_pauses=False), Verdict.FAILED),
    ):
        judged = score(found, {}, rules)
        assert judged.value == 0
        assert verdict(judged, THRESHOLDS, rules) is expected


@pytest.mark.parametrize("label", [HIGH, LOW, ERROR])
def test_a_critical_metric_that_was_measured_does_not_lack_data(label: Label) -> None:
    found = [Labelled(("a",), NODATA, critical=True), Labelled(("a",), label, critical=True)]

    assert score(found[:1], {}, MENDED).lacks_data
    assert not score(found, {}, MENDED).lacks_data


def test_missing_data_hide_no_failure() -> None:
    required = scored(a=[REQUIRED, REQUIRED, NODATA])
    critical = score([Labelled(("a",), LOW, critical=True), *metrics(a=[NODATA] * 9)], {}, MENDED)

    assert verdict(required, THRESHOLDS, MENDED) is Verdict.FAILED
    assert verdict(critical, THRESHOLDS, MENDED) is Verdict.FAILED


@given(
    found=st.lists(
        st.builds(
            Labelled,
            groups=st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True).map(tuple),
            label=st.sampled_from([PASS, HIGH, LOW, REQUIRED, ERROR]),
            critical=st.booleans(),
        ),
        min_size=1,
        max_size=8,
    ),
    weights=st.dictionaries(st.sampled_from("abcd"), st.integers(0, 25)),
    place=st.integers(0, 7),
)
def test_a_metric_that_passes_instead_never_lowers_the_score(found, weights, place) -> None:
    better = list(found)
    better[place % len(found)] = dataclasses.replace(better[place % len(found)], label=PASS)
    before, after = score(found, weights, MENDED), score(better, weights, MENDED)

    assert 0 <= before.value <= after.value <= 100
    assert all(0 <= group.score <= 100 for group in before.groups)


@pytest.mark.parametrize("weights", [{"a": 60, "b": 41}, {"a": -1}, {"a": math.nan}, {"a": math.inf}])
def test_weights_that_cannot_be_meant_are_refused(weights) -> None:
    with pytest.raises(InvalidOption, match="weights"):
        scored(weights, a=[PASS])


def test_kayenta_takes_weights_above_100() -> None:
    assert scored({"a": 120}, KAYENTA, a=[PASS], b=[HIGH]).value == 120
    assert scored({"a": 120}, KAYENTA, a=[PASS], b=[PASS]).value == 100


@pytest.mark.parametrize(
    ("value", "label", "expected"),
    [
        (100, ScoreLabel.PASS, Verdict.SUCCESSFUL),
        (75, ScoreLabel.PASS, Verdict.SUCCESSFUL),
        (74.99, ScoreLabel.MARGINAL, Verdict.INCONCLUSIVE),
        (50, ScoreLabel.MARGINAL, Verdict.INCONCLUSIVE),
        (49.99, ScoreLabel.FAIL, Verdict.FAILED),
        (0, ScoreLabel.FAIL, Verdict.FAILED),
    ],
)
@pytest.mark.parametrize("rules", [KAYENTA, MENDED], ids=["kayenta", "mended"])
def test_a_threshold_belongs_to_what_it_begins(rules, value, label, expected) -> None:
    assert label_score(value, THRESHOLDS) is label
    assert verdict(Score(value, ()), THRESHOLDS, rules) is expected


@pytest.mark.parametrize(
    ("thresholds", "named"),
    [
        (Thresholds(marginal=80, passing=75), "marginal is 80, above pass"),
        (Thresholds(marginal=-1, passing=75), "marginal is -1"),
        (Thresholds(marginal=50, passing=101), "pass is 101"),
        (Thresholds(marginal=math.nan, passing=75), "marginal is nan"),
        (Thresholds(marginal=0, passing=0), "pass is 0"),
    ],
)
def test_thresholds_that_cannot_be_meant_are_refused(thresholds: Thresholds, named: str) -> None:
    for call in (
        lambda rules: verdict(Score(90.0, ()), thresholds, rules),
        lambda rules: follow([90.0], 1, thresholds, rules),
        lambda rules: passes(90.0, thresholds.marginal, thresholds.passing, rules),
    ):
        with pytest.raises(InvalidOption, match=named):
            call(MENDED)
        call(KAYENTA)


def test_kayenta_takes_marginal_above_pass() -> None:
    thresholds = Thresholds(marginal=80, passing=75)

    assert verdict(Score(77.0, ()), thresholds, KAYENTA) is Verdict.SUCCESSFUL
    assert verdict(Score(77.0, ()), thresholds, dataclasses.replace(MENDED, checks_thresholds=False)) is (
        Verdict.SUCCESSFUL
    )


@pytest.mark.parametrize(
    ("final", "marginal", "passing", "passed"),
    [
        (95, None, None, True),
        (60, 75, 95, False),
        (85, 75, None, True),
        (85, 75, 95, False),
        (97, 75, 95, True),
        (95, 75, 95, True),
        (90, None, 95, False),
        (95, None, 95, True),
        (60, 75, None, False),
    ],
)
@pytest.mark.parametrize("rules", [KAYENTA, MENDED], ids=["kayenta", "mended"])
def test_the_last_score_decides_a_run(rules, final, marginal, passing, passed) -> None:
    assert passes(final, marginal, passing, rules)[0] is passed


def test_a_score_at_marginal_ends_a_run_in_kayenta_though_it_calls_it_marginal() -> None:
    run = ([50.0, 90.0], 2, THRESHOLDS)

    assert (follow(*run, KAYENTA).outcome, follow(*run, KAYENTA).judgements) == (Outcome.FAILED, 1)
    assert (follow(*run, MENDED).outcome, follow(*run, MENDED).judgements) == (Outcome.PASSED, 2)
    assert passes(75, 75, None, KAYENTA)[0] is False
    assert passes(75, 75, None, MENDED)[0] is True


def test_a_critical_failure_ends_a_run_whatever_marginal_is() -> None:
    thresholds = Thresholds(marginal=0, passing=75)

    assert follow([0.0, 90.0], 2, thresholds, MENDED).outcome is Outcome.FAILED
    assert follow([0.01, 90.0], 2, thresholds, MENDED).outcome is Outcome.PASSED
    critical = Score(0.0, (), failed_critically=("errors",))
    assert verdict(critical, thresholds, MENDED) is Verdict.FAILED


@pytest.mark.parametrize(
    ("scores", "outcome", "judgements"),
    [
        ([], Outcome.RUNNING, 0),
        ([60, 60], Outcome.RUNNING, 2),
        ([60, 60, 75], Outcome.PASSED, 3),
        ([60, 60, 74], Outcome.FAILED, 3),
        ([60, 40, 100], Outcome.FAILED, 2),
        ([60, 60, 75, 10], Outcome.PASSED, 3),
    ],
)
@pytest.mark.parametrize("rules", [KAYENTA, MENDED], ids=["kayenta", "mended"])
def test_a_run_goes_on_until_a_score_fails_or_all_are_made(rules, scores, outcome, judgements) -> None:
    run = follow(scores, 3, THRESHOLDS, rules)

    assert (run.outcome, run.judgements) == (outcome, judgements)
    assert run.reason


def test_a_run_of_no_judgements_is_none() -> None:
    with pytest.raises(InvalidOption, match="judgements"):
        follow([], 0, THRESHOLDS, MENDED)


@given(scores=st.lists(st.floats(0, 100), max_size=6))
def test_a_run_that_has_ended_stays_as_it_ended(scores: list[float]) -> None:
    runs = [follow(scores[:number], 4, THRESHOLDS, MENDED) for number in range(len(scores) + 1)]

    for before, after in itertools.pairwise(runs):
        assert before.outcome is Outcome.RUNNING or after == before
