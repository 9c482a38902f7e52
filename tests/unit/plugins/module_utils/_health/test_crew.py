# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The crew's threads, with probes that the tests hold and release."""

from __future__ import annotations

import math
import threading
import time

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._health import connection
from ansible_collections.progressive.delivery.plugins.module_utils._health.crew import ThreadCrew
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import (
    Finding,
    failed,
    passed,
    unable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._health.polling import Job, Report


class HeldProbe:
    """Says when it is run, and goes on when it is told to."""

    def __init__(self) -> None:
        self.runs = 0
        self.running = threading.Event()
        self.go_on = threading.Event()

    def run(self, _until: float) -> Finding:
        self.runs += 1
        self.running.set()
        self.go_on.wait()
        return passed("released")


class QuickProbe:
    def run(self, until: float) -> Finding:
        return passed("quick")


def job(probe, timeout: float = 600.0) -> Job:
    return Job(0, 0, probe, timeout)


def all_reports(crew: ThreadCrew) -> list[Report]:
    reports: list[Report] = []
    while crew.under_way():
        reports += crew.wait(math.inf)
    return reports


def test_every_attempt_is_reported_once() -> None:
    jobs = [job(QuickProbe()) for _number in range(500)]
    with ThreadCrew(16) as crew:
        for each in jobs:
            crew.begin(each)
        reports = all_reports(crew)

    assert sorted(id(report.job) for report in reports) == sorted(map(id, jobs))
    assert all(report.finding == passed("quick") and report.started <= report.finished for report in reports)


def test_the_probe_is_told_its_time_limit() -> None:
    told = []

    class Listening:
        def run(self, until: float) -> Finding:
            told.append(until)
            return passed("heard")

    with ThreadCrew(1) as crew:
        crew.begin(job(Listening(), timeout=7.0))
        (report,) = all_reports(crew)

    assert told == [report.started + 7.0]


def test_no_more_run_at_once_than_there_may() -> None:
    held = [HeldProbe() for _number in range(12)]
    with ThreadCrew(3) as crew:
        for probe in held:
            crew.begin(job(probe))
        for first in held[:3]:
            first.running.wait()
        assert crew.wait(crew.now() + 0.2) == []
        assert sum(probe.runs for probe in held) == 3
        for probe in held:
            probe.go_on.set()
        assert len(all_reports(crew)) == 12


def test_it_grows_when_targets_keep_its_threads_waiting() -> None:
    held = [HeldProbe() for _number in range(40)]
    with ThreadCrew(40) as crew:
        for probe in held:
            crew.begin(job(probe))
        while not all(probe.running.is_set() for probe in held):
            assert crew.wait(crew.now() + 0.05) == []
        for probe in held:
            probe.go_on.set()
        assert len(all_reports(crew)) == 40


def test_a_wait_is_over_when_its_time_is() -> None:
    held = HeldProbe()
    with ThreadCrew(1) as crew:
        crew.begin(job(held))
        until = crew.now() + 0.05
        assert crew.wait(until) == []
        assert crew.now() >= until
        held.go_on.set()


def test_an_attempt_that_hangs_is_written_off_and_its_place_taken() -> None:
    hanging = HeldProbe()
    with ThreadCrew(1) as crew:
        crew.begin(job(hanging, timeout=0.05))
        crew.begin(job(QuickProbe()))
        first, second = all_reports(crew)
        hanging.go_on.set()

    assert first.finding == failed("no answer within 0.05 s, and the attempt cannot be stopped")
    assert first.finished - first.started >= 0.05
    assert second.finding == passed("quick")


def test_a_check_that_still_hangs_is_not_begun_again() -> None:
    hanging = HeldProbe()
    hung = job(hanging, timeout=0.05)
    with ThreadCrew(2) as crew:
        crew.begin(hung)
        all_reports(crew)
        crew.begin(hung)
        (again,) = all_reports(crew)
        assert again.finding == failed("an earlier attempt still hangs")
        assert hanging.runs == 1

        hanging.go_on.set()
        while True:
            crew.begin(hung)
            (after,) = all_reports(crew)
            if after.finding.passed:
                break
    assert after.finding == passed("released")


def test_a_resolver_that_hangs_is_not_the_targets_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(connection.socket, "getaddrinfo", lambda *_args: go_on.wait() and [])

    class Looking:
        def run(self, _until: float) -> Finding:
            connection.look_up("app.example.com", 80)
            return passed("found")

    looking = job(Looking(), timeout=0.05)
    with ThreadCrew(1) as crew:
        crew.begin(looking)
        (first,) = all_reports(crew)
        crew.begin(looking)
        (second,) = all_reports(crew)
        go_on.set()

    assert first.finding == unable("the resolver of the checking machine gave no answer within 0.05 s")
    assert second.finding == unable("an earlier attempt still hangs")


def test_what_has_not_begun_can_be_withdrawn() -> None:
    held, never = HeldProbe(), HeldProbe()
    waiting = [job(never) for _number in range(20)]
    with ThreadCrew(1) as crew:
        crew.begin(job(held))
        held.running.wait()
        for each in waiting:
            crew.begin(each)
        assert crew.under_way() == 21
        assert crew.withdraw() == waiting
        assert crew.under_way() == 1
        held.go_on.set()
        assert [report.finding for report in all_reports(crew)] == [passed("released")]
        assert crew.withdraw() == []

    assert never.runs == 0


def test_the_late_end_of_a_hang_is_not_reported() -> None:
    hanging = HeldProbe()
    with ThreadCrew(1) as crew:
        crew.begin(job(hanging, timeout=0.05))
        assert len(all_reports(crew)) == 1
        hanging.go_on.set()
        assert crew.wait(crew.now() + 0.1) == []
        crew.begin(job(QuickProbe()))
        assert [report.finding for report in all_reports(crew)] == [passed("quick")]


def test_a_defect_in_a_probe_ends_the_call() -> None:
    class Defective:
        def run(self, _until: float) -> Finding:
            raise ZeroDivisionError("a defect")

    with ThreadCrew(1) as crew:
        crew.begin(job(Defective()))
        with pytest.raises(ZeroDivisionError, match="a defect"):
            crew.wait(math.inf)


def test_when_it_is_left_nothing_more_begins_and_its_threads_go() -> None:
    before = set(threading.enumerate())
    held, never = HeldProbe(), HeldProbe()
    with ThreadCrew(1) as crew:
        crew.begin(job(held))
        crew.begin(job(never))
        held.running.wait()
        threads = set(threading.enumerate()) - before
    held.go_on.set()
    for thread in threads:
        thread.join()

    assert threads
    assert never.runs == 0


def test_it_does_not_wait_for_a_hang_when_it_is_left() -> None:
    held = HeldProbe()
    with ThreadCrew(1) as crew:
        crew.begin(job(held))
        held.running.wait()
    assert not held.go_on.is_set()
    held.go_on.set()


def test_the_clock_is_the_monotonic_one() -> None:
    with ThreadCrew(1) as crew:
        assert time.monotonic() <= crew.now() <= time.monotonic()
