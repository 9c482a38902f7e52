# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks again and again until the assessment says that it is over.

It decides only when each attempt begins; the crew makes the attempts and owns
the clock, so that a test can poll without threads and without time.

PRIVATE to the collection.
"""

from __future__ import annotations

import heapq
import math
import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._health.assessment import (
    Assessment,
    End,
    Observation,
)
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import Finding, Probe, failed


@dataclass(frozen=True)
class Job:
    """A probe and the places of its target and its rule in the assessment. Times are in seconds."""

    target: int
    rule: int
    probe: Probe
    timeout: float
    max_latency: t.Optional[float] = None


@dataclass(frozen=True)
class Report:
    """A finished attempt, with the clock's readings at its two ends."""

    job: Job
    finding: Finding
    started: float
    finished: float


class Crew(t.Protocol):
    """Makes attempts, many at once."""

    def now(self) -> float:
        """The clock, in seconds."""

    def under_way(self) -> int:
        """How many attempts were begun and are not reported yet."""

    def begin(self, job: Job) -> None:
        """Make an attempt as soon as may be."""

    def withdraw(self) -> t.List[Job]:
        """Take back the attempts that wait for their turn; they are no longer under way."""

    def wait(self, until: float) -> t.List[Report]:
        """The attempts that finished meanwhile; empty when ``until`` came first."""


def poll(jobs: t.Sequence[Job], assessment: Assessment, crew: Crew) -> End:
    """Run all jobs, each every interval, until the assessment ends; returns why it did."""
    place = {id(job): index for index, job in enumerate(jobs)}
    due = [(assessment.started, index) for index in range(len(jobs))]
    unwanted: t.List[t.Tuple[float, int]] = []
    was_closing = False
    while True:
        now = crew.now()
        closing = assessment.is_closing(now)
        if closing is not was_closing:
            # A backlog must not hold up a good end; what turns out to be none goes on with all.
            due += [(now, place[id(job)]) for job in crew.withdraw()] if closing else unwanted
            unwanted = []
            heapq.heapify(due)
            was_closing = closing
        end = assessment.end(now, crew.under_way(), due[0][0] if due else -math.inf)
        if end is not None:
            return end
        while due and due[0][0] <= now:
            next_attempt = heapq.heappop(due)
            job = jobs[next_attempt[1]]
            if assessment.wants(job.target, job.rule, now):
                crew.begin(job)
            else:
                unwanted.append(next_attempt)
        until = assessment.alarm(now)
        for report in crew.wait(min(until, due[0][0]) if due else until):
            assessment.observe(report.job.target, report.job.rule, _observation(report))
            again = max(report.started + assessment.policy.interval, report.finished)
            heapq.heappush(due, (again, place[id(report.job)]))


def _observation(report: Report) -> Observation:
    latency = report.finished - report.started
    finding, limit = report.finding, report.job.max_latency
    if finding.passed and limit is not None and latency > limit:
        finding = failed("took {0:.3f} s, the limit is {1:g} s".format(latency, limit))
    return Observation(finding, report.finished, latency)
