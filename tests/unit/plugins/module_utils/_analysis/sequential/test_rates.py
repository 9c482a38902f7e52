# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rates, errors say: that the e-values are what they claim to be, and what follows from that."""

from __future__ import annotations

import base64
import itertools
import json
import math
import random
import typing as t

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import BadMeasurement
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.evidence import Claim, Interval
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.rates import Rates, Tally
from ansible_collections.progressive.delivery.tests.random_examples import examples

HALF_AGAIN = Claim(1.5)

TALLY = st.integers(1, 400).flatmap(lambda total: st.builds(Tally, st.just(total), st.integers(0, min(total, 40))))
LOOKS = st.lists(st.tuples(TALLY, TALLY), min_size=1, max_size=8)


def rates(looks: t.Iterable[tuple[Tally, Tally]], claim: Claim = HALF_AGAIN) -> Rates:
    seen = Rates(claim)
    for baseline, canary in looks:
        seen = seen.after(baseline, canary)
    return seen


def binomial(total: int, bad: int, probability: float) -> float:
    return math.comb(total, bad) * probability**bad * (1 - probability) ** (total - bad)


@settings(max_examples=examples(40), deadline=None)
@given(
    st.integers(1, 9),
    st.integers(1, 9),
    st.floats(0.0, 1.0),
    st.floats(0.0, 1.0),
    st.sampled_from([1.05, 1.5, 3.0]),
)
def test_the_expected_e_value_of_a_canary_within_the_margin_is_at_most_one(
    baseline: int, canary: int, rate: float, part: float, margin: float
) -> None:
    """Over all outcomes of one look, whatever the shares; as a product over looks it then holds for any number."""
    worst = min(1.0, rate * margin) * part
    expected = 0.0
    for bad_baseline, bad_canary in itertools.product(range(baseline + 1), range(canary + 1)):
        chance = binomial(baseline, bad_baseline, rate) * binomial(canary, bad_canary, worst)
        look = (Tally(baseline, bad_baseline), Tally(canary, bad_canary))
        expected += chance * math.exp(rates([look], Claim(margin)).log_e_values()[0])
    assert expected <= 1 + 1e-9


def test_no_more_than_alpha_of_canaries_at_the_margin_are_called_worse_however_often_one_looks() -> None:
    """400 rollouts of 30 looks while the share grows and everything drifts; 20 are expected at the most."""
    chance = random.Random(7)
    called = 0
    for _rollout in range(400):
        drift = [0.02 * (1 + 2 * (look > 15)) for look in range(30)]
        looks = [
            (drawn(chance, 200 - 6 * look, drift[look]), drawn(chance, 20 + 6 * look, 1.5 * drift[look]))
            for look in range(30)
        ]
        called += rates(looks).evidence().worse >= HALF_AGAIN.threshold
    assert called <= 20 + 3 * math.sqrt(400 * 0.05 * 0.95)


def drawn(chance: random.Random, total: int, probability: float) -> Tally:
    return Tally(total, sum(chance.random() < probability for _request in range(total)))


def test_three_times_the_errors_are_found_and_none_more_is_shown_to_be_within_the_margin() -> None:
    looks = [(Tally(1000, 10), Tally(1000, 30))] * 10
    assert rates(looks).evidence().worse > HALF_AGAIN.threshold
    looks = [(Tally(1000, 10), Tally(1000, 10))] * 20
    evidence = rates(looks).evidence()
    assert evidence.within > HALF_AGAIN.threshold
    assert evidence.worse == 0.0
    assert evidence.interval.lower < 1 < evidence.interval.upper < 1.6
    assert evidence.estimate == pytest.approx(1, rel=0.01)


def test_an_error_rate_that_rises_on_both_sides_as_the_share_grows_is_no_difference() -> None:
    """Added up, the canary has 3.1 % errors and the baseline 1.7 %."""
    looks = [(Tally(950, 10), Tally(50, 0))] * 5 + [(Tally(500, 20), Tally(500, 20))] * 5
    evidence = rates(looks).evidence()
    assert evidence.estimate == pytest.approx(1, abs=0.1)
    assert evidence.worse < 1


