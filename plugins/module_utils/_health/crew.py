# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bounded crew of threads that makes the attempts.

A system call that cannot be given a time limit, such as the look-up of a
name or a file system that hangs, must not hold up the verdict. The crew then
reports the attempt itself, writes its thread off and takes on another one;
the same check is not begun again before that thread has come back. When it is
the resolver that hangs, that is no fault of the target's.

Threads that wait for targets cost nothing, but threads that compete for the
interpreter make every target look slow. So the crew begins small, and grows
while there is a backlog and the process has time to spare.

PRIVATE to the collection.
"""

from __future__ import annotations

import queue
import threading
import time
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._health.connection import is_looking_up
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import (
    Fault,
    Finding,
    failed,
    unable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._health.polling import Job, Report

GRACE = 0.25
"""Seconds after its timeout in which an attempt may still report for itself."""

_PATROL = 0.02
"""Seconds between two looks at how the attempts are getting on."""

_FIRST_THREADS = 8

_BUSY = 0.7
"""The part of one core from which on further threads would only wait for each other."""


class _Attempt:
    """One attempt on its way through a thread."""

    __slots__ = ("error", "fault", "finding", "finished", "job", "started", "thread", "written_off")

    def __init__(self, job: Job) -> None:
        self.job = job
        self.started: t.Optional[float] = None
        self.finished: t.Optional[float] = None
        self.finding: t.Optional[Finding] = None
        self.error: t.Optional[Exception] = None
        self.thread: t.Optional[int] = None
        self.written_off = False
        self.fault: t.Optional[Fault] = None


class ThreadCrew:
    """Up to ``size`` attempts at once, each in a daemon thread, so that none can hold up the end of the process."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._threads = 0
        self._todo: queue.SimpleQueue[t.Optional[_Attempt]] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[_Attempt] = queue.SimpleQueue()
        self._begun: t.Set[_Attempt] = set()
        self._stuck: t.Dict[int, _Attempt] = {}
        self._patrolled = time.monotonic()
        self._spent = time.process_time()
        self._closed = False

    def __enter__(self) -> ThreadCrew:
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Begin nothing more and send the threads home, without waiting for any."""
        self._closed = True
        self._todo.put(None)

    def now(self) -> float:
        """The monotonic clock, in seconds."""
        return time.monotonic()

    def under_way(self) -> int:
        """How many attempts were begun and are not reported yet."""
        return len(self._begun)

    def begin(self, job: Job) -> None:
        """Make an attempt as soon as a thread is free."""
        attempt = _Attempt(job)
        self._begun.add(attempt)
        hanging = self._stuck.get(id(job))
        if hanging is not None and hanging.finished is None:
            attempt.started = attempt.finished = self.now()
            attempt.finding = Finding(False, "an earlier attempt still hangs", hanging.fault)
            self._done.put(attempt)
            return
        self._todo.put(attempt)
        if self._threads < min(self._size, len(self._begun), _FIRST_THREADS):
            self._threads += 1
            self._take_on_thread()

    def withdraw(self) -> t.List[Job]:
        """Take back the attempts that no thread has begun; they are no longer under way."""
        withdrawn = []
        while not self._todo.empty():
            try:
                attempt = self._todo.get_nowait()
            except queue.Empty:  # a thread was faster
                break
            if attempt is not None:
                self._begun.discard(attempt)
                withdrawn.append(attempt.job)
        return withdrawn

    def _grow(self, seconds: float) -> None:
        spent = time.process_time()
        busy, self._spent = (spent - self._spent) / seconds, spent
        if busy < _BUSY and not self._todo.empty():
            further = min(self._threads, self._size - self._threads)
            self._threads += further
            for _thread in range(further):
                self._take_on_thread()

    def _take_on_thread(self) -> None:
        threading.Thread(target=self._work, name="health-check", daemon=True).start()

    def _work(self) -> None:
        while True:
            attempt = self._todo.get()
            if attempt is None or self._closed:
                self._todo.put(None)  # for the next thread
                return
            attempt.thread = threading.get_ident()
            attempt.started = started = time.monotonic()
            try:
                attempt.finding = attempt.job.probe.run(started + attempt.job.timeout)
            except Exception as error:  # noqa: BLE001 - a defect in a probe ends the call in wait(), not this thread in silence
                attempt.error = error
            attempt.finished = time.monotonic()
            self._done.put(attempt)
            if attempt.written_off:
                return

    def wait(self, until: float) -> t.List[Report]:
        """The attempts that finished meanwhile; empty when ``until`` came first.

        :raises Exception: what a probe raised, which is a defect
        """
        while True:
            now = self.now()
            if now >= self._patrolled + _PATROL:
                self._grow(now - self._patrolled)
                self._patrolled = now
                overdue = self._write_off(now)
                if overdue:
                    return overdue
            try:
                patience = max(0.0, min(until - now, _PATROL) if self._begun else until - now)
                finished = [self._done.get(timeout=patience)]
            except queue.Empty:
                if self.now() >= until:
                    return []
                continue
            while not self._done.empty():
                finished.append(self._done.get())
            reports = [_report(attempt) for attempt in finished if not attempt.written_off]
            self._begun.difference_update(finished)
            if reports:
                return reports

    def _write_off(self, now: float) -> t.List[Report]:
        reports = []
        for attempt in list(self._begun):
            if (
                attempt.started is not None
                and attempt.finished is None
                and now > attempt.started + attempt.job.timeout + GRACE
            ):
                finding = _of_hang(attempt)
                attempt.written_off, attempt.fault = True, finding.fault
                self._stuck[id(attempt.job)] = attempt
                self._begun.discard(attempt)
                self._take_on_thread()
                reports.append(Report(attempt.job, finding, attempt.started, now))
        return reports


def _of_hang(attempt: _Attempt) -> Finding:
    if is_looking_up(attempt.thread):
        reason = "the resolver of the checking machine gave no answer within {0:g} s"
        return unable(reason.format(attempt.job.timeout))
    return failed("no answer within {0:g} s, and the attempt cannot be stopped".format(attempt.job.timeout))


def _report(attempt: _Attempt) -> Report:
    if attempt.error is not None:
        raise attempt.error
    if attempt.finding is None or attempt.started is None or attempt.finished is None:
        raise RuntimeError("an attempt was handed in unfinished")
    return Report(attempt.job, attempt.finding, attempt.started, attempt.finished)
