# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measured values, latency say: that the e-values are what they claim to be, and what follows from that."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import BadMeasurement
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.evidence import Claim, Interval
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.pairs import Pairs
from ansible_collections.progressive.delivery.tests.random_examples import examples

TENTH = Claim(1.1)
VALUES = st.lists(st.floats(0.001, 1000.0), min_size=1, max_size=30)


def latencies(chance: random.Random, count: int, factor: float = 1.0) -> list[float]:
    return [factor * chance.lognormvariate(0, 0.6) for _request in range(count)]


@pytest.mark.parametrize("total", [1, 2, 7, 30, 200])
def test_the_expected_e_value_at_the_margin_is_one(total: int) -> None:
    """All ways in which as many pairs can fall, each as likely above the margin as below."""
    expected = 0.0
    for worse in range(total + 1):
        pairs = Pairs(TENTH, highest=(-math.inf, -math.inf)).after(
            [1.0] * total, [2.0] * worse + [1.0] * (total - worse), 0
        )
        expected += math.comb(total, worse) / 2**total * math.exp(pairs.highest[0])
    assert expected == pytest.approx(1, abs=1e-9)


def test_no_more_than_alpha_of_canaries_at_the_margin_are_called_worse_however_often_one_looks() -> None:
    """300 rollouts of 40 looks; 15 are expected at the most."""
    chance = random.Random(5)
    called = 0
    for _rollout in range(300):
        pairs = Pairs(TENTH)
        for look in range(40):
            drift = 1 + look / 20
            pairs = pairs.after(latencies(chance, 15, drift), latencies(chance, 5, 1.1 * drift), look)
        called += pairs.evidence().worse >= TENTH.threshold
    assert called <= 15 + 3 * math.sqrt(300 * 0.05 * 0.95)


def judged(factor: float, looks: int, baseline: int = 100, canary: int = 100) -> Pairs:
    chance = random.Random(3)
    pairs = Pairs(TENTH)
    for look in range(looks):
        pairs = pairs.after(latencies(chance, baseline), latencies(chance, canary, factor), look)
    return pairs


def test_a_higher_latency_is_found_and_the_same_is_shown_to_be_within_the_margin() -> None:
    worse = judged(1.3, 20).evidence()
    assert worse.worse > TENTH.threshold
    assert worse.estimate == pytest.approx(1.3, rel=0.1)
    assert 1.1 < worse.interval.lower < 1.3 < worse.interval.upper < 1.6
    same = judged(1.0, 40).evidence()
    assert same.within > TENTH.threshold
    assert same.worse < TENTH.threshold


def test_a_baseline_with_more_values_says_more() -> None:
    few, many = judged(1.3, 20, baseline=30, canary=30).evidence(), judged(1.3, 20, baseline=300, canary=30).evidence()
    assert many.worse > few.worse
    assert (few.canary, many.canary) == (600, 600)


def test_large_differences_are_found_in_a_few_bins() -> None:
    pairs = Pairs(TENTH)
    for look in range(9):
        pairs = pairs.after([0.1], [0.15], look)
    assert pairs.evidence().worse >= TENTH.threshold


@settings(max_examples=examples(60), deadline=None)
@given(VALUES, VALUES, st.floats(0.01, 100.0), st.integers(0, 9))
def test_units_do_not_matter(baseline: list[float], canary: list[float], factor: float, seed: int) -> None:
    one = Pairs(TENTH).after(baseline, canary, seed).evidence()
    scaled = [factor * value for value in baseline], [factor * value for value in canary]
    other = Pairs(TENTH).after(*scaled, seed).evidence()
    assert other.estimate == pytest.approx(one.estimate, rel=0.011)
    assert (other.baseline, other.canary) == (one.baseline, one.canary)


@settings(max_examples=examples(60), deadline=None)
@given(VALUES, VALUES, st.floats(1.0, 10.0), st.integers(0, 9))
def test_a_slower_canary_is_never_judged_better(
    baseline: list[float], canary: list[float], factor: float, seed: int
) -> None:
    faster = Pairs(TENTH).after(baseline, canary, seed)
    slower = Pairs(TENTH).after(baseline, [factor * value for value in canary], seed)
    assert slower.worse >= faster.worse
    assert slower.within <= faster.within
    assert slower.evidence().estimate >= faster.evidence().estimate


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.tuples(st.floats(0.001, 1000.0), st.floats(0.001, 1000.0)), min_size=1, max_size=30))
def test_the_sides_exchanged_turn_the_ratio_over(values: list[tuple[float, float]]) -> None:
    one, other = Pairs(TENTH), Pairs(TENTH)
    for look, (baseline, canary) in enumerate(values):
        one, other = one.after([baseline], [canary], look), other.after([canary], [baseline], look)
    forth, back = one.evidence(), other.evidence()
    assert forth.interval.lower == pytest.approx(inverse(back.interval.upper), rel=0.03)
    assert forth.interval.upper == pytest.approx(inverse(back.interval.lower), rel=0.03)
    assert forth.interval.lower <= (forth.estimate or 0) <= forth.interval.upper


def inverse(ratio: float) -> float:
    return 1 / ratio if ratio else math.inf


def test_zeros_are_alike_and_a_value_beside_zero_is_above_any_margin() -> None:
    nothing = Pairs(TENTH).after([0.0] * 9, [0.0] * 9, 0)
    assert (nothing.worse, nothing.within, nothing.evidence().estimate) == (0, 9, 1.0)
    something = Pairs(TENTH).after([0.0] * 9, [0.5] * 9, 0)
    assert (something.worse, something.within, something.evidence().estimate) == (9, 0, math.inf)


def test_a_side_without_values_says_nothing() -> None:
    evidence = Pairs(TENTH).after([], [1.0, 2.0], 0).after([3.0], [], 1).evidence()
    assert (evidence.estimate, evidence.worse, evidence.within) == (None, 0.0, 0.0)
    assert (evidence.baseline, evidence.canary) == (1, 2)
    assert evidence.interval == Interval(0.0, math.inf)


def test_pairs_at_the_margin_speak_neither_for_nor_against() -> None:
    pairs = Pairs(Claim(2.0)).after([1.0] * 20, [2.0] * 20, 0)
    assert (pairs.worse, pairs.within) == (0, 0)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.1])
@pytest.mark.parametrize("side", ["baseline", "canary"])
def test_what_cannot_be_compared_is_refused(value: float, side: str) -> None:
    values = {"baseline": [1.0], "canary": [1.0], side: [1.0, value]}
    with pytest.raises(BadMeasurement, match="is no value that can be compared"):
        Pairs(TENTH).after(values["baseline"], values["canary"], 0)