@settings(max_examples=examples(50), deadline=None)
@given(LOOKS)
def test_the_sides_exchanged_turn_the_ratio_over(looks: list[tuple[Tally, Tally]]) -> None:
    one, other = rates(looks).evidence(), rates((canary, baseline) for baseline, canary in looks).evidence()
    assert (one.baseline, one.canary) == (other.canary, other.baseline)
    if one.estimate is None or other.estimate is None:
        assert one.estimate is other.estimate is None
        return
    assert inverse(one.estimate) == pytest.approx(other.estimate, rel=0.03)
    assert inverse(one.interval.lower) == pytest.approx(other.interval.upper, rel=0.05)
    assert inverse(one.interval.upper) == pytest.approx(other.interval.lower, rel=0.05)


def inverse(ratio: float) -> float:
    return 1 / ratio if ratio else math.inf


@settings(max_examples=examples(50), deadline=None)
@given(LOOKS)
def test_one_more_bad_request_of_the_canary_never_speaks_for_it(looks: list[tuple[Tally, Tally]]) -> None:
    baseline, canary = looks[-1]
    if canary.bad == canary.total:
        return
    more = [*looks[:-1], (baseline, Tally(canary.total, canary.bad + 1))]
    before, after = rates(looks), rates(more)
    assert after.log_e_values()[0] > before.log_e_values()[0]
    if before.evidence().estimate is not None:
        assert after.evidence().estimate >= before.evidence().estimate
        assert after.evidence().interval.lower >= before.evidence().interval.lower


@settings(max_examples=examples(50), deadline=None)
@given(LOOKS, st.integers(2, 50))
def test_exposures_count_only_by_their_ratio(looks: list[tuple[Tally, Tally]], times: int) -> None:
    """As many bad requests among so many times as many on both sides are the same evidence."""
    scaled = [(Tally(b.total * times, b.bad), Tally(c.total * times, c.bad)) for b, c in looks]
    assert rates(scaled).log_e_values() == pytest.approx(rates(looks).log_e_values(), abs=1e-9)


ANY_TALLY = st.integers(0, 10**6).flatmap(
    lambda total: st.builds(Tally, st.just(total), st.integers(0, min(total, 200)))
)


def directly(looks: t.Sequence[tuple[Tally, Tally]], claim: Claim) -> tuple[t.Any, ...]:
    """Estimate, interval and both e-values from all looks at once, as a sum over them for every ratio."""
    compared = [(b, c) for b, c in looks if b.total and c.total]
    bounds = [math.log(claim.worse_from), math.log(claim.within_to)]
    logs = np.union1d(np.arange(-7, 7.01, 0.02), bounds)
    shares = [1 / (1 + b.total / (c.total * np.exp(logs))) for b, c in compared]
    terms = [c.bad * np.log(share) + b.bad * np.log1p(-share) for (b, c), share in zip(compared, shares)]
    paths = np.cumsum(terms, axis=0)
    found = []
    for bound, beyond in ((bounds[0], logs > bounds[0]), (bounds[1], logs < bounds[1])):
        prior = np.exp(-0.5 * ((logs[beyond] - bound) / 0.6) ** 2)
        against = logsumexp(paths[:, beyond], b=prior / prior.sum(), axis=1) - paths[:, np.searchsorted(logs, bound)]
        found.append(max(0.0, *against))
    prior = np.exp(-0.5 * logs**2)
    held = np.flatnonzero(logsumexp(paths[-1], b=prior / prior.sum()) - paths[-1] < -math.log(claim.alpha))
    lower = 0.0 if held[0] == 0 else math.exp(logs[held[0] - 1])
    upper = math.inf if held[-1] == len(logs) - 1 else math.exp(logs[held[-1] + 1])
    estimate = math.exp(logs[np.argmax(paths[-1])])
    if not sum(c.bad for _b, c in compared):
        estimate = 0.0
    return (estimate if sum(b.bad for b, _c in compared) else math.inf), lower, upper, *found


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(st.tuples(ANY_TALLY, ANY_TALLY), min_size=1, max_size=30), st.sampled_from([1.1, 1.5, 4.0]), st.data())
def test_look_by_look_comes_to_what_all_looks_at_once_come_to(
    looks: list[tuple[Tally, Tally]], margin: float, data: st.DataObject
) -> None:
    """And so does what is handed on half way, as text."""
    assume(any((b.bad or c.bad) and b.total and c.total for b, c in looks))
    claim = Claim(margin, offset=Interval(0.9, 1.3))
    half_way = data.draw(st.integers(0, len(looks)))
    handed_on = json.dumps(rates(looks[:half_way], claim).as_data())
    seen = Rates(claim).restored(json.loads(handed_on))
    for baseline, canary in looks[half_way:]:
        seen = seen.after(baseline, canary)
    evidence = seen.evidence()
    found = (evidence.estimate, evidence.interval.lower, evidence.interval.upper, evidence.worse, evidence.within)
    assert found == pytest.approx(directly(looks, claim), rel=1e-9, abs=1e-9)
    assert seen.looks == len(looks)
    assert evidence.baseline == sum(b.total for b, _c in looks)


