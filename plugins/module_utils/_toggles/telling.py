# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task is told of a flag.

PRIVATE to the collection. Pure: no I/O.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._toggles import age, moments
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.interface import Definition
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.kill_switch import is_killed
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.metadata import metadata_of
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.plan import Plan, plan_of
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.version import version_of


def told(definition: t.Optional[Definition]) -> t.Dict[str, t.Any]:
    """A flag as a result shows it: as it is, and who gets which variant, and when, where this collection says that."""
    plan = (plan_of(definition) if definition else None) or Plan()
    audience = plan.audience
    return {
        "definition": definition,
        "version": version_of(definition),
        "killed": is_killed(definition),
        "audience": audience
        and {
            "variant": audience.variant,
            "percent": audience.percent(),
            "bucket_by": audience.bucket_by,
            "allow": list(audience.allow),
            "deny": list(audience.deny),
        },
        "rules": [{"when": rule.when, "variant": rule.variant} for rule in plan.rules],
        "schedule": _schedule(plan),
    }


def told_of_age(definition: Definition, at: int, stale_days: float) -> t.Dict[str, t.Any]:
    """How old a flag is at the moment *at*, and whether it has done its work."""
    changed = age.changed_at(definition)
    return {
        "changed_at": None if changed is None else moments.shown(changed),
        "expires": metadata_of(definition).get(age.EXPIRES),
        "expired": age.is_expired(definition, at),
        "stale": age.is_stale(definition, at, stale_days),
    }


def _schedule(plan: Plan) -> t.Optional[t.Dict[str, t.Optional[str]]]:
    if plan.since is None and plan.until is None:
        return None
    ends = {"from": plan.since, "until": plan.until}
    return {name: None if moment is None else moments.shown(moment) for name, moment in ends.items()}
