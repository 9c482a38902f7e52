# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Kayenta's own tests expect of its judge, asked of ours."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta import (
    effect,
    mann_whitney,
    samples,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.classify import (
    Classification,
    Label,
    classify,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.mean_inequality import (
    classify_by_mean,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.metric import (
    Direction,
    Limits,
    Measure,
    Metric,
    NanStrategy,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.rules import (
    ROOT_TOLERANCE,
    Rules,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.run import passes
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.kayenta.score import Labelled, score
from ansible_collections.progressive.delivery.tests import oracles

ORACLE = oracles.load("kayenta-judge.json")
SECTIONS = {
    "classifier",
    "mann_whitney",
    "scorer",
    "aggregate_threshold",
    "percentile_R7",
    "outliers",
    "nan",
    "effect",
    "reproduction",
}

Entry = t.Dict[str, t.Any]


def entries(section: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("entry", ORACLE[section])


def numbers(values: t.Sequence[float | str]) -> list[float]:
    return [oracles.number(value) for value in values]


def tolerance(entry: Entry, key: str = "tol") -> float:
    return float(entry.get(key, 1e-9))


def metric_of(entry: Entry) -> Metric:
    def limits(key: str) -> Limits | None:
        return Limits(*entry[key]) if entry.get(key) else None

    return Metric(
        name=entry.get("test", "the metric"),
        direction=Direction(entry["direction"].lower()),
        nan=NanStrategy(entry.get("nan", "Remove").lower()),
        critical=entry.get("critical", False),
        must_have_data=entry.get("must_have_data", False),
        measure=Measure(entry.get("measure", "meanRatio")),
        allowed=limits("effect"),
        critical_at=limits("critical_thr"),
    )


def classification_of(entry: Entry, rules: Rules) -> Classification:
    control, experiment = numbers(entry["control"]), numbers(entry["experiment"])
    if entry.get("kind") == "mean":
        return classify_by_mean(metric_of(entry), control, experiment)
    return classify(metric_of(entry), control, experiment, rules)


def kayenta_of(entry: Entry) -> Rules:
    return Rules.compatible(configured=True, tolerance=entry["tolerance"], confidence=entry["confLevel"])


def is_mended(entry: Entry) -> bool:
    """Whether the entry has what Kayenta judges by a fault: a side without anything but 0, values that its search is too
    coarse for, a negative baseline."""
    control, experiment = (
        samples.remove_nan(numbers(entry["control"])),
        samples.remove_nan(numbers(entry["experiment"])),
    )
    spread = max(control + experiment) - min(control + experiment)
    return not any(control) or not any(experiment) or spread < 100 * ROOT_TOLERANCE or effect.mean(control) < 0


def test_every_section_is_asked_for() -> None:
    assert set(ORACLE) - {"source"} == SECTIONS
    assert all(ORACLE[section] for section in SECTIONS)


@entries("classifier")
def test_labels(entry: Entry) -> None:
    found = classification_of(entry, kayenta_of(entry))

    if entry["expect"] is not None:
        assert found.label.value == entry["expect"]
    if entry["expect_critical"] is not None:
        assert found.critical is entry["expect_critical"]
    if entry["expect_deviation"] is not None:
        assert found.deviation == pytest.approx(oracles.number(entry["expect_deviation"]), rel=1e-9, nan_ok=True)
    assert found.reason


@entries("classifier")
def test_the_mended_judge_says_the_same_of_them_where_there_is_enough_to_go_by(entry: Entry) -> None:
    rules = Rules(tolerance=entry["tolerance"], confidence=entry["confLevel"])
    found = classification_of(entry, rules)

    if entry["kind"] == "mw" and min(len(entry["control"]), len(entry["experiment"])) < rules.needed_sample:
        assert found.label in (Label.NODATA, Label.NODATA_FAIL_METRIC)
    elif entry["expect"] is not None and not is_mended(entry):
        assert found.label.value == entry["expect"]


@entries("mann_whitney")
def test_intervals(entry: Entry) -> None:
    x, y = numbers(entry["x"]), numbers(entry["y"])
    close = tolerance(entry)
    if entry["fn"] == "wilcoxon_diff":
        assert entry["calls"]
        for call in entry["calls"]:
            statistic = mann_whitney.shift_statistic(call["mu"], call["quantile"], x, y)
            assert statistic == pytest.approx(call["expect"], abs=close)
        return
    interval = mann_whitney.location_shift(x, y, entry["confidence"], ROOT_TOLERANCE)
    if entry["fn"] == "intermediate":
        check_steps(entry, x, y)
        expected = (entry["ci_lower"], entry["ci_upper"])
    else:
        expected = (entry["lower"], entry["upper"])
    assert (interval.lower, interval.upper) == pytest.approx(expected, abs=close)
    assert interval.estimate == pytest.approx(entry["estimate"], abs=tolerance(entry, "tol_estimate"))


def check_steps(entry: Entry, x: list[float], y: list[float]) -> None:
    """What the interval is computed from, in the order in which Kayenta computes it."""
    close = tolerance(entry)
    low, high = min(x) - max(y), max(x) - min(y)
    z = mann_whitney.two_sided_quantile(entry["confidence"])
    assert (low, high) == pytest.approx((entry["mu_min"], entry["mu_max"]), abs=close)
    assert (z, -z) == pytest.approx((entry["z_lower"], entry["z_upper"]), abs=close)
    for number, quantile in enumerate((z, -z), start=1):
        for name, mu in (("lower", low), ("upper", high)):
            statistic = mann_whitney.shift_statistic(mu, quantile, x, y)
            assert statistic == pytest.approx(entry[f"f_{name}{number}"], abs=close)


@entries("scorer")
def test_scores(entry: Entry) -> None:
    metrics = [
        Labelled(tuple(metric["groups"]), Label(metric["classification"]), metric["critical"])
        for metric in entry["metrics"]
    ]

    assert score(metrics, entry["group_weights"], Rules.compatible()).value == entry["summary_score"]
    if sum(entry["group_weights"].values()) <= 100 and all(metric.label is not Label.ERROR for metric in metrics):
        assert score(metrics, entry["group_weights"], Rules()).value == entry["summary_score"]


@entries("aggregate_threshold")
def test_the_end_of_a_run(entry: Entry) -> None:
    assert passes(entry["final"], entry["marginal"], entry["pass"], Rules.compatible())[0] is entry["expect"]
    if entry["final"] != entry["marginal"]:
        assert passes(entry["final"], entry["marginal"], entry["pass"], Rules())[0] is entry["expect"]


@entries("percentile_R7")
def test_percentiles(entry: Entry) -> None:
    assert samples.percentile(numbers(entry["data"]), entry["p"]) == pytest.approx(
        entry["expect"], abs=tolerance(entry)
    )


@entries("outliers")
def test_outliers(entry: Entry) -> None:
    data = numbers(entry["data"])
    found = {
        "iqr": lambda: samples.outliers_by_quartiles(data, entry["factor"]),
        "ksigma": lambda: samples.outliers_by_deviation(data, entry["k"]),
    }[entry["detector"]]()

    assert [place for place, outlier in enumerate(found) if outlier] == entry["outlier_index"]
    assert len(found) == len(data)


@entries("nan")
def test_missing_measurements(entry: Entry) -> None:
    operation = {"remove": samples.remove_nan, "replace0": samples.replace_nan}[entry["op"]]

    assert list(operation(numbers(entry["data"]))) == entry["expect"]


@entries("effect")
def test_effect_sizes(entry: Entry) -> None:
    function = {"mean_ratio": effect.mean_ratio, "cohen_d": effect.cohen_d, "cles": effect.cles}[entry["fn"]]
    size = function(numbers(entry["control"]), numbers(entry["experiment"]))

    assert size == pytest.approx(oracles.number(entry["expect"]), abs=tolerance(entry), nan_ok=True)


@entries("reproduction")
def test_a_reported_fault_is_kept_where_it_is_asked_for_and_mended_where_it_is_not(entry: Entry) -> None:
    rules = kayenta_of(entry)
    kept = classification_of(entry, rules)
    mended = classification_of(entry, Rules(tolerance=entry["tolerance"], confidence=entry["confLevel"]))

    assert kept.label.value == entry["expect"]
    assert (kept.label is Label.PASS) is (mended.label is not Label.PASS)