def test_what_is_handed_on_does_not_grow_with_the_looks() -> None:
    few, many = (len(json.dumps(rates([(Tally(1000, 3), Tally(900, 4))] * n).as_data())) for n in (2, 2000))
    assert abs(many - few) < 40
    assert many < 8000


@pytest.mark.parametrize("broken", ["", "AAAA", "no base64", base64.b64encode(np.full(702, np.nan).tobytes()).decode()])
def test_likelihoods_that_were_not_handed_on_are_refused(broken: str) -> None:
    seen = rates([(Tally(10, 1), Tally(10, 1))])
    with pytest.raises(ValueError, match=r"grid|base64|padding|buffer"):
        Rates(HALF_AGAIN).restored({**seen.as_data(), "likelihood": broken})


@settings(max_examples=examples(25), deadline=None)
@given(LOOKS)
def test_evidence_is_never_lost(looks: list[tuple[Tally, Tally]]) -> None:
    path = [rates(looks[:count]).evidence().worse for count in range(1, len(looks) + 1)]
    assert all(later >= before - 1e-9 for before, later in itertools.pairwise(path))


def test_a_baseline_without_any_is_no_proof_that_one_error_is_worse() -> None:
    few = rates([(Tally(1000, 0), Tally(1000, 1))] * 2).evidence()
    assert few.estimate == math.inf
    assert few.worse < HALF_AGAIN.threshold
    assert rates([(Tally(1000, 0), Tally(1000, 4))] * 4).evidence().worse > HALF_AGAIN.threshold


def test_looks_in_which_a_side_had_nothing_say_nothing() -> None:
    evidence = rates([(Tally(0, 0), Tally(10, 9)), (Tally(10, 0), Tally(0, 0))]).evidence()
    assert (evidence.estimate, evidence.worse, evidence.within) == (None, 0.0, 0.0)
    assert (evidence.baseline, evidence.canary) == (10, 10)
    assert evidence.interval == Interval(0.0, math.inf)


def test_hosts_that_were_twice_as_bad_before_the_change_are_not_called_worse_for_it() -> None:
    looks = [(Tally(1000, 10), Tally(1000, 22))] * 20
    assert rates(looks).evidence().worse > HALF_AGAIN.threshold
    offset = Claim(1.5, offset=Interval(1.8, 2.3))
    assert rates(looks, offset).evidence().worse == 0.0
    worse = [(Tally(1000, 10), Tally(1000, 60))] * 20
    assert rates(worse, offset).evidence().worse > offset.threshold


@pytest.mark.parametrize(
    ("total", "bad"), [(10, 11), (-1, 0), (10, -1), (10, math.nan), (math.inf, 1), (math.nan, 0), (math.inf, math.inf)]
)
def test_what_are_no_counts_is_refused(total: float, bad: float) -> None:
    with pytest.raises(BadMeasurement, match="are no counts"):
        Tally(total, bad)
