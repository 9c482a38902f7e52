# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that differ: what is learned of them before the change makes up for it, and alpha holds for both together."""

from __future__ import annotations

import math
import typing as t

import numpy as np
import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.learned import LearnedMetric
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.evidence import (
    SAME,
    Claim,
    Evidence,
    Interval,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.pairs import Pairs
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.rates import Rates, Tally
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.verdict import Verdict

ALPHA = 0.05
ROLLOUTS = 300
MOST = ROLLOUTS * ALPHA + 3 * math.sqrt(ROLLOUTS * ALPHA * (1 - ALPHA))
"""Of rollouts in which a canary within the margin is called worse, by more than which chance does not explain it."""

Watch = t.Callable[[Claim, float, int, np.random.Generator], Evidence]
"""So many looks at a canary so many times as bad."""


def errors(claim: Claim, times: float, looks: int, chance: np.random.Generator) -> Evidence:
    """One in fifty of 2,000 requests a look, on both sides, more when the day is long."""
    seen = Rates(claim)
    for look in range(looks):
        rate = 0.02 * (1 + look / looks)
        bad = chance.binomial(2000, [rate, min(1.0, rate * times)])
        seen = seen.after(Tally(2000, int(bad[0])), Tally(2000, int(bad[1])))
    return seen.evidence()


def medians(claim: Claim, times: float, looks: int, chance: np.random.Generator) -> Evidence:
    """Medians of a look, each 10 % off by chance."""
    seen = Pairs(claim)
    for look in range(looks):
        baseline, canary = chance.lognormal(0, 0.1, 2) * (1 + look / looks)
        seen = seen.after([float(baseline)], [float(canary * times)], look)
    return seen.evidence()


class Seen:
    """A metric that has seen what it has; satisfies ``Comparison`` as far as learning asks for it."""

    minimum = 8

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence

    def evidence(self) -> Evidence:
        return self._evidence

    def fault(self, over: bool) -> None:
        """There is none."""


def learned(evidence: Evidence) -> LearnedMetric:
    return LearnedMetric("m", t.cast("t.Any", None), False, t.cast("t.Any", Seen(evidence)))


def called_worse(watch: Watch, margin: float, with_offset: bool) -> int:
    """How many rollouts of canaries at the margin are called worse, on hosts that are up to twice as bad or as good."""
    chance = np.random.default_rng(20261126)
    called = 0
    for _rollout in range(ROLLOUTS):
        hosts = float(np.exp(chance.uniform(-math.log(2), math.log(2))))
        offset: Interval | None = SAME
        if with_offset:
            offset = learned(watch(Claim(margin, ALPHA / 2), hosts, 40, chance)).offset
        assert offset is not None
        claim = Claim(margin, ALPHA / 2 if with_offset else ALPHA, offset)
        called += watch(claim, hosts * margin, 40, chance).worse >= claim.threshold
    return called


@pytest.mark.parametrize(("watch", "margin"), [(errors, 1.5), (medians, 1.1)])
def test_hosts_that_differ_are_called_worse_far_too_often_and_with_what_was_learned_of_them_they_are_not(
    watch: Watch, margin: float
) -> None:
    assert called_worse(watch, margin, with_offset=True) <= MOST
    assert called_worse(watch, margin, with_offset=False) > 5 * MOST


@pytest.mark.parametrize(("watch", "margin"), [(errors, 1.5), (medians, 1.1)])
def test_what_is_learned_holds_the_hosts_own_part_as_often_as_it_says(watch: Watch, margin: float) -> None:
    chance = np.random.default_rng(7)
    wrong = 0
    for _run in range(ROLLOUTS):
        hosts = float(np.exp(chance.uniform(-math.log(2), math.log(2))))
        offset = learned(watch(Claim(margin, ALPHA), hosts, 40, chance)).offset
        assert offset is not None
        wrong += not offset.lower <= hosts <= offset.upper
    assert wrong <= MOST


@pytest.mark.parametrize(("watch", "margin", "times"), [(errors, 1.5, 3.0), (medians, 1.1, 1.5)])
def test_a_release_that_is_worse_is_found_on_hosts_that_are_better(watch: Watch, margin: float, times: float) -> None:
    chance = np.random.default_rng(3)
    offset = learned(watch(Claim(margin, ALPHA / 2), 0.5, 60, chance)).offset
    assert offset is not None
    claim = Claim(margin, ALPHA / 2, offset)
    assert watch(claim, 0.5 * times, 60, chance).worse >= claim.threshold
    assert watch(Claim(margin, ALPHA), 0.5 * times, 60, chance).worse < Claim(margin, ALPHA).threshold


@pytest.mark.parametrize(
    ("evidence", "verdict"),
    [
        (Evidence(1.2, Interval(0.9, 1.4), 99.0, 99.0, 500, 500), Verdict.SUCCESSFUL),
        (Evidence(1.2, Interval(0.9, 1.4), 0.0, 0.0, 500, 7), Verdict.INCONCLUSIVE),
        (Evidence(1.2, Interval(0.0, 1.4), 0.0, 0.0, 500, 500), Verdict.INCONCLUSIVE),
        (Evidence(1.2, Interval(0.9, math.inf), 0.0, 0.0, 500, 500), Verdict.INCONCLUSIVE),
        (Evidence(None, Interval(0.0, math.inf), 0.0, 0.0, 500, 500), Verdict.INCONCLUSIVE),
    ],
)
def test_an_offset_is_learned_where_the_interval_has_two_ends(evidence: Evidence, verdict: Verdict) -> None:
    """Whatever the evidence is, it takes all of the time."""
    metric = learned(evidence)
    assert metric.judgement(over=False).verdict is None
    assert metric.judgement(over=True).verdict is verdict
    assert (metric.offset is not None) == (verdict is Verdict.SUCCESSFUL)
