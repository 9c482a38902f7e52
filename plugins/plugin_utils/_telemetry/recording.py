# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observations become events, and what is known of a run grows by none of them.

PRIVATE to the collection. Pure: no I/O, no clock. What is kept is as large as
the tasks of a play, not as their results.
"""

from __future__ import annotations

import collections
import dataclasses
import heapq
import typing as t

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.model import (
    OUTCOMES,
    Event,
    HostEnded,
    Observation,
    PlayBegan,
    RunBegan,
    RunEnded,
    TaskBegan,
)

TROUBLE = ("failed", "unreachable")
BUSIEST = 10
"""Hosts of which the end of a run tells how long they worked."""


@dataclasses.dataclass
class _Task:
    """A task, over all hosts that came to its end since it was told of last."""

    began: TaskBegan
    play: str
    last: float
    outcomes: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    attempts: int = 0
    host_seconds: float = 0.0
    slowest: float = 0.0
    slowest_host: str = ""


class Recording:
    """What a run is seen to do, one observation after the other.

    An event's identifier is made of the run's and of how many came before it, so the same observations make the same events.
    """

    def __init__(self) -> None:
        self._began: RunBegan | None = None
        self._play: PlayBegan | None = None
        self._tasks: dict[str, _Task] = {}
        self._about: dict[str, str] = {}
        self._busy: dict[str, float] = collections.defaultdict(float)
        self._step: tuple[str, float] | None = None
        self._made = 0

    def events(self, seen: Observation) -> t.Iterator[Event]:
        """The events that *seen* makes; in the order in which things happened."""
        if isinstance(seen, RunBegan):
            self._began = seen
            self._about = {"run": seen.run, "playbook": seen.playbook}
            yield self._event("run.began", seen.at, {"check": seen.check})
        elif isinstance(seen, PlayBegan):
            yield from self._play_ended(seen.at)
            self._tasks.clear()
            self._play = seen
            yield self._event("play.began", seen.at, {"play": seen.name})
        elif isinstance(seen, TaskBegan):
            yield from self._tasks_ended()
            self._tasks.setdefault(seen.task, _Task(seen, self._play.name if self._play else "", seen.at))
        elif isinstance(seen, HostEnded):
            yield from self._host_ended(seen)
        else:
            yield from self._play_ended(seen.at)
            yield from self._run_ended(seen)

    def _host_ended(self, seen: HostEnded) -> t.Iterator[Event]:
        task = self._tasks.get(seen.task)
        if task is not None:
            task.outcomes[seen.outcome] += 1
            task.attempts += seen.attempts
            task.last = max(task.last, seen.at)
            seconds = max(0.0, seen.at - seen.began)
            task.host_seconds += seconds
            self._busy[seen.host] += seconds
            if seconds >= task.slowest:
                task.slowest, task.slowest_host = seconds, seen.host
        for said in seen.said:
            about = said["about"]
            self._about.update({name: about[name] for name in ("app", "rollout", "release") if name in about})
            facts = {**said["facts"], **(self._step_ended(seen.at, said) if said["kind"] == "rollout.moved" else {})}
            yield self._event(said["kind"], seen.at, facts, {**about, "host": seen.host})
        if seen.outcome in TROUBLE and task is not None:
            facts = {
                "task": task.began.name,
                "action": task.began.action,
                "outcome": seen.outcome,
                "attempts": seen.attempts,
                **({"problem": seen.problem} if seen.problem else {}),
            }
            yield self._event("host.failed", seen.at, facts, {"host": seen.host})

    def _step_ended(self, at: float, moved: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Which step of the rollout has ended by that, and how long it took; nothing at the first of a run."""
        before, self._step = self._step, (moved["facts"].get("next", ""), at)
        return {"step": before[0], "seconds": round(max(0.0, at - before[1]), 6)} if before and before[0] else {}

    def _tasks_ended(self) -> t.Iterator[Event]:
        """Tell of the tasks that hosts have ended; of one that other hosts come to later, as with the strategy free, that is told then."""
        for task in self._tasks.values():
            if task.outcomes:
                facts = {
                    "task": task.began.name,
                    "action": task.began.action,
                    "role": task.began.role,
                    "play": task.play,
                    "seconds": round(task.last - task.began.at, 6),
                    "attempts": task.attempts,
                    "host_seconds": round(task.host_seconds, 6),
                    "slowest": {"host": task.slowest_host, "seconds": round(task.slowest, 6)},
                    "outcomes": {outcome: task.outcomes[outcome] for outcome in OUTCOMES if task.outcomes[outcome]},
                }
                yield self._event("task.ended", task.last, facts)
                self._tasks[task.began.task] = _Task(task.began, task.play, task.last)

    def _play_ended(self, at: float) -> t.Iterator[Event]:
        yield from self._tasks_ended()
        if self._play is not None:
            yield self._event(
                "play.ended", at, {"play": self._play.name, "seconds": round(max(0.0, at - self._play.at), 6)}
            )

    def _run_ended(self, seen: RunEnded) -> t.Iterator[Event]:
        totals: collections.Counter[str] = collections.Counter()
        for counts in seen.hosts.values():
            totals.update(counts)
        failed = sorted(
            host for host, counts in seen.hosts.items() if counts.get("failures") or counts.get("unreachable")
        )
        facts = {
            "seconds": round(seen.at - self._began.at, 6) if self._began else 0.0,
            "outcome": "failed" if failed else "succeeded",
            "hosts": len(seen.hosts),
            "failed_hosts": failed,
            "totals": dict(sorted(totals.items())),
            "busiest": [
                {"host": host, "seconds": round(seconds, 6)}
                for host, seconds in heapq.nlargest(BUSIEST, self._busy.items(), key=lambda each: each[1])
            ],
        }
        yield self._event("run.ended", seen.at, facts)

    def _event(
        self, kind: str, at: float, facts: t.Mapping[str, t.Any], about: t.Mapping[str, str] | None = None
    ) -> Event:
        self._made += 1
        run = self._began.run if self._began else ""
        labels = self._began.labels if self._began else {}
        return Event(f"{run}-{self._made}", at, kind, {**self._about, **(about or {})}, dict(facts), labels)
