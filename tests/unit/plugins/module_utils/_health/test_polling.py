# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Polling in a simulated world, where an attempt takes the time and has the end that the test says."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._health.assessment import Assessment, End, Rule
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import Fault, failed, passed
from ansible_collections.progressive.delivery.plugins.module_utils._health.policy import Policy
from ansible_collections.progressive.delivery.plugins.module_utils._health.polling import Job, Report, poll

TIMEOUT = 5.0


@dataclass
class Script:
    """Stands in for a probe: the outcome and the duration of each attempt; the last one is repeated."""

    attempts: list[tuple[bool, float]]
    begun: list[float] = field(default_factory=list)

    def next(self, now: float) -> tuple[bool, float]:
        self.begun.append(now)
        return self.attempts[min(len(self.begun), len(self.attempts)) - 1]


class SimulatedCrew:
    """A crew whose clock stands still but while it waits.

    :param size: how many attempts it makes at once; further ones queue up
    """

    def __init__(self, size: float = math.inf) -> None:
        self.size = size
        self.clock = 0.0
        self.queue: list[Job] = []
        self.running: list[Report] = []

    def now(self) -> float:
        return self.clock

    def under_way(self) -> int:
        return len(self.running) + len(self.queue)

    def begin(self, job: Job) -> None:
        self.queue.append(job)
        self.take_turns()

    def withdraw(self) -> list[Job]:
        withdrawn, self.queue = self.queue, []
        return withdrawn

    def take_turns(self) -> None:
        while self.queue and len(self.running) < self.size:
            job = self.queue.pop(0)
            good, seconds = job.probe.next(self.clock)
            ends = self.clock + min(seconds, TIMEOUT)
            finding = passed("good") if good and seconds < TIMEOUT else failed("bad")
            self.running.append(Report(job, finding, self.clock, ends))

    def wait(self, until: float) -> list[Report]:
        first = min((report.finished for report in self.running), default=math.inf)
        if first > until:
            assert until < math.inf, "nothing would ever end this wait"
            self.clock = max(self.clock, until)
            return []
        self.clock = max(self.clock, first)
        ended = [report for report in self.running if report.finished <= self.clock]
        self.running = [report for report in self.running if report.finished > self.clock]
        self.take_turns()
        return ended


def run(
    policy: Policy, *scripts: Script, max_latency: float | None = None, workers: float = math.inf
) -> tuple[End, float, Assessment]:
    crew = SimulatedCrew(workers)
    assessment = Assessment([Rule()], len(scripts), policy, 0.0)
    jobs = [Job(place, 0, script, TIMEOUT, max_latency) for place, script in enumerate(scripts)]
    return poll(jobs, assessment, crew), crew.clock, assessment


SCRIPTS = st.builds(
    Script, st.lists(st.tuples(st.booleans(), st.floats(min_value=0.0, max_value=8.0)), min_size=1, max_size=12)
)


@given(
    scripts=st.lists(SCRIPTS, min_size=1, max_size=5),
    rise=st.integers(1, 3),
    fall=st.integers(1, 3),
    interval=st.floats(0.5, 5.0),
    deadline=st.floats(11.0, 40.0),
    holds=st.booleans(),
    wait=st.booleans(),
    workers=st.integers(1, 5),
    data=st.data(),
)
def test_it_always_ends_in_time_and_with_a_verdict_that_the_attempts_bear_out(
    scripts, rise, fall, interval, deadline, holds, wait, workers, data
) -> None:
    hold = 20.0 if holds else 0.0
    quorum = data.draw(st.integers(1, len(scripts)))
    policy = Policy(rise, fall, interval, deadline, hold, quorum, wait, TIMEOUT)

    end, seconds, assessment = run(policy, *scripts, workers=workers)

    assert seconds <= deadline + hold + policy.settling
    if workers >= len(scripts):
        assert seconds <= deadline + hold + fall * max(interval, TIMEOUT) + 1e-6
    if end in (End.DEADLINE, End.DECIDED, End.HEALTHY):
        assert seconds <= deadline
    if end is End.HELD:
        assert seconds >= hold
        assert not any(record.is_doubtful for (record,) in assessment.records)
    assert assessment.has_quorum == (end in (End.HEALTHY, End.HELD))
    for script in scripts:
        assert all(later - earlier >= interval - 1e-9 for earlier, later in itertools.pairwise(script.begun))


def test_it_asks_at_once_then_every_interval() -> None:
    script = Script([(False, 0.1), (False, 0.1), (True, 0.1)])

    end, seconds, _assessment = run(Policy(interval=2.0), script)

    assert (end, script.begun) == (End.HEALTHY, [0.0, 2.0, 4.0])
    assert seconds == 4.1


def test_an_attempt_longer_than_the_interval_is_followed_at_once() -> None:
    script = Script([(False, 3.0), (True, 0.5)])

    run(Policy(interval=1.0), script)

    assert script.begun == [0.0, 3.0]


def test_a_slow_target_does_not_hold_up_the_others() -> None:
    quick, slow = Script([(True, 0.1)]), Script([(True, 4.0)])

    run(Policy(rise=3, interval=1.0, quorum=2), quick, slow)

    assert quick.begun[:3] == [0.0, 1.0, 2.0]


