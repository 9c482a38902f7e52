# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody without the lock has asked of the run that is under way.

PRIVATE to the collection. Pure. The run finds the request in the journal before its next action.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import (
    WATCHES,
    Kind,
    Pause,
    Rollout,
    Status,
    World,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.moves import (
    abort,
    at_its_start,
    end_watch,
    must_stay,
    pause,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.steps import ROLLBACK, unjudged

SKIP = "skip"
"""A request to go past the step that watches."""
SKIP_ALL = "skip_all"
"""A request to go on without any further verdict."""
PAUSE = "pause"
"""A request to stop until somebody goes on."""
TURN_ROUND = "rollback"
"""A request to put the earlier release back."""

_RANKS = (SKIP, SKIP_ALL, PAUSE, TURN_ROUND)
"""What can be asked, the more careful the later: it takes the place of what comes before it, never of what comes after."""


def ask(rollout: Rollout, what: str, by: str, now: float) -> Rollout:
    """The rollout, of which *what* is asked; as it was where that, or what is more careful, was asked already.

    :param by: the mark of a run that waits for the lock, and takes it back when it waits no longer; empty for a person
    """
    before = rollout.request
    if before == what:
        return rollout if by else dataclasses.replace(rollout, request_by="")
    if before is not None and _RANKS.index(before) > _RANKS.index(what):
        said = "{0} was asked for after {1}, which comes first".format(what, before)
        return rollout if by else rollout.noting(now, "refused", said)
    asked = dataclasses.replace(rollout, request=what, request_step=rollout.position, request_by=by)
    return asked.noting(now, "request", what)


def withdraw(rollout: Rollout, by: str, now: float) -> Rollout:
    """The rollout without what the run *by*, which waits no longer, asked of it; as it was where that is nothing."""
    if rollout.request is None or rollout.request_by != by:
        return rollout
    return _heard(rollout).noting(now, "withdrawn", rollout.request)


def can_turn_round(rollout: Rollout, world: World) -> bool:
    """Whether a rollback can be asked of it: it is no way back itself, and its release may go."""
    return rollout.strategy != ROLLBACK and not must_stay(rollout, world)


def can_give_way(rollout: Rollout, world: World) -> bool:
    """Whether traffic can go back to the release before *rollout*, which still runs, and may, so that another can take its place."""
    retired = any(
        step.kind is Kind.RETIRE and step.pool == rollout.old_pool for step in rollout.steps[: rollout.furthest + 1]
    )
    return (
        rollout.status is not Status.FROZEN
        and rollout.from_release is not None
        and not retired
        and can_turn_round(rollout, world)
    )


def heed(rollout: Rollout, world: World) -> Rollout:
    """The rollout after what was asked of it: done, or refused where it cannot be."""
    asked = rollout.request
    if asked is None:
        return rollout
    heard = _heard(rollout)
    if rollout.status is not Status.RUNNING:
        return heard
    if asked == PAUSE:
        return _stop(heard, rollout.request_by, world)
    if asked in (SKIP, SKIP_ALL):
        return _skip_all(heard, world) if asked == SKIP_ALL else _skip(heard, rollout.request_step, world)
    if not can_turn_round(rollout, world):
        return heard.noting(world.now, "refused", "a rollback was asked for, which this rollout is, or cannot have")
    return abort(heard, "an operator asked for a rollback", world)


def _heard(rollout: Rollout) -> Rollout:
    """The rollout of which nothing is asked."""
    return dataclasses.replace(rollout, request=None, request_step=None, request_by="")


def _stop(rollout: Rollout, by: str, world: World) -> Rollout:
    """Paused, for a person or for the delivery *by*, which cannot take its place where traffic cannot go back."""
    if not by:
        return pause(rollout, Pause.REQUEST, "an operator asked for a pause", world)
    if not can_give_way(rollout, world):
        return rollout.noting(world.now, "refused", "a delivery asked for a pause, to take a place that it cannot have")
    paused = pause(rollout, Pause.REQUEST, "a delivery that is to take its place asked for a pause", world)
    return dataclasses.replace(paused, request_by=by)


def _skip_all(rollout: Rollout, world: World) -> Rollout:
    """Past all that judges the release from here on."""
    steps = unjudged(rollout.steps, rollout.position)
    said = "an operator asked to go on without further verdicts"
    unjudging = dataclasses.replace(rollout, steps=steps, seen_before={}, background_open=False)
    return at_its_start(unjudging).noting(world.now, "skip", said)


def _skip(rollout: Rollout, asked_at: t.Optional[int], world: World) -> Rollout:
    """Past the step that watches, if it was asked for there: a request is heard after the action, which may have ended its step."""
    step = rollout.step
    if asked_at is not None and asked_at != rollout.position:
        over = rollout.steps[asked_at].kind.value
        return rollout.noting(world.now, "refused", "step {0}, which was to be skipped, is over".format(over))
    if step is None or step.kind not in WATCHES:
        said = "there is nothing to skip at step {0}".format(step.kind.value if step else "end")
        return rollout.noting(world.now, "refused", said)
    return end_watch(rollout.noting(world.now, "skip", "an operator asked to skip {0}".format(step.kind.value)), world)
