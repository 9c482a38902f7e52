# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How old a flag is, and whether it has done its work.

PRIVATE to the collection. Pure: no I/O. The metadata of a flag keeps when
what it gives was last changed; a new owner or description is no such change.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._toggles import kill_switch, moments
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.audience import WHOLE
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.interface import Definition
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.metadata import metadata_of, with_metadata
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.plan import plan_of

CHANGED = "changed_at"
EXPIRES = "expires"
"""Fields of the metadata."""

GIVING = ("state", "variants", "defaultVariant", "targeting")
"""The fields that say what a flag gives."""

DAY = 24 * 60 * 60


def stamped(was: t.Optional[Definition], now: t.Optional[Definition], at: int) -> t.Optional[Definition]:
    """The flag *now* with the moment of its last change: *at*, in seconds since 1970, or that which the flag has that *was*.

    It is *was* itself where nothing but the moment differs, so that a flag given whole, with a moment of its own, is no change.
    """
    if now is None:
        return None
    if was is not None and _without_moment(was) == _without_moment(now):
        return was
    kept = was is not None and all(was.get(field) == now.get(field) for field in GIVING)
    moment = metadata_of(was).get(CHANGED) if kept else moments.shown(at)
    plain = _without_moment(now)
    return plain if moment is None else with_metadata(plain, {**metadata_of(plain), CHANGED: moment})


def changed_at(definition: Definition) -> t.Optional[int]:
    """When what the flag gives was last changed; None when it does not say."""
    return moments.read_or_none(metadata_of(definition).get(CHANGED))


def is_expired(definition: Definition, at: int) -> bool:
    """Whether the flag's last day is over, in UTC."""
    try:
        last = datetime.date.fromisoformat(metadata_of(definition)[EXPIRES])
    except (KeyError, TypeError, ValueError):
        return False
    return datetime.datetime.fromtimestamp(at, datetime.timezone.utc).date() > last


def is_settled(definition: Definition, at: int) -> bool:
    """Whether everyone gets one variant at the moment *at* and later: none, the default, or that of a share of 0 or 100 %.

    Keys that are allowed or denied do not count. Rules that are somebody's own do: nobody knows whom they fit.
    """
    if definition.get("state") == "DISABLED" or kill_switch.is_killed(definition):
        return True
    plan = plan_of(definition)
    if plan is None:
        return False
    if plan.until is not None:
        return plan.until <= at
    if plan.rules or (plan.since is not None and plan.since > at):
        return False
    return plan.audience is None or plan.audience.share in {0, WHOLE}


def is_stale(definition: Definition, at: int, days: float) -> bool:
    """Whether the flag has been settled, and not been changed, for more than *days*; not when nobody knows since when."""
    changed = changed_at(definition)
    return changed is not None and at - changed > days * DAY and is_settled(definition, at - int(days * DAY))


def _without_moment(definition: Definition) -> Definition:
    return with_metadata(
        definition, {name: value for name, value in metadata_of(definition).items() if name != CHANGED}
    )
