# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody without the lock has asked of the run that is under way.

PRIVATE to the collection. Pure. The run finds the request in the journal before its next action.
"""

from __future__ import annotations

import dataclasses

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


def heed(rollout: Rollout, world: World) -> Rollout:
    """The rollout after what was asked of it: done, or refused where it cannot be."""
    asked = rollout.request
    if asked is None:
        return rollout
    heard = dataclasses.replace(rollout, request=None)
    if rollout.status is not Status.RUNNING:
        return heard
    if asked == "rollback" and (rollout.strategy == ROLLBACK or must_stay(rollout, world)):
        return heard.noting(world.now, "refused", "a rollback was asked for, which this rollout is, or cannot have")
    if asked == "pause":
        return pause(heard, Pause.REQUEST, "an operator asked for a pause", world)
    if asked in (SKIP, SKIP_ALL):
        return _skip(heard, asked == SKIP_ALL, world)
    return abort(heard, "an operator asked for a rollback", world)


def _skip(rollout: Rollout, everything: bool, world: World) -> Rollout:
    """Past the step that watches or waits, or past all that judges the release from here on."""
    step = rollout.step
    if everything:
        steps = unjudged(rollout.steps, rollout.position)
        said = "an operator asked to go on without further verdicts"
        unjudging = dataclasses.replace(rollout, steps=steps, seen_before={}, background_open=False)
        return at_its_start(unjudging).noting(world.now, "skip", said)
    if step is None or step.kind not in (Kind.GATE, *WATCHES):
        said = "there is nothing to skip at step {0}".format(step.kind.value if step else "end")
        return rollout.noting(world.now, "refused", said)
    return end_watch(rollout.noting(world.now, "skip", "an operator asked to skip {0}".format(step.kind.value)), world)
