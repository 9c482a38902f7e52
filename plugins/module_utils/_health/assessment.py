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

from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import Fault, Finding
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
    """What is known of one check of one target.

    :param passes: in a row
    :param failures: in a row, on whichever side
    :param alike: the last failures in a row that were on the same side
    :param healthy: None until rise or fall is first reached
    :param fault: on whose side it is that the check is unhealthy; the target's only after ``fall`` failures of its own
    """

    attempts: int = 0
    passes: int = 0
    failures: int = 0
    alike: int = 0
    healthy: t.Optional[bool] = None
    fault: t.Optional[Fault] = None
    last: t.Optional[Observation] = None

    def observe(self, observation: Observation, rise: int, fall: int) -> None:
        """Count an attempt. Only ``rise`` passes or ``fall`` failures in a row change ``healthy``."""
        before = self.last.finding.fault if self.last else None
        now = observation.finding.fault
        self.attempts += 1
        self.last = observation
        if observation.finding.passed:
            self.passes, self.failures, self.alike = self.passes + 1, 0, 0
            if self.passes >= rise:
                self.healthy, self.fault = True, None
        else:
            self.passes, self.failures, self.alike = 0, self.failures + 1, self.alike + 1 if now is before else 1
            if self.alike >= fall:
                self.healthy, self.fault = False, now
            elif self.failures >= fall:
                self.condemn()

    def condemn(self) -> None:
        """Take it as unhealthy, though the target has not failed ``fall`` times in a row of itself."""
        self.healthy, self.fault = False, self.fault or Fault.CHECKER

    @property
    def is_doubtful(self) -> bool:
        """Whether it has risen, and failed since, but not yet fallen."""
        return self.healthy is True and self.failures > 0

    @property
    def is_excusable(self) -> bool:
        """Whether it is not healthy because the checking machine could not ask."""
        if self.healthy is None:
            return self.last is not None and self.last.finding.fault is Fault.CHECKER
        return self.fault is Fault.CHECKER


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
        self._doubtful: t.Set[t.Tuple[int, int]] = set()
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
        if record.is_doubtful:
            self._doubtful.add((target, rule))
        else:
            self._doubtful.discard((target, rule))
        self._count_ready(target)
        self._follow_quorum(observation.finished, last_chance=False)

    def _count_ready(self, target: int) -> None:
        ready = self.is_ready(target)
        self.ready += ready - self._ready[target]
        self._ready[target] = ready

    def _is_untried(self, record: Record) -> bool:
        return record.healthy is None and record.attempts < self.policy.rise

    def _follow_quorum(self, now: float, *, last_chance: bool) -> None:
        if self.risen_at is None and self.has_quorum and (not self._untried or last_chance):
            self.risen_at = now
        elif self.risen_at is not None and not self.has_quorum:
            self.risen_at = None
            self._fell = self.policy.hold > 0

    def health(self, target: int, *, excusing: bool = False) -> t.List[t.Optional[bool]]:
        """The health of each check of a target, in the order of the rules; None is not known yet.

        :param excusing: take as healthy what the checking machine could not ask
        """
        known: t.List[t.Optional[bool]] = []
        for rule, record in zip(self.rules, self.records[target]):
            if rule.members:
                known.append(_composite([known[member] for member in rule.members], rule.needed))
            else:
                known.append(True if excusing and record.is_excusable else record.healthy)
        return known

    def is_ready(self, target: int, *, excusing: bool = False) -> bool:
        """Whether every critical check of the target is healthy; ``excusing`` as for :meth:`health`."""
        health = self.health(target, excusing=excusing)
        return all(healthy for rule, healthy in zip(self.rules, health) if rule.counted and rule.critical)

    @property
    def has_quorum(self) -> bool:
        """Whether enough targets are ready."""
        return self.ready >= self.policy.quorum

    @property
    def fault(self) -> t.Optional[Fault]:
        """On whose side it is that there is no quorum, None when there is one.

        The checking machine's when there might be one, had it been able to ask.
        """
        if self.has_quorum:
            return None
        possible = sum(self.is_ready(target, excusing=True) for target in range(len(self.records)))
        return Fault.CHECKER if possible >= self.policy.quorum else Fault.TARGET

    def end(self, now: float, under_way: int, next_attempt: float = -math.inf) -> t.Optional[End]:
        """Why to stop asking now, or None to go on.

        A good end waits for the attempts under way, and for further ones of
        the checks that have failed since they rose, so that a target that has
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
        is_decided = not self._undecided and not self.has_quorum
        return End.DECIDED if is_decided and not self.policy.wait else None

    def _good_end(self, now: float, under_way: int, late: bool) -> t.Optional[End]:
        settled = not under_way and not self._doubtful
        if self.policy.hold <= 0:
            return End.HEALTHY if settled or late else None
        if now >= self._held_at + self.policy.settling:
            return self._end_unsettled(now)
        return End.HELD if settled and self.is_closing(now) else None

    def _end_unsettled(self, now: float) -> End:
        """The end when checks could not be asked often enough to settle them: they have failed last, so they do not pass."""
        for target, rule in self._doubtful:
            self.records[target][rule].condemn()
            self._count_ready(target)
        self._doubtful.clear()
        self._follow_quorum(now, last_chance=False)
        return End.FELL if self._fell else End.HELD

    @property
    def _held_at(self) -> float:
        return math.inf if self.risen_at is None else self.risen_at + self.policy.hold

    def is_closing(self, now: float) -> bool:
        """Whether a good end only waits for what is not settled."""
        return now >= self._held_at

    def wants(self, target: int, rule: int, now: float) -> bool:
        """Whether a further attempt of a check should begin."""
        return not self.is_closing(now) or self.records[target][rule].is_doubtful

    def alarm(self, now: float) -> float:
        """When time alone may next bring the end, without any further attempt."""
        if self.risen_at is None or self.policy.hold <= 0:
            return self.started + self.policy.deadline
        return self._held_at + (self.policy.settling if self.is_closing(now) else 0.0)


def _composite(members: t.Sequence[t.Optional[bool]], needed: int) -> t.Optional[bool]:
    """Healthy as soon as enough members are, unhealthy as soon as too many are not."""
    healthy = sum(1 for member in members if member is True)
    unknown = sum(1 for member in members if member is None)
    if healthy >= needed:
        return True
    return None if healthy + unknown >= needed else False
