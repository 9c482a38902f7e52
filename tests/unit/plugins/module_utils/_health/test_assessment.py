# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The laws that the assessment keeps over any history of attempts."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._health.assessment import (
    Assessment,
    End,
    Observation,
    Rule,
)
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import (
    Fault,
    failed,
    passed,
    unable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._health.policy import Policy

COUNTS = st.integers(min_value=1, max_value=4)
OUTCOMES = st.lists(st.booleans(), max_size=30)


def attempt(good: bool, at: float = 1.0) -> Observation:
    return Observation(passed("good") if good else failed("bad"), at, 0.01)


@st.composite
def rule_lists(draw) -> list[Rule]:
    """Checks of any severity, with composites of earlier ones among them."""
    count = draw(st.integers(min_value=1, max_value=5))
    members: list[tuple[int, ...]] = []
    for place in range(count):
        if place and draw(st.booleans()):
            members.append(tuple(draw(st.sets(st.integers(0, place - 1), min_size=1))))
        else:
            members.append(())
    inside = {member for places in members for member in places}
    return [
        Rule(draw(st.booleans()), place not in inside, places, draw(st.integers(1, len(places))) if places else 0)
        for place, places in enumerate(members)
    ]


HOLDS = st.sampled_from([0.0, 100.0])


@st.composite
def histories(draw, holds=HOLDS) -> tuple[Assessment, list[tuple[int, int, bool]]]:
    """An assessment and attempts of its probes, in any order."""
    rules = draw(rule_lists())
    targets = draw(st.integers(min_value=1, max_value=4))
    policy = Policy(
        rise=draw(COUNTS),
        fall=draw(COUNTS),
        hold=draw(holds),
        quorum=draw(st.integers(1, targets)),
    )
    probes = [place for place, rule in enumerate(rules) if not rule.members]
    attempts = st.tuples(st.integers(0, targets - 1), st.sampled_from(probes), st.booleans())
    return Assessment(rules, targets, policy, 0.0), draw(st.lists(attempts, max_size=60))


def naive_health(rules, outcomes, rise, fall):
    """A target's checks by the plain reading of the rules: runs of equal outcomes over the whole history."""
    health: list[bool | None] = []
    for place, rule in enumerate(rules):
        if rule.members:
            states = [health[member] for member in rule.members]
            possible = sum(state is not False for state in states)
            health.append(True if states.count(True) >= rule.needed else None if possible >= rule.needed else False)
            continue
        state = None
        for good, run in itertools.groupby(outcomes[place]):
            if len(list(run)) >= (rise if good else fall):
                state = good
        health.append(state)
    return health


@given(history=histories())
def test_what_it_keeps_up_to_date_is_what_the_whole_history_says(history) -> None:
    assessment, attempts = history
    rules, policy = assessment.rules, assessment.policy
    outcomes = [[[] for _rule in rules] for _target in assessment.records]
    for target, rule, good in attempts:
        assessment.observe(target, rule, attempt(good))
        outcomes[target][rule].append(good)

        health = [naive_health(rules, each, policy.rise, policy.fall) for each in outcomes]
        assert [assessment.health(place) for place in range(len(outcomes))] == health
        assert assessment.ready == sum(
            all(state is True for rule, state in zip(rules, states, strict=True) if rule.critical and rule.counted)
            for states in health
        )
        tried = all(
            len(seen) >= policy.rise or state is not None
            for each, states in zip(outcomes, health, strict=True)
            for rule, seen, state in zip(rules, each, states, strict=True)
            if not rule.members
        )
        assert (assessment.risen_at is not None) == (tried and assessment.has_quorum)
        if assessment.end(1.0, 1) is End.FELL:
            return


@given(outcomes=OUTCOMES, rise=COUNTS, fall=COUNTS)
def test_a_target_is_never_healthy_before_rise_passes_in_a_row(outcomes, rise, fall) -> None:
    assessment = Assessment([Rule()], 1, Policy(rise=rise, fall=fall), 0.0)
    for place, good in enumerate(outcomes):
        before = assessment.is_ready(0)
        assessment.observe(0, 0, attempt(good))
        if assessment.is_ready(0) and not before:
            assert place + 1 >= rise
            assert all(outcomes[place + 1 - rise : place + 1])


@given(outcomes=OUTCOMES, rise=COUNTS, fall=COUNTS)
def test_a_target_never_falls_on_fewer_than_fall_failures_in_a_row(outcomes, rise, fall) -> None:
    assessment = Assessment([Rule()], 1, Policy(rise=rise, fall=fall), 0.0)
    for place, good in enumerate(outcomes):
        before = assessment.is_ready(0)
        assessment.observe(0, 0, attempt(good))
        if before and not assessment.is_ready(0):
            assert not any(outcomes[place + 1 - fall : place + 1])
            assert place + 1 >= fall


@given(history=histories())
def test_warnings_never_make_a_target_or_the_whole_unhealthy(history) -> None:
    assessment, attempts = history
    rules = [Rule(False, rule.counted, rule.members, rule.needed) for rule in assessment.rules]
    lenient = Assessment(rules, len(assessment.records), assessment.policy, 0.0)
    for target, rule, good in attempts:
        lenient.observe(target, rule, attempt(good))

        assert lenient.ready == len(lenient.records)
        assert lenient.has_quorum
        assert lenient.end(1.0, 0) is not End.FELL


@given(history=histories(st.just(0.0)))
def test_a_check_within_a_composite_counts_only_through_it(history) -> None:
    assessment, attempts = history
    rules = [
        rule if rule.counted else Rule(not rule.critical, False, rule.members, rule.needed) for rule in assessment.rules
    ]
    other = Assessment(rules, len(assessment.records), assessment.policy, 0.0)
    for target, rule, good in attempts:
        assessment.observe(target, rule, attempt(good))
        other.observe(target, rule, attempt(good))

    assert other.ready == assessment.ready


@given(history=histories(st.just(0.0)), spared=st.integers(0, 3))
def test_a_smaller_quorum_is_reached_whenever_a_larger_one_is(history, spared) -> None:
    assessment, attempts = history
    policy = assessment.policy
    less = Policy(rise=policy.rise, fall=policy.fall, quorum=max(1, policy.quorum - spared))
    lenient = Assessment(assessment.rules, len(assessment.records), less, 0.0)
    for target, rule, good in attempts:
        assessment.observe(target, rule, attempt(good))
        lenient.observe(target, rule, attempt(good))

        assert lenient.has_quorum or not assessment.has_quorum


@given(history=histories(st.just(0.0)), flipped=st.integers(min_value=0))
def test_a_pass_in_place_of_a_failure_never_makes_fewer_ready(history, flipped) -> None:
    assessment, attempts = history
    failures = [place for place, (_target, _rule, good) in enumerate(attempts) if not good]
    assume(failures)
    better = Assessment(assessment.rules, len(assessment.records), assessment.policy, 0.0)
    changed = failures[flipped % len(failures)]
    for place, (target, rule, good) in enumerate(attempts):
        assessment.observe(target, rule, attempt(good))
        better.observe(target, rule, attempt(good or place == changed))

        assert better.ready >= assessment.ready


@given(history=histories())
def test_once_fallen_it_stays_so(history) -> None:
    assessment, attempts = history
    fallen = False
    for target, rule, good in attempts:
        assessment.observe(target, rule, attempt(good))
        fallen = fallen or assessment.end(1.0, 5) is End.FELL
        assert (assessment.end(1.0, 5) is End.FELL) == fallen
        assert not (fallen and assessment.has_quorum)


@given(history=histories(), under_way=st.integers(0, 3), late=st.floats(0, 10))
def test_at_the_deadline_it_ends_unless_it_holds(history, under_way, late) -> None:
    assessment, attempts = history
    for target, rule, good in attempts:
        assessment.observe(target, rule, attempt(good))
    end = assessment.end(assessment.policy.deadline + late, under_way)

    if assessment.policy.hold:
        assert end in ((None,) if assessment.has_quorum else (End.DEADLINE, End.FELL))
    else:
        assert end is (End.HEALTHY if assessment.has_quorum else End.DEADLINE)


FINDINGS = st.sampled_from([passed("good"), failed("bad"), unable("blind")])


@given(findings=st.lists(FINDINGS, max_size=30), rise=COUNTS, fall=COUNTS)
def test_a_target_is_blamed_only_for_fall_failures_of_its_own_in_a_row(findings, rise, fall) -> None:
    assessment = Assessment([Rule()], 1, Policy(rise=rise, fall=fall), 0.0)
    record = assessment.records[0][0]
    for place, finding in enumerate(findings):
        before = record.fault
        assessment.observe(0, 0, Observation(finding, 1.0, 0.01))

        assert (record.fault is not None) == (record.healthy is False)
        if record.fault is Fault.TARGET and before is not Fault.TARGET:
            assert place + 1 >= fall
            assert set(findings[place + 1 - fall : place + 1]) == {failed("bad")}


@given(history=histories(st.just(0.0)), blind=st.booleans())
def test_whose_fault_it_is(history, blind) -> None:
    """When every failure is on one side, it is that side's that there is no quorum."""
    assessment, attempts = history
    probes = [place for place, rule in enumerate(assessment.rules) if not rule.members]
    bad = unable("blind") if blind else failed("bad")
    for target, rule, good in attempts:
        assessment.observe(target, rule, Observation(passed("good") if good else bad, 1.0, 0.01))
    # What has not risen for want of attempts is nobody's fault but the target's.
    for target, records in enumerate(assessment.records):
        for rule in probes:
            while records[rule].healthy is None:
                assessment.observe(target, rule, Observation(bad, 1.0, 0.01))

    assert assessment.fault is (None if assessment.has_quorum else Fault.CHECKER if blind else Fault.TARGET)


@pytest.mark.parametrize(
    ("findings", "fault"),
    [
        ("TTT", Fault.TARGET),
        ("CCC", Fault.CHECKER),
        ("TTC", Fault.CHECKER),
        ("CCT", Fault.CHECKER),
        ("CTTT", Fault.TARGET),
        ("TTTC", Fault.TARGET),
        ("TTTCCC", Fault.CHECKER),
        ("T", Fault.TARGET),
        ("C", Fault.CHECKER),
        ("", Fault.TARGET),
    ],
)
def test_failures_of_the_checker_count_apart(findings, fault) -> None:
    assessment = Assessment([Rule()], 1, Policy(fall=3), 0.0)
    for letter in findings:
        assessment.observe(0, 0, Observation({"T": failed("bad"), "C": unable("blind")}[letter], 1.0, 0.01))

    assert assessment.fault is fault


def test_a_target_that_fell_is_not_excused_by_one_that_could_not_be_asked() -> None:
    assessment = Assessment([Rule()], 2, Policy(quorum=2), 0.0)
    assessment.observe(0, 0, Observation(failed("bad"), 1.0, 0.01))
    assessment.observe(1, 0, Observation(unable("blind"), 1.0, 0.01))
    enough = Assessment([Rule()], 2, Policy(quorum=1), 0.0)
    enough.observe(0, 0, Observation(failed("bad"), 1.0, 0.01))
    enough.observe(1, 0, Observation(unable("blind"), 1.0, 0.01))

    assert (assessment.fault, enough.fault) == (Fault.TARGET, Fault.CHECKER)


def settled(**options) -> Assessment:
    assessment = Assessment([Rule()], 1, Policy(**options), 0.0)
    assessment.observe(0, 0, attempt(True))
    return assessment


def test_a_good_end_waits_for_attempts_under_way() -> None:
    assessment = settled()

    assert assessment.end(1.0, under_way=1) is None
    assert assessment.is_closing(1.0)
    assert assessment.end(1.0, under_way=0) is End.HEALTHY


def test_a_hold_is_over_when_its_time_is_and_nothing_is_under_way() -> None:
    assessment = settled(hold=10.0)

    assert assessment.end(10.9, under_way=0) is None
    assert assessment.alarm(10.9) == 11.0
    assert not assessment.is_closing(10.9)
    assert assessment.end(11.0, under_way=1) is None
    assert assessment.is_closing(11.0)
    assert assessment.end(11.0, under_way=0) is End.HELD


def test_a_hold_is_not_over_while_a_check_that_failed_last_is_not_settled() -> None:
    assessment = settled(hold=10.0, fall=2, timeout=3.0)
    assessment.observe(0, 0, attempt(False, 11.0))

    assert assessment.is_closing(11.0)
    assert assessment.wants(0, 0, 11.0)
    assert assessment.end(11.0, under_way=0) is None
    assert assessment.alarm(11.0) == 11.0 + 2 * 3.0 + 1.0
    assessment.observe(0, 0, attempt(True, 12.0))
    assert not assessment.wants(0, 0, 12.0)
    assert assessment.end(12.0, under_way=0) is End.HELD


def test_one_that_cannot_be_settled_in_time_does_not_pass() -> None:
    assessment = settled(hold=10.0, fall=2, timeout=3.0)
    assessment.observe(0, 0, attempt(False, 11.0))

    assert assessment.end(17.9, under_way=1) is None
    assert assessment.end(18.0, under_way=1) is End.FELL
    assert not assessment.has_quorum


def test_a_hold_goes_on_past_the_deadline() -> None:
    assert settled(hold=10.0, deadline=2.0).end(3.0, under_way=1) is None


def test_a_hold_ends_at_once_when_the_quorum_is_lost() -> None:
    assessment = settled(hold=10.0, fall=2)
    assessment.observe(0, 0, attempt(False, 2.0))
    assert assessment.end(2.0, under_way=0) is None
    assessment.observe(0, 0, attempt(False, 3.0))

    assert assessment.end(3.0, under_way=1) is End.FELL


def test_a_recovery_after_the_fall_does_not_change_the_verdict() -> None:
    assessment = settled(hold=10.0)
    assessment.observe(0, 0, attempt(False, 2.0))
    assessment.observe(0, 0, attempt(True, 2.0))

    assert assessment.end(2.0, under_way=0) is End.FELL
    assert not assessment.has_quorum


def test_a_hold_takes_a_fall_that_leaves_the_quorum() -> None:
    assessment = Assessment([Rule()], 2, Policy(hold=10.0, quorum=1), 0.0)
    for target in (0, 1):
        assessment.observe(target, 0, attempt(True))
    assessment.observe(1, 0, attempt(False, 2.0))

    assert assessment.end(2.0, under_way=0) is None
    assert assessment.end(11.0, under_way=0) is End.HELD


def with_one_of_two_risen(**options) -> Assessment:
    assessment = Assessment([Rule()], 2, Policy(rise=2, fall=2, quorum=1, **options), 0.0)
    for _pass in range(2):
        assessment.observe(0, 0, attempt(True))
    return assessment


@pytest.mark.parametrize("rest", [(False, True), (False, False)])
def test_every_check_gets_its_chance_before_a_good_end(rest) -> None:
    assessment = with_one_of_two_risen()
    for good in rest:
        assert assessment.has_quorum
        assert assessment.end(1.0, under_way=0) is None
        assessment.observe(1, 0, attempt(good))

    assert assessment.end(1.0, under_way=0) is End.HEALTHY


def test_the_deadline_is_the_last_chance_and_begins_the_hold() -> None:
    assessment = with_one_of_two_risen(deadline=5.0, hold=10.0)

    assert assessment.end(4.9, under_way=1) is None
    assert assessment.risen_at is None
    assert assessment.end(5.0, under_way=1) is None
    assert assessment.risen_at == 5.0


def test_without_waiting_a_quorum_still_lets_every_check_have_its_chance() -> None:
    assessment = with_one_of_two_risen(wait=False)

    assert assessment.end(1.0, under_way=0) is None


def test_without_waiting_it_ends_when_all_is_decided() -> None:
    assessment = Assessment([Rule()], 1, Policy(wait=False, fall=2), 0.0)
    assessment.observe(0, 0, attempt(False))
    assert assessment.end(1.0, under_way=0) is None
    assessment.observe(0, 0, attempt(False))

    assert assessment.end(1.0, under_way=0) is End.DECIDED
    assert assessment.end(1.0, under_way=1) is End.DECIDED


def test_waiting_goes_on_however_often_it_fails() -> None:
    assessment = Assessment([Rule()], 1, Policy(), 0.0)
    for _failure in range(50):
        assessment.observe(0, 0, attempt(False))

    assert assessment.end(1.0, under_way=0) is None


def test_it_does_not_sit_out_a_deadline_before_which_nothing_more_can_happen() -> None:
    assessment = Assessment([Rule()], 1, Policy(interval=45.0), 0.0)
    assessment.observe(0, 0, attempt(False, 0.1))

    assert assessment.end(0.1, under_way=0, next_attempt=45.0) is None
    assert assessment.end(45.2, under_way=1, next_attempt=90.0) is None
    assert assessment.end(45.2, under_way=0, next_attempt=90.0) is End.DEADLINE


@pytest.mark.parametrize(
    ("states", "needed", "expected"),
    [
        ((True, None), 1, True),
        ((None, None), 1, None),
        ((False, None), 1, None),
        ((False, None), 2, False),
        ((False, False), 1, False),
    ],
)
def test_a_composite_is_decided_as_soon_as_it_can_be(states, needed, expected) -> None:
    rules = [Rule(counted=False), Rule(counted=False), Rule(members=(0, 1), needed=needed)]
    assessment = Assessment(rules, 1, Policy(), 0.0)
    for place, state in enumerate(states):
        if state is not None:
            assessment.observe(0, place, attempt(state))

    assert assessment.health(0)[2] is expected
