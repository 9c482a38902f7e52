# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves of a rollout that change the journal and touch nothing outside.

PRIVATE to the collection. Pure. When each is made, ``machine.py``,
``commands.py`` and ``operator_requests.py`` say.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import (
    Action,
    Kind,
    Pause,
    Rollout,
    Status,
    Step,
    World,
)

Proposal = t.Union[Action, Rollout]
"""Either something to do outside, or a rollout that moved on without touching anything."""


def abort(rollout: Rollout, reason: str, world: World) -> Rollout:
    """Turn a rollout round: back to the old pool, or frozen where there is no safe way back."""
    turned = dataclasses.replace(rollout, reason=reason, attempts=0, errors=0, pause=None, vouched=())
    if must_stay(rollout, world):
        return freeze(turned, reason + "; the release is irreversible", world)
    if rollout.from_release is None and world.highest_share(rollout.new_pool) > 0:
        return freeze(turned, reason + "; there is no earlier release to return to", world)
    return dataclasses.replace(turned, status=Status.ABORTING).noting(world.now, "abort", reason)


def must_stay(rollout: Rollout, world: World) -> bool:
    """Whether the new release is irreversible and may have served: by this rollout, or by somebody else once it was deployed."""
    deployed = any(
        step.kind is Kind.DEPLOY and step.release in ("", rollout.to_release)
        for step in rollout.steps[: rollout.furthest]
    )
    return rollout.irreversible and (rollout.shifted or (deployed and world.highest_share(rollout.new_pool) > 0))


def pause(rollout: Rollout, why: Pause, reason: str, world: World) -> Rollout:
    """Stop here until a person decides; nothing outside changes."""
    held = dataclasses.replace(rollout, status=Status.PAUSED, pause=why, reason=reason)
    return held.noting(world.now, "pause", reason)


def freeze(rollout: Rollout, reason: str, world: World) -> Rollout:
    """Leave everything as it is, for a person to look at."""
    return dataclasses.replace(rollout, status=Status.FROZEN, reason=reason).noting(world.now, "freeze", reason)


def finish(rollout: Rollout, status: Status, world: World) -> Rollout:
    """The rollout ended in *status*."""
    ended_at = world.now if rollout.ended_at is None else rollout.ended_at
    reason = rollout.reason if status is Status.ROLLED_BACK else ""
    done = dataclasses.replace(rollout, status=status, ended_at=ended_at, reason=reason, vouched=(), request=None)
    return done.noting(world.now, "end", status.value)


def next_step(rollout: Rollout, world: World) -> Rollout:
    """At the start of the step after the present one."""
    on = at_step(dataclasses.replace(rollout, progress_at=world.now), rollout.position + 1)
    if rollout.step is not None and rollout.step.kind is Kind.SHIFT:
        # Nobody comes back to what was before the last shift.
        later = {index: seen for index, seen in on.seen_before.items() if int(index) > rollout.position}
        on = dataclasses.replace(on, seen_before=later)
    return on


def end_watch(rollout: Rollout, world: World) -> Rollout:
    """Past the step that watches; not before the analysis in the background is heard, where it is the last at which that looks."""
    if rollout.awaits_background:
        return dataclasses.replace(rollout, closed=True)
    return next_step(rollout, world)


def at_its_start(rollout: Rollout) -> Rollout:
    """The rollout at the start of its present step, of which only an analysis that it has left before has seen anything."""
    seen = rollout.seen_before.get(str(rollout.position))
    return dataclasses.replace(rollout, attempts=0, baking_since=None, analysis=seen, closed=False)


def at_step(rollout: Rollout, position: int) -> Rollout:
    """The rollout at the start of another step; what the analysis of the present one has seen is kept, as it may come back to it."""
    seen = dict(rollout.seen_before)
    if rollout.analysis is not None:
        seen[str(rollout.position)] = rollout.analysis
    return at_its_start(dataclasses.replace(rollout, position=position, reached=rollout.furthest, seen_before=seen))


def cannot_read(world: World) -> str:
    """Which balancers cannot be read, in words."""
    return "balancer {0} cannot be read".format(", ".join(world.unreadable))


def does_not(what: str, batch: Step, rollout: Rollout) -> str:
    """That the balancers do not do *what* with the servers of *batch*, in words."""
    return "the balancers do not {0} {1} after {2} tries".format(what, ", ".join(batch.hosts), rollout.attempts)


def with_name(names: t.Tuple[str, ...], name: str) -> t.Tuple[str, ...]:
    """*names* with *name*, once."""
    return names if name in names else names + (name,)
