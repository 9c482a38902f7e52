# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the options of a task ask of a flag, and what a task is told of one.

PRIVATE to the collection. Pure: no I/O.
"""

from __future__ import annotations

import decimal
import math
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.audience import WHOLE, audience_of
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.change import Change, changed
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.interface import Decision, Definition
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.validation import check

STATES = {"enabled": "ENABLED", "disabled": "DISABLED"}
"""flagd's word for a state, by ours."""

PARTS = ("variants", "default_variant", "variant", "percent", "bucket_by", "allow", "deny", "description", "owner")
"""The options that change a part of a flag."""


def decision(params: t.Mapping[str, t.Any]) -> Decision:
    """What the task makes of the flag that it names.

    :raises InvalidOption: the options cannot mean anything, whatever the flag is
    """
    state = params["state"]
    given = [name for name in PARTS if params[name] is not None]
    if not params["name"]:
        raise InvalidOption("name: it is empty")
    if not 0 <= params["lock_timeout"] < math.inf:
        raise InvalidOption("lock_timeout: {0} is no number of seconds, 0 or more".format(params["lock_timeout"]))
    definition = params["definition"]
    if definition is not None and (given or state != "present"):
        raise InvalidOption("definition: it is the whole flag; leave out {0}".format(", ".join(given or ["state"])))
    if state == "absent" and given:
        raise InvalidOption("state: absent takes the flag away; leave out {0}".format(", ".join(given)))
    if state == "present" and not given and definition is None:
        raise InvalidOption("state: present says nothing by itself; give definition, or what is to change")
    if definition is not None:
        check(definition, "definition")
    if definition is not None or state == "absent":
        return lambda _was: t.cast("t.Optional[Definition]", definition)
    change = _change(params)

    def changed_and_valid(was: t.Optional[Definition]) -> Definition:
        after = changed(params["name"], was, change)
        check(after)
        return after

    return changed_and_valid


def _change(params: t.Mapping[str, t.Any]) -> Change:
    bucket_by = params["bucket_by"]
    if bucket_by is not None and (not bucket_by or bucket_by.startswith("$flagd.")):
        raise InvalidOption("bucket_by: '{0}' is no attribute of an evaluation context".format(bucket_by))
    return Change(
        state=STATES.get(params["state"]),
        variants=params["variants"],
        default_variant=params["default_variant"],
        variant=params["variant"],
        share=None if params["percent"] is None else share(params["percent"]),
        bucket_by=bucket_by,
        allow=None if params["allow"] is None else tuple(dict.fromkeys(params["allow"])),
        deny=None if params["deny"] is None else tuple(dict.fromkeys(params["deny"])),
        metadata={name: params[name] for name in ("description", "owner") if params[name] is not None},
    )


def share(percent: t.Any) -> int:
    """Per cent, as a person writes it, in 1/100 %; raises InvalidOption."""
    try:
        number = decimal.Decimal(str(percent)) * 100
    except decimal.InvalidOperation:
        number = decimal.Decimal("NaN")
    if isinstance(percent, bool) or not number.is_finite() or not 0 <= number <= WHOLE or number != int(number):
        raise InvalidOption("percent: {0!r} is no number from 0 to 100 with at most two decimals".format(percent))
    return int(number)


def told(definition: t.Optional[Definition]) -> t.Dict[str, t.Any]:
    """A flag as a result shows it: as it is, and who gets which variant where this collection says that."""
    audience = audience_of(definition) if definition else None
    return {
        "definition": definition,
        "audience": audience
        and {
            "variant": audience.variant,
            "percent": audience.percent(),
            "bucket_by": audience.bucket_by,
            "allow": list(audience.allow),
            "deny": list(audience.deny),
        },
    }