def test_a_hang_that_began_before_a_good_end_is_still_seen() -> None:
    dying = Script([(True, 0.1), (False, 99.0)])
    late = Script([(False, 0.1), (True, 0.1)])

    end, seconds, assessment = run(Policy(interval=1.0, deadline=30.0, quorum=2), dying, late)

    assert end is End.DEADLINE
    assert assessment.ready == 1
    assert seconds == 30.0


def test_a_fall_during_the_hold_ends_it_at_once() -> None:
    script = Script([(True, 0.1)] * 5 + [(False, 0.1)])

    end, seconds, _assessment = run(Policy(interval=1.0, fall=2, hold=60.0), script)

    assert end is End.FELL
    assert seconds == 6.1


def test_a_hang_at_the_very_end_of_the_hold_is_still_seen() -> None:
    script = Script([(True, 0.1)] * 10 + [(False, 99.0)])

    end, seconds, _assessment = run(Policy(interval=1.0, hold=10.0), script)

    assert end is End.FELL
    assert seconds == 10.0 + TIMEOUT


def test_a_hang_is_seen_even_in_a_hold_too_short_for_as_many_timeouts() -> None:
    script = Script([(True, 0.1), (False, 99.0)])

    end, seconds, assessment = run(Policy(interval=1.0, fall=3, hold=10.0), script)

    assert (end, assessment.ready) == (End.FELL, 0)
    assert script.begun == [0.0, 1.0, 6.0, 11.0]
    assert seconds == 16.0


def test_one_that_failed_at_the_end_of_the_hold_may_still_pass() -> None:
    script = Script([(True, 0.1)] * 3 + [(False, 0.1)] * 2 + [(True, 0.1)])

    end, seconds, _assessment = run(Policy(interval=1.0, fall=3, hold=3.0), script)

    assert (end, seconds) == (End.HELD, 5.1)


def test_only_those_that_failed_last_are_asked_after_the_hold() -> None:
    hanging, well = Script([(True, 0.1)] * 2 + [(False, 99.0)]), Script([(True, 0.1)])

    end, _seconds, assessment = run(Policy(interval=1.0, fall=3, hold=3.0, quorum=1), hanging, well)

    assert (end, assessment.ready) == (End.HELD, 1)
    assert hanging.begun == [0.0, 1.0, 2.0, 7.0, 12.0]
    assert well.begun == [0.0, 1.0, 2.0, 3.0]


def test_without_a_hold_too_one_that_failed_last_is_asked_on() -> None:
    dying = Script([(True, 0.1), (False, 0.1)])
    late = Script([(False, 0.1), (True, 0.1)])

    end, _seconds, assessment = run(Policy(interval=1.0, fall=3, quorum=2, deadline=30.0), dying, late)

    assert (end, assessment.ready) == (End.DEADLINE, 1)
    assert dying.begun[:4] == [0.0, 1.0, 2.0, 3.0]


def test_a_recovery_after_it_makes_a_good_end() -> None:
    shaky = Script([(True, 0.1), (False, 0.1), (True, 0.1)])
    late = Script([(False, 0.1), (True, 0.1)])

    end, seconds, _assessment = run(Policy(interval=1.0, fall=3, quorum=2), shaky, late)

    assert (end, seconds) == (End.HEALTHY, 2.1)
    assert late.begun == [0.0, 1.0]


def test_a_backlog_is_not_waited_for_after_the_hold() -> None:
    scripts = [Script([(True, 0.1), (True, 4.0)]) for _target in range(30)]
    policy = Policy(interval=1.0, hold=10.0, deadline=20.0, quorum=30)

    end, seconds, _assessment = run(policy, *scripts, workers=1)

    assert end is End.HELD
    assert seconds <= 3.1 + 10.0 + 4.0


def test_one_that_failed_last_does_not_pass_for_want_of_workers() -> None:
    scripts = [Script([(True, 0.1), (False, 99.0)]) for _target in range(10)]
    policy = Policy(interval=1.0, fall=3, hold=10.0, quorum=10)

    end, seconds, assessment = run(policy, *scripts, workers=1)

    assert end is End.FELL
    assert seconds <= 1.1 + 10.0 + policy.settling
    assert assessment.fault is Fault.CHECKER


def test_without_waiting_it_ends_as_soon_as_all_is_decided() -> None:
    silent, another = Script([(False, 99.0)]), Script([(False, 2.5), (False, 99.0)])

    end, seconds, _assessment = run(Policy(interval=1.0, wait=False, quorum=2), silent, another)

    assert (end, seconds) == (End.DECIDED, 5.0)


def test_nothing_begins_after_the_hold() -> None:
    script = Script([(True, 0.1)])

    end, seconds, _assessment = run(Policy(interval=1.0, hold=3.0), script)

    assert (end, seconds) == (End.HELD, 3.1)
    assert script.begun == [0.0, 1.0, 2.0, 3.0]


def test_an_attempt_under_way_at_the_deadline_is_not_waited_for() -> None:
    end, seconds, assessment = run(Policy(deadline=2.0), Script([(True, 4.0)]))

    assert (end, seconds) == (End.DEADLINE, 2.0)
    assert assessment.records[0][0].attempts == 0


def test_a_good_answer_that_comes_too_slowly_is_a_failure() -> None:
    slow, quick = Script([(True, 0.6)]), Script([(True, 0.5)])

    _end, _seconds, assessment = run(Policy(wait=False, quorum=2), slow, quick, max_latency=0.5)

    assert assessment.records[0][0].last.finding == failed("took 0.600 s, the limit is 0.5 s")
    assert assessment.health(1) == [True]
