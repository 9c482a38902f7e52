# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a flag becomes when a task changes it.

PRIVATE to the collection. Pure: no I/O.
"""

from __future__ import annotations

import copy
import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.audience import Audience
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import (
    ForeignTargeting,
    UnknownToggle,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.interface import Definition
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.metadata import metadata_of, with_metadata
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.plan import Plan, Rule, plan_of, written
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.validation import none_of

NO_MOMENT = 0
"""In place of a moment: there is none any more."""


@dataclasses.dataclass(frozen=True)
class Change:
    """What a task asks of a flag; None, or nothing, leaves as it is what the flag has.

    :param state: ``ENABLED`` or ``DISABLED``
    :param share: 1/100 % of the keys that get *variant*
    :param rules: rules of one's own, all of them
    :param since: seconds since 1970 before which everyone gets the default, or :data:`NO_MOMENT`
    :param until: seconds since 1970 from which everyone gets it again, or :data:`NO_MOMENT`
    :param metadata: what is said of the flag, by field; an empty text takes the field away
    """

    state: t.Optional[str] = None
    variants: t.Optional[t.Mapping[str, t.Any]] = None
    default_variant: t.Optional[str] = None
    variant: t.Optional[str] = None
    share: t.Optional[int] = None
    bucket_by: t.Optional[str] = None
    allow: t.Optional[t.Tuple[str, ...]] = None
    deny: t.Optional[t.Tuple[str, ...]] = None
    rules: t.Optional[t.Tuple[Rule, ...]] = None
    since: t.Optional[int] = None
    until: t.Optional[int] = None
    metadata: t.Mapping[str, str] = dataclasses.field(default_factory=dict)

    def audience(self) -> t.Dict[str, t.Any]:
        """What is asked of who gets the variant."""
        asked = {name: getattr(self, name) for name in ("variant", "share", "bucket_by", "allow", "deny")}
        return {name: value for name, value in asked.items() if value is not None}


def changed(name: str, was: t.Optional[Definition], change: Change) -> Definition:
    """The flag *name* that *was* so (None: there is none) after *change*; it may break the schema.

    :raises UnknownToggle: there is none, and *change* does not say its variants
    :raises ForeignTargeting: it has rules of somebody else's, which those that are asked for would replace
    :raises InvalidOption: what is asked does not go together
    """
    if was is None and change.variants is None:
        raise UnknownToggle("name: there is no flag '{0}'".format(name))
    before: Definition = was or {}
    after = copy.deepcopy(before)
    after["state"] = change.state or after.get("state", "ENABLED")
    if change.variants is not None:
        after["variants"] = dict(change.variants)
    if change.default_variant is not None:
        after["defaultVariant"] = change.default_variant
        _check_there("default_variant", change.default_variant, after)
    _set_targeting(after, before, change)
    if change.metadata:
        said = {**metadata_of(after), **change.metadata}
        after = with_metadata(after, {field: text for field, text in said.items() if text != ""})
    return after


def _set_targeting(after: Definition, before: Definition, change: Change) -> None:
    """Put the rules for who gets what, and when, that *change* asks for into *after*."""
    known, others = plan_of(before), after.get("defaultVariant")
    had = known or Plan()
    # Nobody to allow or deny is no audience.
    asked = {part: value for part, value in change.audience().items() if had.audience or value != ()}
    anything = bool(asked or change.rules or change.since or change.until)
    if known is None and anything:
        raise ForeignTargeting(
            "the flag has targeting rules of somebody else's, which a share, rules or a schedule would replace"
        )
    moved = had != Plan() and others != before.get("defaultVariant")
    if known is None or not (anything or moved or _takes_away(change, had)):
        return
    if not others:
        raise InvalidOption(
            "default_variant: it is what those get who are not in the share, and whom no rule fits; say which"
        )
    audience = _audience(after, had.audience, asked, others)
    rules = had.rules if change.rules is None else change.rules
    for rule in rules:
        if isinstance(rule.variant, str):
            _check_there("rules", rule.variant, after)
    plan = Plan(audience, rules, _moment(change.since, had.since), _moment(change.until, had.until))
    if plan.since is not None and plan.until is not None and plan.since >= plan.until:
        raise InvalidOption("until: it is not after from")
    if audience or rules:
        after["targeting"] = written(plan, others)
    elif plan != Plan():
        raise InvalidOption(
            "from, until: everyone gets {0}, so there is nothing to do at that time; give percent or rules, "
            "or take the schedule away with from: '' and until: ''".format(others)
        )
    else:
        after.pop("targeting", None)


def _takes_away(change: Change, had: Plan) -> bool:
    """Whether *change* takes something of the plan away, and asks for nothing else."""
    gone = ((change.rules, had.rules), (change.since, had.since), (change.until, had.until))
    return any(wanted is not None and is_there for wanted, is_there in gone)


def _moment(wanted: t.Optional[int], had: t.Optional[int]) -> t.Optional[int]:
    return had if wanted is None else wanted or None


def _audience(
    after: Definition, had: t.Optional[Audience], asked: t.Mapping[str, t.Any], others: str
) -> t.Optional[Audience]:
    """Who gets the variant of the share; None when that has become everyone's."""
    if not had and not asked:
        return None
    wanted = {"share": 0, **(dataclasses.asdict(had) if had else {}), **asked}
    if "variant" not in wanted:
        wanted["variant"] = _other(after, others)
    audience = Audience(**wanted)
    _check_there("variant", audience.variant, after)
    both = sorted(set(audience.allow) & set(audience.deny))
    if both:
        raise InvalidOption("allow, deny: {0} in both".format(", ".join(both)))
    if audience.variant != others:
        return audience
    if {"variant", "share"} & set(asked):
        raise InvalidOption("variant: {0} is the default variant, which everyone else gets".format(others))
    if audience.deny:
        raise InvalidOption(
            "default_variant: {0} would get {1} with everyone else, and is denied it; give deny: []".format(
                ", ".join(audience.deny), audience.variant
            )
        )
    return None


def _check_there(option: str, variant: str, definition: Definition) -> None:
    variants = definition.get("variants") or {}
    if variant not in variants:
        raise InvalidOption("{0}: {1}".format(option, none_of(variant, variants)))


def _other(definition: Definition, default: str) -> str:
    """The variant of two that is not the default."""
    names: t.List[str] = [name for name in definition.get("variants", {}) if name != default]
    if len(names) != 1:
        raise InvalidOption(
            "variant: say which of {0} the share gets".format(", ".join(names) or "the variants, beside the default,")
        )
    return names[0]
