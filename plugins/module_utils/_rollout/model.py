# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a rollout as plain data.

PRIVATE to the collection. Everything here is frozen and free of I/O; times
are seconds since the epoch on the state host's clock, shares are 1/100 %.
"""

from __future__ import annotations

import dataclasses
import enum
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._rollout.observations import (
    Entry,
    Judged,
    MetricSeen,
    SplitSeen,
    with_judged,
    with_split,
)

SCHEMA = 4
"""Version of the journal's form; a reader refuses a higher one."""


RETIRING = "retiring"
"""Marks an abort that may have stopped the new pool's instances."""


class Status(str, enum.Enum):
    """Where a rollout as a whole stands."""

    RUNNING = "running"
    PAUSED = "paused"
    ABORTING = "aborting"
    FROZEN = "frozen"
    SUCCEEDED = "succeeded"
    ROLLED_BACK = "rolled_back"
    ABANDONED = "abandoned"
    SUPERSEDED = "superseded"

    @property
    def ended(self) -> bool:
        return self in (Status.SUCCEEDED, Status.ROLLED_BACK, Status.ABANDONED, Status.SUPERSEDED)


class Kind(str, enum.Enum):
    """What a step, and the action it asks for, does."""

    DEPLOY = "deploy"
    VALIDATE = "validate"
    GATE = "gate"
    SHIFT = "shift"
    BAKE = "bake"
    ANALYSE = "analyse"
    TASKS = "tasks"
    DRAIN = "drain"
    WARM = "warm"
    RETIRE = "retire"
    TAKE_OUT = "take_out"
    PUT_BACK = "put_back"
    TOGGLE = "toggle"
    BACKUP = "backup"
    END = "end"


WATCHES = (Kind.BAKE, Kind.ANALYSE)
"""What takes its time, and perhaps several actions."""


class Pause(str, enum.Enum):
    """Why a rollout is paused; it says what ``promote`` and ``resume`` may do."""

    GATE = "gate"
    REQUEST = "request"
    INCONCLUSIVE = "inconclusive"
    WORLD = "world"


