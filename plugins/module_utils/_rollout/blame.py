# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a rollout may be what an alert is about, so that taking it back may help.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Kind, Rollout, Status
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.strategies.steps import ROLLBACK

_TAKEN_BACK = (Status.ABORTING, Status.ROLLED_BACK, Status.ABANDONED, Status.SUPERSEDED)


@dataclasses.dataclass(frozen=True)
class Blame:
    """What an alert says of a rollout.

    :param rollout: the id of the one that is to blame; empty where none is
    :param reason: why, or why not
    """

    rollout: str
    reason: str


def blame(latest: t.Optional[Rollout], began: float, within: float) -> Blame:
    """Whether *latest*, the latest rollout of the app, is to blame.

    The same alert that comes again blames nothing: the way back began after it.

    :param began: when the alert did, in seconds since the epoch
    :param within: seconds after the end of a rollout in which it is to blame
    """
    if latest is None:
        return Blame("", "the app has no rollout")
    name = "rollout {0} to {1}".format(latest.id, latest.to_release)
    if latest.strategy == ROLLBACK:
        return Blame("", "{0} is a way back itself".format(name))
    if latest.status in _TAKEN_BACK:
        return Blame("", "{0} is {1}".format(name, latest.status.value))
    if latest.status is Status.FROZEN:
        return Blame("", "{0} is frozen, and needs a person: {1}".format(name, latest.reason))
    first = _first_traffic(latest)
    if first is None or first >= began:
        return Blame("", "{0} had given its release no traffic before the alert began".format(name))
    if latest.ended_at is not None and began - latest.ended_at > within:
        ago = (began - latest.ended_at) / 60
        return Blame("", "{0} ended {1:.0f} minutes before the alert began, which is too long ago".format(name, ago))
    return Blame(latest.id, "{0} has had traffic since shortly before the alert began".format(name))


def _first_traffic(rollout: Rollout) -> t.Optional[float]:
    """When traffic was first meant to come to the release; without a balancer that is when it was first put on a host."""
    if not rollout.shifted:
        return None
    for kinds in ((Kind.SHIFT, Kind.PUT_BACK), (Kind.DEPLOY,)):
        names = [kind.value for kind in kinds]
        at = [entry.at for entry in rollout.entries if entry.what == "intent" and entry.kind in names]
        if at:
            return min(at)
    return rollout.created_at
