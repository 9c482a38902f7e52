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
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.audience import (
    Audience,
    audience_of,
    targeting,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import (
    ForeignTargeting,
    UnknownToggle,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.interface import Definition
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.validation import none_of


@dataclasses.dataclass(frozen=True)
class Change:
    """What a task asks of a flag; None, or nothing, leaves as it is what the flag has.

    :param state: ``ENABLED`` or ``DISABLED``
    :param share: 1/100 % of the keys that get *variant*
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
    metadata: t.Mapping[str, str] = dataclasses.field(default_factory=dict)

    def audience(self) -> t.Dict[str, t.Any]:
        """What is asked of who gets the variant."""
        asked = {name: getattr(self, name) for name in ("variant", "share", "bucket_by", "allow", "deny")}
        return {name: value for name, value in asked.items() if value is not None}


def changed(name: str, was: t.Optional[Definition], change: Change) -> Definition:
    """The flag *name* that *was* so (None: there is none) after *change*; it may break the schema.

    :raises UnknownToggle: there is none, and *change* does not say its variants
    :raises ForeignTargeting: it has rules of somebody else's, which a share would replace
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
        after["metadata"] = {**after.get("metadata", {}), **change.metadata}
        for field in [field for field, text in change.metadata.items() if not text]:
            del after["metadata"][field]
        if not after["metadata"]:
            del after["metadata"]
    return after


def _set_targeting(after: Definition, before: Definition, change: Change) -> None:
    """Put the rules for the audience that *change* asks for into *after*."""
    known, others = audience_of(before), after.get("defaultVariant")
    # Nobody to allow or deny is no audience.
    asked = {part: value for part, value in change.audience().items() if known or value != ()}
    if not asked and (known is None or others == before.get("defaultVariant")):
        return
    if known is None and before.get("targeting"):
        raise ForeignTargeting("the flag has targeting rules that a share would replace")
    if not others:
        raise InvalidOption("default_variant: it is what those get who are not in the share; say which")
    wanted = {"share": 0, **(dataclasses.asdict(known) if known else {}), **asked}
    if "variant" not in wanted:
        wanted["variant"] = _other(after, others)
    audience = Audience(**wanted)
    _check_there("variant", audience.variant, after)
    both = sorted(set(audience.allow) & set(audience.deny))
    if both:
        raise InvalidOption("allow, deny: {0} in both".format(", ".join(both)))
    if audience.variant != others:
        after["targeting"] = targeting(audience, others)
    elif {"variant", "share"} & set(asked):
        raise InvalidOption("variant: {0} is the default variant, which everyone else gets".format(others))
    elif audience.deny:
        raise InvalidOption(
            "default_variant: {0} would get {1} with everyone else, and is denied it; give deny: []".format(
                ", ".join(audience.deny), audience.variant
            )
        )
    else:
        # The variant of the share has become everyone's.
        after.pop("targeting", None)


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