class Result(str, enum.Enum):
    """How an action ended, as the role reports it."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"


@dataclasses.dataclass(frozen=True)
class Step:
    """One stage of the plan.

    :param pool: the pool it acts on
    :param hosts: the part of the pool that it acts on; empty for all of it
    :param floor: for a deploy to a part of a pool: how many others must be healthy meanwhile; for a shift: how many of a pool that gets more, 0 for all
    :param release: for a deploy: what the hosts are to have; empty for the release that is delivered
    :param shares: for a shift: the wanted share of each pool
    :param header: for a shift: the pool whose header route is open, or None
    :param mirror: for a shift: the part of the requests of which the pool gets a copy, 1/100 %
    :param seconds: for a bake, analyse or warm step: how long
    :param checks: for validate and bake: the named set of health checks
    :param analysis: for analyse: the name of the analysis
    :param learns: whether that only learns by how much the hosts differ before the release is on them
    :param background: for bake and analyse: the name of an analysis that goes along from step to step; empty for none
    :param file: for tasks: the file that holds them
    :param toggle: for a toggle: what is asked of it, as the module ``feature_toggle`` takes it
    :param was: for a toggle: its definition by host, None where there was none, when it is put back instead
    """

    kind: Kind
    pool: str
    hosts: t.Tuple[str, ...] = ()
    floor: int = 0
    release: str = ""
    shares: t.Optional[t.Mapping[str, int]] = None
    header: t.Optional[str] = None
    mirror: int = 0
    seconds: float = 0.0
    checks: str = ""
    analysis: str = ""
    learns: bool = False
    background: str = ""
    file: str = ""
    toggle: t.Optional[t.Mapping[str, t.Any]] = None
    was: t.Optional[t.Mapping[str, t.Any]] = None


@dataclasses.dataclass(frozen=True)
class Action:
    """What the run has to do next; written to the journal before it is done.

    :param seq: its number within the rollout; a report must carry it
    :param hosts: the part of the pool that it is about; empty for all of it
    :param floor: for a validation or a shift: how many of them must be healthy; 0 for all
    :param release: for a deploy: the release that the hosts are to have
    :param baseline: for bake and analyse: the pool that the release is compared with
    :param toggle: for a toggle: what is asked of it
    :param was: for a toggle: its definition by host, when it is put back
    :param opens: whether it begins its step, which one that takes several actions does once; a toggle is only looked at by it
    :param closes: whether it ends its step, unless it has to be repeated
    :param ends_background: whether the analysis in the background is to come to its verdict, as nothing follows in which it looks
    :param result: for ``end``: the rollout's status as the run ends
    :param reason: why, in words for a person
    """

    seq: int
    kind: Kind
    pool: str = ""
    hosts: t.Tuple[str, ...] = ()
    floor: int = 0
    release: str = ""
    baseline: str = ""
    shares: t.Optional[t.Mapping[str, int]] = None
    header: t.Optional[str] = None
    mirror: int = 0
    seconds: float = 0.0
    checks: str = ""
    analysis: str = ""
    learns: bool = False
    background: str = ""
    file: str = ""
    toggle: t.Optional[t.Mapping[str, t.Any]] = None
    was: t.Optional[t.Mapping[str, t.Any]] = None
    opens: bool = True
    closes: bool = True
    ends_background: bool = False
    result: str = ""
    reason: str = ""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of an action.

    :param decided: whether an analysis has come to its verdict before its time was over
    :param analysis: what it has seen, for the next action of its step
    :param background: what the analysis in the background has seen, for the next action that has one
    :param metrics: what the step's own analysis came to about each metric, for people
    :param offsets: what an analysis that only learns has learned
    :param was: the definition of a toggle by host, as it was found
    :param killed: whether its kill switch was found on at any of them
    :param backups: by host, the snapshot that was taken of its data, and how it was proven
    :param verdict: of the step's own analysis; None while it is open
    :param background_verdict: of that in the background
    :param background_metrics: what that came to about each metric
    """

    result: Result
    reason: str = ""
    decided: bool = False
    analysis: t.Optional[t.Mapping[str, t.Any]] = None
    background: t.Optional[t.Mapping[str, t.Any]] = None
    metrics: t.Tuple[MetricSeen, ...] = ()
    offsets: t.Optional[t.Mapping[str, t.Any]] = None
    was: t.Optional[t.Mapping[str, t.Any]] = None
    killed: bool = False
    backups: t.Mapping[str, t.Mapping[str, t.Any]] = dataclasses.field(default_factory=dict)
    verdict: t.Optional[str] = None
    background_verdict: t.Optional[str] = None
    background_metrics: t.Tuple[MetricSeen, ...] = ()


@dataclasses.dataclass(frozen=True)
class Observed:
    """One balancer's split as it was read: shares by pool, the pool of an open header route, and who gets copies of requests.

    :param mirrors: by pool, the part of the requests of which it gets a copy, 1/100 %
    :param out: by pool, the servers that were taken out
    """

    shares: t.Mapping[str, int]
    header: t.Optional[str] = None
    mirrors: t.Mapping[str, int] = dataclasses.field(default_factory=dict)
    out: t.Mapping[str, t.FrozenSet[str]] = dataclasses.field(default_factory=dict)

    @property
    def touches(self) -> t.Set[str]:
        """The pools that requests reach in any way."""
        reached = {pool for pool, share in self.shares.items() if share}
        return reached.union(self.mirrors, [self.header] if self.header else [])

    def share(self, pool: str) -> int:
        return self.shares.get(pool, 0)


@dataclasses.dataclass(frozen=True)
class World:
    """What is true outside the journal, observed just now.

    :param now: the state host's clock
    :param splits: by balancer; None for one that could not be read
    """

    now: float
    splits: t.Mapping[str, t.Optional[Observed]]

    @property
    def unreadable(self) -> t.List[str]:
        return sorted(name for name, split in self.splits.items() if split is None)

    @property
    def readable(self) -> t.List[Observed]:
        return [split for split in self.splits.values() if split is not None]

    @property
    def seen(self) -> SplitSeen:
        """All balancers in one: the mean of those that could be read."""
        readable = self.readable
        pools = sorted({pool for split in readable for pool in split.shares})
        shares = {pool: round(sum(split.share(pool) for split in readable) / len(readable)) for pool in pools}
        headers = [split.header for split in readable if split.header is not None]
        return SplitSeen(self.now, shares, headers[0] if headers else None)

    def highest_share(self, pool: str) -> int:
        """The largest share that any readable balancer gives *pool*."""
        return max((split.share(pool) for split in self.readable), default=0)

    def agrees(self, step: Step) -> bool:
        """Whether every balancer was read and carries out exactly what the shift *step* says."""
        wanted = Observed(_shared(step.shares or {}), step.header, {step.pool: step.mirror} if step.mirror else {})
        return not self.unreadable and all(
            dataclasses.replace(split, shares=_shared(split.shares), out={}) == wanted for split in self.readable
        )

    def all_out(self, pool: str, hosts: t.Collection[str]) -> bool:
        """Whether no readable balancer sends anything new to *hosts* of *pool*."""
        return all(split.out.get(pool, frozenset()).issuperset(hosts) for split in self.readable)

    def any_out(self, pool: str, hosts: t.Collection[str]) -> bool:
        """Whether a readable balancer has taken one of *hosts* of *pool* out."""
        return any(not split.out.get(pool, frozenset()).isdisjoint(hosts) for split in self.readable)


