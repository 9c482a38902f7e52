# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state machine that turns attempts into health, and says when it is over.

Pure: no clock, no I/O. Whoever runs the probes reports each attempt with
:meth:`Assessment.observe` and asks :meth:`Assessment.end` whether to go on.
Every observation costs the checks of one target, not those of all.

PRIVATE to the collection.
"""

from __future__ import annotations

import enum
import math
import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import Finding
from ansible_collections.progressive.delivery.plugins.module_utils._health.policy import Policy


@dataclass(frozen=True)
class Rule:
    """How one check counts for its target.

    :param critical: a target needs it; otherwise it is a warning
    :param counted: False for a check that counts only through a composite
    :param members: for a composite, the places of the earlier rules it is made of
    :param needed: for a composite, how many of them must be healthy
    """

    critical: bool = True
    counted: bool = True
    members: t.Tuple[int, ...] = ()
    needed: int = 0


@dataclass(frozen=True)
class Observation:
    """One finished attempt. ``finished`` is a reading of the clock, ``latency`` in seconds."""

    finding: Finding
    finished: float
    latency: float


@dataclass
class Record:
    """What is known of one check of one target. ``healthy`` is None until rise or fall is first reached."""

    attempts: int = 0
    passes: int = 0
    failures: int = 0
    healthy: t.Optional[bool] = None
    last: t.Optional[Observation] = None

    def observe(self, observation: Observation, rise: int, fall: int) -> None:
        """Count an attempt. Only ``rise`` passes or ``fall`` failures in a row change ``healthy``."""
        self.attempts += 1
        self.last = observation
        if observation.finding.passed:
            self.passes, self.failures = self.passes + 1, 0
            if self.passes >= rise:
                self.healthy = True
        else:
            self.passes, self.failures = 0, self.failures + 1
            if self.failures >= fall:
                self.healthy = False


class End(enum.Enum):
    """Why the asking ended."""

    HEALTHY = "healthy"
    HELD = "held"
    FELL = "fell"
    DECIDED = "decided"
    DEADLINE = "deadline"


class Assessment:
    """The health of all targets, as far as it is known.

    :param rules: the checks, in order; a composite comes after its members
    :param targets: how many targets there are
    :param started: the clock when the asking began
    """

    def __init__(self, rules: t.Sequence[Rule], targets: int, policy: Policy, started: float) -> None:
        self.rules = tuple(rules)
        self.policy = policy
        self.started = started
        self.records = [[Record() for rule in self.rules] for target in range(targets)]
        probes = sum(1 for rule in self.rules if not rule.members) * targets
        self._undecided = probes
        self._untried = probes
        self._ready = [self.is_ready(target) for target in range(targets)]
        self.ready = sum(self._ready)
        self.risen_at: t.Optional[float] = None
        """When enough targets were ready and every check had had its chance, None while that is not so."""
        self._fell = False

    def observe(self, target: int, rule: int, observation: Observation) -> None:
        """Take in an attempt of the check at place ``rule`` on the target at place ``target``.

        After a fall nothing more is taken in, so that the verdict stays that of the fall.
        """
        if self._fell:
            return
        record = self.records[target][rule]
        undecided, untried = record.healthy is None, self._is_untried(record)
        record.observe(observation, self.policy.rise, self.policy.fall)
        self._undecided -= undecided and record.healthy is not None
        self._untried -= untried and not self._is_untried(record)
        ready = self.is_ready(target)
        self.ready += ready - self._ready[target]
        self._ready[target] = ready
        self._follow_quorum(observation.finished, last_chance=False)

    def _is_untried(self, record: Record) -> bool:
        return record.healthy is None and record.attempts < self.policy.rise

    def _follow_quorum(self, now: float, *, last_chance: bool) -> None:
        if self.risen_at is None and self.has_quorum and (not self._untried or last_chance):
            self.risen_at = now
        elif self.risen_at is not None and not self.has_quorum:
            self.risen_at = None
            self._fell = self.policy.hold > 0

    def health(self, target: int) -> t.List[t.Optional[bool]]:
        """The health of each check of a target, in the order of the rules; None is not known yet."""
        known: t.List[t.Optional[bool]] = []
        for rule, record in zip(self.rules, self.records[target]):
            known.append(
                _composite([known[member] for member in rule.members], rule.needed) if rule.members else record.healthy
            )
        return known

    def is_ready(self, target: int) -> bool:
        """Whether every critical check of the target is healthy."""
        return all(healthy for rule, healthy in zip(self.rules, self.health(target)) if rule.counted and rule.critical)

    @property
    def has_quorum(self) -> bool:
        """Whether enough targets are ready."""
        return self.ready >= self.policy.quorum

    def end(self, now: float, under_way: int, next_attempt: float = -math.inf) -> t.Optional[End]:
        """Why to stop asking now, or None to go on.

        A good end waits for the attempts under way, so that a target that has
        begun to hang is still seen.

        :param under_way: how many attempts have begun and not been reported
        :param next_attempt: when the next one is due
        """
        if self._fell:
            return End.FELL
        deadline = self.started + self.policy.deadline
        late = now >= deadline or (not under_way and next_attempt >= deadline)
        self._follow_quorum(now, last_chance=late)
        if self.risen_at is not None:
            return self._good_end(now, under_way, late)
        if late:
            return End.DEADLINE
        is_decided = not self._undecided and not self.has_quorum and not under_way
        return End.DECIDED if is_decided and not self.policy.wait else None

    def _good_end(self, now: float, under_way: int, late: bool) -> t.Optional[End]:
        if self.policy.hold <= 0:
            return End.HEALTHY if late or not under_way else None
        return End.HELD if self.is_closing(now) and not under_way else None

    def is_closing(self, now: float) -> bool:
        """Whether no further attempt should begin, because a good end only waits for those under way."""
        return self.risen_at is not None and now >= self.risen_at + self.policy.hold

    def alarm(self, now: float) -> float:
        """When time alone may next bring the end, without any further attempt; infinity for never."""
        if self.risen_at is None or self.policy.hold <= 0:
            return self.started + self.policy.deadline
        held = self.risen_at + self.policy.hold
        return held if now < held else math.inf


def _composite(members: t.Sequence[t.Optional[bool]], needed: int) -> t.Optional[bool]:
    """Healthy as soon as enough members are, unhealthy as soon as too many are not."""
    healthy = sum(1 for member in members if member is True)
    unknown = sum(1 for member in members if member is None)
    if healthy >= needed:
        return True
    return None if healthy + unknown >= needed else False
