# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of ``ansible-playbook`` is seen to do, and the events that are made of it.

PRIVATE to the collection. The callback makes observations of core's objects;
everything behind it knows only these.
"""

from __future__ import annotations

import dataclasses
import typing as t

Outcome = t.Literal["ok", "changed", "failed", "ignored", "skipped", "unreachable"]
OUTCOMES: t.Final[tuple[Outcome, ...]] = ("ok", "changed", "failed", "ignored", "skipped", "unreachable")


@dataclasses.dataclass(frozen=True)
class RunBegan:
    """The first that is seen.

    :param run: what tells this run from all others, everywhere
    :param at: seconds since the epoch, as all times
    :param playbook: its file's name, without folders
    :param labels: what the surroundings say of it, such as a job's number
    """

    run: str
    at: float
    playbook: str
    check: bool
    labels: t.Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class PlayBegan:
    at: float
    name: str


@dataclasses.dataclass(frozen=True)
class TaskBegan:
    """A task began, on however many hosts.

    :param task: core's identifier, which is one within a run
    :param action: the module or action, with its collection
    """

    at: float
    task: str
    name: str
    action: str
    role: str = ""


@dataclasses.dataclass(frozen=True)
class HostEnded:
    """A task ended on one host.

    :param began: when it began there
    :param attempts: how often it was tried, with ``until`` or the like
    :param said: what :mod:`_telemetry.said` lets through, which is nothing but of the collection's own modules
    :param problem: the name of the kind of failure, of the collection's own modules
    """

    at: float
    task: str
    host: str
    outcome: Outcome
    began: float
    attempts: int = 1
    said: tuple[t.Mapping[str, t.Any], ...] = ()
    problem: str = ""


@dataclasses.dataclass(frozen=True)
class RunEnded:
    """The last that is seen.

    :param hosts: what core counted of each host, by outcome
    """

    at: float
    hosts: t.Mapping[str, t.Mapping[str, int]]


Observation = RunBegan | PlayBegan | TaskBegan | HostEnded | RunEnded


@dataclasses.dataclass(frozen=True)
class Event:
    """One fact that happened.

    :param identifier: unique everywhere; whoever gets an event twice knows it by that
    :param kind: such as ``run.ended``, ``task.ended`` or ``traffic.shifted``
    :param about: run, playbook, app, rollout, release and host, as far as they are known
    :param labels: what the surroundings say of the run
    :param facts: figures and words of this kind; never a secret or an argument of a task
    """

    identifier: str
    at: float
    kind: str
    about: t.Mapping[str, str]
    facts: t.Mapping[str, t.Any]
    labels: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