@dataclasses.dataclass(frozen=True)
class Options:
    """What the operator chose for one rollout.

    :param progress_deadline: seconds a step may take before the rollout aborts; 0 for none
    :param error_limit: consecutive errors of the checks themselves before the rollout pauses
    :param attempts: tries of a shift before the run aborts, or, while aborting, gives up and says so
    :param bake_slice: longest single bake action, seconds, so that the lease is renewed in between
    :param rollback_window: seconds after the end in which a rollback returns at once
    :param warm: seconds the old pool is kept running after the end; negative for until the next release
    :param stop_on_abort: stop the new pool's instances after an abort
    """

    progress_deadline: float = 1800.0
    error_limit: int = 4
    attempts: int = 3
    bake_slice: float = 30.0
    rollback_window: float = 3600.0
    warm: float = -1.0
    stop_on_abort: bool = False


@dataclasses.dataclass(frozen=True)
class Rollout:
    """One attempt to take an app from a release to another: all that the journal holds.

    :param position: index of the step to do next
    :param reached: the highest that it was before the plan began again
    :param baseline_pool: the pool on which the old release runs afresh, to compare the new one with; empty for none
    :param vouched: pools, and parts of pools by ``part`` of ``parts.py``, seen healthy in this run with nothing done to them since
    :param shifted: whether traffic for the new pool was ever intended
    :param unwound: which parts of an abort are done: ``deploy``, ``drain``, ``retire``; ``RETIRING`` once the last is begun; of batches see ``batches.py``
    :param request: ``pause``, ``rollback``, ``skip`` or ``skip_all``, asked for by someone without the lock
    :param request_step: the index of the step at which it was asked for
    :param request_by: the mark of the run that waits for the lock and asked for it, or for the pause that came of it; else empty
    :param intent: the action under way; None when nothing is
    :param baking_since: since when the present step is watched, time in which nobody could watch not counted
    :param analysis: what the analysis of the present step has seen, in this run and those before
    :param seen_before: by index of a step since the last shift, as text, what its analysis had seen when it was left
    :param closed: whether what the present step watches for itself is over, and the analysis in the background has yet to be heard
    :param background: what the analysis in the background has seen
    :param background_open: whether that has looked, and was not asked for its verdict yet
    :param offsets: by name of an analysis, what was learned for it before the release was on any host
    :param toggled: by the number of its step, the definition of each toggle by host before this rollout changed it
    :param backups: by host, the snapshot of its data that was taken before anything was changed, and how it was proven
    :param ramps: the name of the toggle that more and more users get a variant of, where no release is delivered; else empty
    :param supersedes: the id of the rollout whose place this one took before it had ended; empty for none
    :param splits_seen: what the balancers carried out, as it changed
    :param judged: every analysis so far, with its course
    """

    id: str
    app: str
    strategy: str
    old_pool: str
    new_pool: str
    from_release: t.Optional[str]
    to_release: str
    steps: t.Tuple[Step, ...]
    created_at: float
    progress_at: float
    irreversible: bool = False
    options: Options = Options()
    status: Status = Status.RUNNING
    pause: t.Optional[Pause] = None
    reason: str = ""
    position: int = 0
    reached: int = 0
    seq: int = 0
    errors: int = 0
    attempts: int = 0
    shifted: bool = False
    vouched: t.Tuple[str, ...] = ()
    unwound: t.Tuple[str, ...] = ()
    request: t.Optional[str] = None
    request_step: t.Optional[int] = None
    request_by: str = ""
    intent: t.Optional[Action] = None
    baking_since: t.Optional[float] = None
    analysis: t.Optional[t.Mapping[str, t.Any]] = None
    seen_before: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    closed: bool = False
    background: t.Optional[t.Mapping[str, t.Any]] = None
    background_open: bool = False
    offsets: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    toggled: t.Mapping[str, t.Mapping[str, t.Any]] = dataclasses.field(default_factory=dict)
    backups: t.Mapping[str, t.Mapping[str, t.Any]] = dataclasses.field(default_factory=dict)
    supersedes: str = ""
    baseline_pool: str = ""
    ramps: str = ""
    ended_at: t.Optional[float] = None
    entries: t.Tuple[Entry, ...] = ()
    splits_seen: t.Tuple[SplitSeen, ...] = ()
    judged: t.Tuple[Judged, ...] = ()

    @property
    def step(self) -> t.Optional[Step]:
        return self.steps[self.position] if self.position < len(self.steps) else None

    @property
    def furthest(self) -> int:
        """Index of the furthest step that was ever come to, for what may have to be undone."""
        return max(self.position, self.reached)

    @property
    def awaits_background(self) -> bool:
        """Whether the analysis in the background is to be heard before the present step ends, as it looks at none after it."""
        looking = [index for index, step in enumerate(self.steps) if step.background]
        return self.background_open and looking[-1:] == [self.position]

    @property
    def pools(self) -> t.Tuple[str, ...]:
        """All pools that it has to do with."""
        return tuple(filter(None, dict.fromkeys((self.old_pool, self.new_pool, self.baseline_pool))))

    @property
    def in_one_pool(self) -> bool:
        """Whether the hosts of one pool get the release one after the other, and no traffic moves to another pool."""
        return self.old_pool == self.new_pool

    @property
    def lands_on(self) -> str:
        """The pool that has all the traffic at the end."""
        whole = [pool for step in self.steps for pool, share in (step.shares or {}).items() if share == 10000]
        return whole[-1] if whole else self.new_pool

    def all_on(self, pool: str) -> t.Dict[str, int]:
        """The shares with everything on *pool*."""
        return {name: 10000 if name == pool else 0 for name in self.pools}

    def noting(self, at: float, what: str, text: str = "", action: t.Optional[Action] = None) -> Rollout:
        """The same rollout with one more line in its journal."""
        entry = Entry(at, what, text=text)
        if action is not None:
            step = None if self.status is Status.ABORTING else self.position
            entry = Entry(at, what, action.seq, action.kind.value, text, step)
        return dataclasses.replace(self, entries=self.entries + (entry,))

    def seeing(self, world: World) -> Rollout:
        """The same rollout, which knows what the balancers carry out, where it has to do with any."""
        if not world.splits:
            return self
        return dataclasses.replace(self, splits_seen=with_split(self.splits_seen, world.seen))

    def giving(self, users: t.Mapping[str, int], at: float) -> Rollout:
        """The same rollout, which knows how many users have which variant, 1/100 %."""
        return dataclasses.replace(self, splits_seen=with_split(self.splits_seen, SplitSeen(at, users)))

    def judging(self, action: Action, outcome: Outcome, at: float) -> Rollout:
        """The same rollout, which knows what each analysis came to; one that told nothing leaves it as it is."""
        begun = [entry.at for entry in self.entries if entry.seq == action.seq and entry.what == "intent"]
        part = Judged(begun[-1] if begun else at, at, self.position, action.analysis, outcome.verdict, outcome.metrics)
        judged = self.judged
        if action.analysis and outcome.metrics:
            judged = with_judged(judged, part, self.analysis is not None)
        if action.background and outcome.background_metrics:
            along = dataclasses.replace(
                part,
                analysis=action.background,
                verdict=outcome.background_verdict,
                metrics=outcome.background_metrics,
                background=True,
            )
            judged = with_judged(judged, along, self.background is not None)
        return dataclasses.replace(self, judged=judged)


def _shared(shares: t.Mapping[str, int]) -> t.Dict[str, int]:
    """The shares of those pools that have one."""
    return {pool: share for pool, share in shares.items() if share}
