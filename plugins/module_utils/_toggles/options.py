# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the options of a task ask of a flag.

PRIVATE to the collection. Pure: no I/O.
"""

from __future__ import annotations

import decimal
import math
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._toggles import moments
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.age import stamped
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.audience import WHOLE
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.change import (
    NO_MOMENT,
    Change,
    changed,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.evaluators import check_declared
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.interface import Decision, Definition
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.kill_switch import (
    beneath,
    is_killed,
    killed,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.plan import Rule
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.validation import check, check_rule
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.version import only_from

STATES = {"enabled": "ENABLED", "disabled": "DISABLED"}
"""flagd's word for a state, by ours."""

SAID = ("description", "owner", "expires")
"""The options that say something of a flag; the fields of its metadata."""

PARTS = (
    "variants",
    "default_variant",
    "variant",
    "percent",
    "bucket_by",
    "allow",
    "deny",
    "rules",
    "from",
    "until",
    "killed",
    *SAID,
)
"""The options that change a part of a flag."""

WHOLE_FLAG = ("definition", "rollback")
"""The options that are all of a flag."""

Earlier = t.Callable[[int], t.Mapping[str, Definition]]
"""The flags as they were in a revision."""


def decision(
    params: t.Mapping[str, t.Any], at: t.Optional[int] = None, earlier: t.Optional[Earlier] = None
) -> Decision:
    """What the task makes of the flag that it names.

    :param at: when that is, in seconds since 1970; the flag keeps it. None where what keeps the flags knows it itself
    :param earlier: None where there are no revisions
    :raises InvalidOption: the options cannot mean anything, whatever the flag is
    :raises DeliveryError: the revision cannot be had
    """
    _check_together(params)
    decide = _decision(params, earlier)

    def decided(was: t.Optional[Definition]) -> t.Optional[Definition]:
        now = decide(was)
        return now if at is None else stamped(was, now, at)

    version = params["expected_version"]
    return decided if version is None else only_from(version, decided)


def _check_together(params: t.Mapping[str, t.Any]) -> None:
    state = params["state"]
    given = [name for name in PARTS if params[name] is not None]
    whole = [name for name in WHOLE_FLAG if params[name] is not None]
    for option in ("name", "environment"):
        if params[option] == "":
            raise InvalidOption("{0}: it is empty".format(option))
    if not 0 <= params["lock_timeout"] < math.inf:
        raise InvalidOption("lock_timeout: {0} is no number of seconds, 0 or more".format(params["lock_timeout"]))
    if params["keep_revisions"] is not None and params["keep_revisions"] < 1:
        raise InvalidOption("keep_revisions: {0} is no number from 1".format(params["keep_revisions"]))
    if whole and (given or whole[1:] or state != "present"):
        raise InvalidOption(
            "{0}: it is the whole flag; leave out {1}".format(whole[0], ", ".join([*whole[1:], *given] or ["state"]))
        )
    if state == "absent" and given:
        raise InvalidOption("state: absent takes the flag away; leave out {0}".format(", ".join(given)))
    if state == "present" and not given and not whole and not params["evaluators"]:
        raise InvalidOption("state: present says nothing by itself; give definition, or what is to change")
    check_declared(params["evaluators"] or {})


def _decision(params: t.Mapping[str, t.Any], earlier: t.Optional[Earlier]) -> Decision:
    """What becomes of the flag, without when, and whatever version it has."""
    if params["state"] == "absent":
        return lambda _was: None
    if params["rollback"] is not None:
        if earlier is None:
            raise InvalidOption("rollback: only a file has revisions")
        definition = earlier(params["rollback"]).get(params["name"])
        if definition is not None:
            check(definition, "rollback")
        return lambda was: definition and _whole(definition, was)
    if params["definition"] is not None:
        check(params["definition"], "definition")
        return lambda was: _whole(params["definition"], was)
    change = _change(params)

    def changed_and_valid(was: t.Optional[Definition]) -> Definition:
        after = changed(params["name"], was and beneath(was), change)
        check(after)
        dead = is_killed(was) if params["killed"] is None else params["killed"]
        return killed(after) if dead else after

    return changed_and_valid


def _whole(definition: Definition, was: t.Optional[Definition]) -> Definition:
    """A flag given whole in place of another, whose kill switch it leaves on."""
    return killed(definition) if is_killed(was) else definition


def _change(params: t.Mapping[str, t.Any]) -> Change:
    bucket_by = params["bucket_by"]
    if bucket_by is not None and (not bucket_by or bucket_by.startswith("$flagd.")):
        raise InvalidOption("bucket_by: '{0}' is no attribute of an evaluation context".format(bucket_by))
    said = {name: params[name] for name in SAID if params[name] is not None}
    if said.get("expires"):
        said["expires"] = moments.read_day(said["expires"], "expires")
    return Change(
        state=STATES.get(params["state"]),
        variants=params["variants"],
        default_variant=params["default_variant"],
        variant=params["variant"],
        share=None if params["percent"] is None else share(params["percent"]),
        bucket_by=bucket_by,
        allow=None if params["allow"] is None else tuple(dict.fromkeys(params["allow"])),
        deny=None if params["deny"] is None else tuple(dict.fromkeys(params["deny"])),
        rules=None if params["rules"] is None else _rules(params["rules"]),
        since=_moment(params, "from"),
        until=_moment(params, "until"),
        metadata=said,
    )


def _rules(given: t.Sequence[t.Mapping[str, t.Any]]) -> t.Tuple[Rule, ...]:
    for number, rule in enumerate(given):
        for part, kinds in (("when", dict), ("variant", (str, dict))):
            option = "rules.{0}.{1}".format(number, part)
            if not isinstance(rule[part], kinds) or not rule[part]:
                raise InvalidOption(
                    "{0}: {1!r} is no rule{2}".format(option, rule[part], " or name" if part == "variant" else "")
                )
            check_rule(rule[part], option)
    return tuple(Rule(rule["when"], rule["variant"]) for rule in given)


def _moment(params: t.Mapping[str, t.Any], option: str) -> t.Optional[int]:
    text = params[option]
    if text is None:
        return None
    return moments.read(text, option) if text else NO_MOMENT


def share(percent: t.Any) -> int:
    """Per cent, as a person writes it, in 1/100 %; raises InvalidOption."""
    try:
        number = decimal.Decimal(str(percent)) * 100
    except decimal.InvalidOperation:
        number = decimal.Decimal("NaN")
    if isinstance(percent, bool) or not number.is_finite() or not 0 <= number <= WHOLE or number != int(number):
        raise InvalidOption("percent: {0!r} is no number from 0 to 100 with at most two decimals".format(percent))
    return int(number)
