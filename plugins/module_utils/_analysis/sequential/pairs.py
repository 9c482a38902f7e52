# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether something that is measured, latency say, is higher in the canary than in the baseline.

PRIVATE to the collection. Pure. In each look the values of the canary, of
requests or of bins of some seconds, are paired at random with those of the
baseline. When the canary is within the margin ``r``, at most half of the pairs
have a ratio canary to baseline above ``r``: a sign test, which asks nothing of
how the values are distributed, and which a shared drift does not touch. With
``k`` such pairs of ``n`` the e-value is the beta-binomial one,

    2 ** n * B(a + k, a + n - k) * P(a + k, a + n - k) / (B(a, a) * P(a, a)),

in which ``P(a, b)`` is the part of Beta(a, b) above 1/2, averaged over two priors
``a``: a flat one, which finds large differences in few bins, and a narrow one, which
finds small differences in many requests (Lindon and Malek, "Anytime-valid
inference for multinomial count data", 2022, with two categories).

Where the baseline has more values than the canary, each of the canary's is held
against the middle one of an odd number of the baseline's. For values that are
alike this is above it half of the time, too, and it says more.
"""

from __future__ import annotations

import bisect
import dataclasses
import itertools
import math
import random
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import BadMeasurement
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.evidence import (
    Claim,
    Evidence,
    Interval,
)
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import (
    MissingLibrary,
    OptionalLibrary,
)

special = OptionalLibrary("scipy.special")

_PRIORS = ((1.0, 0.2), (50.0, 0.8))
"""The ``a`` of each prior, and its weight; see docs/how-a-verdict-is-reached.md for what they were chosen by."""
_STEP = 0.01
"""Of the logarithm by which ratios are told apart for the estimate and its interval."""
_FARTHEST = 700
"""Steps from 1 to the highest ratio that is told apart, about 1,100."""


@dataclasses.dataclass(frozen=True)
class Pairs:
    """All pairs of values so far.

    :param worse: pairs with a ratio above the margin
    :param within: pairs with a ratio below it
    :param ratios: how many pairs have which ratio, by the whole steps of its logarithm, in order
    :param baseline: values of the baseline, those without a pair as well
    :param canary: values of the canary
    :param highest: logarithm of the highest e-value so far for being worse, and for being within the margin
    """

    claim: Claim
    worse: int = 0
    within: int = 0
    ratios: t.Tuple[t.Tuple[int, int], ...] = ()
    baseline: int = 0
    canary: int = 0
    highest: t.Tuple[float, float] = (0.0, 0.0)

    def after(self, baseline: t.Sequence[float], canary: t.Sequence[float], seed: int) -> Pairs:
        """The same with one more look.

        :param seed: by which the values are paired; the same look with the same seed gives the same pairs
        :raises BadMeasurement: a value is negative, infinite or no number
        :raises MissingLibrary: when scipy is not installed
        """
        if not special:
            raise MissingLibrary("scipy")
        _check(baseline)
        _check(canary)
        chance = random.Random(seed)  # noqa: S311 (it keeps no secret)
        pairs = [_log_ratio(one, other) for one, other in _paired(baseline, canary, chance)]
        worse_from, within_to = math.log(self.claim.worse_from), math.log(self.claim.within_to)
        counts = dict(self.ratios)
        for pair in pairs:
            step = _step(pair)
            counts[step] = counts.get(step, 0) + 1
        worse = self.worse + sum(pair > worse_from for pair in pairs)
        within = self.within + sum(pair < within_to for pair in pairs)
        total = sum(counts.values())
        return Pairs(
            self.claim,
            worse,
            within,
            tuple(sorted(counts.items())),
            self.baseline + len(baseline),
            self.canary + len(canary),
            (max(self.highest[0], _log_e_value(worse, total)), max(self.highest[1], _log_e_value(within, total))),
        )

    def evidence(self) -> Evidence:
        """What the pairs come to."""
        total = sum(count for _step, count in self.ratios)
        if not total:
            return Evidence(None, Interval(0.0, math.inf), 0.0, 0.0, self.baseline, self.canary)
        places = list(itertools.accumulate(count for _step, count in self.ratios))
        return Evidence(
            estimate=_ratio(self.ratios[bisect.bisect_left(places, total / 2)][0]),
            interval=self._interval(places, total),
            worse=self.highest[0],
            within=self.highest[1],
            baseline=self.baseline,
            canary=self.canary,
        )

    def _interval(self, places: t.Sequence[int], total: int) -> Interval:
        """The ratios at which the pairs above and below are not too uneven."""
        fewest = _fewest(total, self.claim.threshold)
        if fewest == 0:
            return Interval(0.0, math.inf)
        lower = self.ratios[bisect.bisect_left(places, fewest)][0]
        upper = self.ratios[bisect.bisect_left(places, total - fewest + 1)][0]
        return Interval(_ratio(lower - 1), _ratio(upper + 1))


def _check(values: t.Sequence[float]) -> None:
    for value in values:
        if not 0 <= value < math.inf:
            raise BadMeasurement("{0!r} is no value that can be compared by ratio".format(value))


def _paired(
    baseline: t.Sequence[float], canary: t.Sequence[float], chance: random.Random
) -> t.Iterator[t.Tuple[float, float]]:
    """Each value of the side that has fewer, and the middle one of an odd number of the other's: baseline, canary."""
    few, many = (canary, baseline) if len(canary) <= len(baseline) else (baseline, canary)
    if not few:
        return
    shuffled = chance.sample(list(many), len(many))
    size = len(many) // len(few)
    size -= 1 - size % 2
    for index, value in enumerate(chance.sample(list(few), len(few))):
        middle = sorted(shuffled[index * size : (index + 1) * size])[size // 2]
        yield (middle, value) if few is canary else (value, middle)


def _log_ratio(baseline: float, canary: float) -> float:
    """Of canary to baseline; 0 where both are 0."""
    if baseline and canary:
        return math.log(canary) - math.log(baseline)
    return 0.0 if baseline == canary else math.copysign(math.inf, canary - baseline)


def _step(log_ratio: float) -> int:
    return round(max(-_FARTHEST, min(_FARTHEST, log_ratio / _STEP)))


def _ratio(step: int) -> float:
    if step <= -_FARTHEST:
        return 0.0
    return math.inf if step >= _FARTHEST else math.exp(step * _STEP)


def _log_e_value(successes: int, total: int) -> float:
    """Of *successes* in *total* against at most half of them."""
    logs = [math.log(weight) + _log_bet(successes, total, prior) for prior, weight in _PRIORS]
    return max(logs) + math.log(sum(math.exp(log - max(logs)) for log in logs))


def _log_bet(successes: int, total: int, prior: float) -> float:
    ahead, behind = prior + successes, prior + total - successes
    # P(a, b) is 1 - I_1/2(a, b) = I_1/2(b, a), and P(a, a) is 1/2.
    above = float(special.betainc(behind, ahead, 0.5))
    if above <= 0.0:
        return -math.inf
    whole = float(special.betaln(ahead, behind) - special.betaln(prior, prior))
    return total * math.log(2.0) + whole + math.log(above) + math.log(2.0)


def _fewest(total: int, threshold: float) -> int:
    """The fewest pairs on one side of a ratio with which it is still not bet against with success; 0 for none."""

    def held(count: int) -> bool:
        # Two bets, one to each side, with half of the stake.
        return _log_e_value(total - count, total) - math.log(2.0) < threshold

    low, high = 0, total // 2
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if held(middle) else (middle + 1, high)
    return low
