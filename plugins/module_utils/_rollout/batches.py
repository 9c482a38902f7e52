# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pool that gets a release some hosts at a time, while the others serve.

PRIVATE to the collection. Pure. Each batch has two steps: a deploy to its hosts,
for which ``machine.py`` first makes sure that enough of the others are healthy
and that no balancer sends the batch anything, and the return of the batch into
its pool once it is healthy.

On the way back, :attr:`Rollout.unwound` says of a batch that its deploy, or all
of it, was undone; that the others are too few to do without it; and that it has
no healthy host itself, so that nothing is lost by taking it out.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._quorum import needed
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Kind, Rollout, Step
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.parts import part

DEPLOYED = "deployed "
UNDONE = "undone "
SHORT = "short of "
SPARE = "spare "
"""Before the name of a batch in ``unwound``."""

NO_FLOOR = "0"


@dataclasses.dataclass(frozen=True)
class Batching:
    """How much of a pool may be changed at once.

    :param floor: how many hosts of the pool must be healthy meanwhile: a count, or a percentage; ``0`` for none
    :param size: the most hosts of a batch; None for as many as the floor allows
    """

    floor: str = "50%"
    size: t.Optional[int] = None

    def floor_of(self, members: int) -> int:
        """The floor of a pool with so many hosts.

        :raises InvalidOption: for what is no number of hosts
        """
        return 0 if self.floor.strip() == NO_FLOOR else needed(self.floor, members, "floor")

    def largest(self, members: int) -> int:
        """How many hosts of so many are changed at once.

        :raises InvalidOption: when the floor leaves none, or the size is none
        """
        if self.size is not None and self.size < 1:
            raise InvalidOption("batch: {0} hosts at a time; it is 1 at least".format(self.size))
        free = members - self.floor_of(members)
        if free < 1:
            raise InvalidOption(
                "floor: {0} of {1} hosts leaves none that may be changed; {2} is the highest".format(
                    self.floor, members, members - 1
                )
            )
        return free if self.size is None else min(free, self.size)


def deploy_in_batches(
    pool: str, hosts: t.Sequence[str], batching: Batching, members: int, release: str = ""
) -> t.List[Step]:
    """The steps by which *hosts* of a pool of so many *members* get the release.

    :param release: what they are to have; empty for the release that is delivered
    """
    most = batching.largest(members)
    floor = batching.floor_of(members)
    steps = []
    for first in range(0, len(hosts), most):
        batch = tuple(hosts[first : first + most])
        steps += [
            Step(Kind.DEPLOY, pool, hosts=batch, floor=floor, release=release),
            Step(Kind.PUT_BACK, pool, hosts=batch),
        ]
    return steps


def batches_of(steps: t.Iterable[Step]) -> t.List[Step]:
    """The deploys among *steps* that are of a part of a pool."""
    return [step for step in steps if step.kind is Kind.DEPLOY and step.hosts]


def in_batches(rollout: Rollout) -> bool:
    """Whether any pool gets the release some hosts at a time."""
    return bool(batches_of(rollout.steps))


def members(rollout: Rollout, pool: str) -> t.Tuple[str, ...]:
    """The hosts of a pool that gets the release in batches, in the order of the plan."""
    named = [host for step in batches_of(rollout.steps) if step.pool == pool for host in step.hosts]
    return tuple(dict.fromkeys(named))


def others(rollout: Rollout, batch: Step) -> t.Tuple[str, ...]:
    """The hosts of the pool that are not in *batch*."""
    return tuple(host for host in members(rollout, batch.pool) if host not in batch.hosts)


def touched(rollout: Rollout) -> t.List[Step]:
    """The batches that may not have the earlier release, the last one first.

    Those that a plan gives the earlier release had another one before, whether it has come to them or not.
    """
    return [
        step
        for index, step in reversed(list(enumerate(rollout.steps)))
        if step.kind is Kind.DEPLOY
        and step.hosts
        and (index <= rollout.furthest or step.release == rollout.from_release)
    ]


def rest_of(rollout: Rollout, pool: str) -> int:
    """How many hosts of *pool* will do for all its traffic: while some may be out, those that are never changed with them; else 0 for all."""
    floors = [max(1, batch.floor) for batch in touched(rollout) if batch.pool == pool]
    return max(floors, default=0)


def with_release(rollout: Rollout) -> t.Tuple[str, ...]:
    """The hosts that got the release in batches so far, in the order of the plan."""
    done = [
        step for step in batches_of(rollout.steps[: rollout.position]) if UNDONE + name(step) not in rollout.unwound
    ]
    hosts = [host for step in done if step.release in ("", rollout.to_release) for host in step.hosts]
    return tuple(dict.fromkeys(hosts))


def back_again(rollout: Rollout, release: str) -> t.List[Step]:
    """The steps by which all hosts that *rollout* changes in batches get *release*, as many at a time as there."""
    steps: t.List[Step] = []
    for step in batches_of(rollout.steps):
        steps += [dataclasses.replace(step, release=release), Step(Kind.PUT_BACK, step.pool, hosts=step.hosts)]
    return steps


def undo(rollout: Rollout) -> t.List[Step]:
    """The steps by which all hosts that *rollout* has changed get the earlier release again."""
    steps: t.List[Step] = []
    for step in touched(rollout):
        if UNDONE + name(step) not in rollout.unwound:
            release = rollout.from_release or ""
            steps += [dataclasses.replace(step, release=release), Step(Kind.PUT_BACK, step.pool, hosts=step.hosts)]
    return steps


def name(batch: Step) -> str:
    """What a batch is called among those that are vouched for, or undone."""
    return part(batch.pool, batch.hosts)
