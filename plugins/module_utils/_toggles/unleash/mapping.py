# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A flag as Unleash keeps it, and as flagd would.

PRIVATE to the collection. Pure: no I/O.

Unleash knows who is in by strategies, of which each that applies turns the
flag on. A share is the strategy ``flexibleRollout``: a hash of the group and
the key is scaled to 1..100, and whoever is not above the share is in, so a
greater share only adds users. The group is the flag's name. Keys that are
always in are a strategy of their own with a constraint, in front of it; keys
that never are, a constraint of the share.

A flag with the variants on and off, true and false, is what an app asks
Unleash whether it is enabled. Any other is a variant with a payload: each
strategy has all of the flag's variants, with all the weight on one, and the
last strategy is for everyone else.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._toggles.audience import (
    WHOLE,
    Audience,
    audience_of,
    targeting,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import NoCounterpart
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.interface import Definition
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.unleash.counterparts import (
    ANYONE,
    ON_AND_OFF,
    need_counterpart,
)

Strategy = t.Dict[str, t.Any]
"""One strategy as the Admin API has it; the id is the server's."""

FIELDS = ("parameters", "constraints", "variants")
"""What a strategy is, beside its name, its place and what people call it."""

FOREIGN = "unleash/"
"""What a reference to strategies begins with that are not in our form."""
KEYS = {"targetingKey": "userId"}
"""Unleash's name of OpenFeature's key; any other attribute has the same name in both."""
ALLOWED, SHARED, OTHERS = 10, 20, 30
"""The places of the strategies; the first that applies gives the variant."""


@dataclasses.dataclass(frozen=True)
class Flag:
    """A flag in one environment.

    :param strategies: as the server has them, in their order
    :param elsewhere: another environment has it on, or has strategies for it
    """

    name: str
    description: str = ""
    enabled: bool = False
    strategies: t.Tuple[Strategy, ...] = ()
    elsewhere: bool = False

    def definition(self) -> t.Optional[Definition]:
        """In flagd's form; None where nobody has said yet what it is in this environment."""
        if not self.enabled and not self.strategies:
            return None
        definition = _read(self.name, self.strategies) or {
            "variants": dict(ON_AND_OFF),
            "defaultVariant": "off",
            "targeting": {"if": [{"$ref": FOREIGN + _digest(self.strategies)}, "on", "off"]},
        }
        definition["state"] = "ENABLED" if self.enabled else "DISABLED"
        if self.description:
            definition["metadata"] = {"description": self.description}
        return definition


def strategies_of(name: str, definition: Definition) -> t.List[Strategy]:
    """The strategies that make a flag what *definition* says, in their order.

    :raises NoCounterpart: Unleash has nothing that is the same
    """
    need_counterpart(name, definition)
    variants, others = definition["variants"], definition["defaultVariant"]
    valued = variants != ON_AND_OFF
    audience = audience_of(definition)
    strategies = []
    if audience:
        strategies = _strategies_for(name, audience)
    for strategy in strategies if valued and audience else ():
        strategy["variants"] = _weighted(variants, t.cast(Audience, audience).variant)
    if valued or not audience:
        share = WHOLE if valued or others == "on" else 0
        everyone = _rollout(name, share, ANYONE, OTHERS if valued else SHARED)
        strategies.append({**everyone, "variants": _weighted(variants, others) if valued else []})
    return strategies


def normal(strategy: t.Mapping[str, t.Any]) -> t.Dict[str, t.Any]:
    """What a strategy means, without what the server adds to it and what makes no difference."""
    constraints = [
        {field: value for field, value in constraint.items() if value not in (False, None, "")}
        for constraint in strategy.get("constraints") or []
    ]
    variants = sorted(strategy.get("variants") or [], key=lambda variant: str(variant["name"]))
    return {
        "name": strategy["name"],
        "parameters": strategy.get("parameters") or {},
        "constraints": constraints,
        "variants": variants,
        "segments": strategy.get("segments") or [],
        "disabled": bool(strategy.get("disabled")),
    }


def is_reference(definition: Definition) -> bool:
    """Whether it only refers to strategies that are not in our form."""
    try:
        return str(t.cast(t.Any, definition)["targeting"]["if"][0]["$ref"]).startswith(FOREIGN)
    except (KeyError, TypeError, IndexError):
        return False


def _strategies_for(name: str, audience: Audience) -> t.List[Strategy]:
    key = KEYS.get(audience.bucket_by, audience.bucket_by)
    shared = _rollout(name, audience.share, key, SHARED)
    if audience.deny:
        shared["constraints"] = [{"contextName": key, "operator": "NOT_IN", "values": list(audience.deny)}]
    if not audience.allow:
        return [shared]
    allowed = _rollout(name, WHOLE, key, ALLOWED)
    allowed["constraints"] = [{"contextName": key, "operator": "IN", "values": list(audience.allow)}]
    return [allowed, shared]


def _rollout(name: str, share: int, stickiness: str, place: int) -> Strategy:
    return {
        "name": "flexibleRollout",
        "parameters": {"rollout": str(share // 100), "stickiness": stickiness, "groupId": name},
        "constraints": [],
        "variants": [],
        "sortOrder": place,
    }


def _weighted(variants: t.Mapping[str, t.Any], chosen: str) -> t.List[t.Dict[str, t.Any]]:
    """All variants, of which one is given out."""
    return [
        {
            "name": name,
            "weight": 1000 if name == chosen else 0,
            "weightType": "variable" if name == chosen else "fix",
            "stickiness": ANYONE,
            "payload": _payload(value),
        }
        for name, value in sorted(variants.items())
    ]


def _payload(value: t.Any) -> t.Dict[str, str]:
    if isinstance(value, str):
        return {"type": "string", "value": value}
    kind = "json" if isinstance(value, (bool, dict)) else "number"
    return {"type": kind, "value": json.dumps(value, sort_keys=True)}


def _read(name: str, strategies: t.Sequence[Strategy]) -> t.Optional[Definition]:
    """What strategies say; None where they are not such as :func:`strategies_of` writes."""
    if not strategies:
        return {"variants": dict(ON_AND_OFF), "defaultVariant": "on"}
    try:
        found = _joined([normal(strategy) for strategy in strategies])
        definition = _definition(found)
        # Places count only where more than one strategy may give a variant; variants are there then.
        same = [normal(strategy) for strategy in strategies_of(name, definition)] == found
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, NoCounterpart):
        return None
    return definition if same else None


def _joined(found: t.Iterable[t.Dict[str, t.Any]]) -> t.List[t.Dict[str, t.Any]]:
    """The same with one strategy for all keys that are always in; of two who add one at the same time, both stay."""
    joined: t.List[t.Dict[str, t.Any]] = []
    for strategy in found:
        last = joined[-1] if joined else strategy
        keys, more = _keys(last), _keys(strategy)
        if last is not strategy and keys and more and _same_but_keys(strategy, last):
            both = [{**last["constraints"][0], "values": list(dict.fromkeys(keys + more))}]
            joined[-1] = {**last, "constraints": both}
        elif strategy not in joined:
            joined.append(strategy)
    return joined


def _same_but_keys(one: t.Mapping[str, t.Any], other: t.Mapping[str, t.Any]) -> bool:
    first, second = one["constraints"][0], other["constraints"][0]
    return {**one, "constraints": [{**first, "values": second["values"]}]} == dict(other)


def _keys(strategy: t.Mapping[str, t.Any]) -> t.List[str]:
    """The keys that a strategy is for; none where it is not for some keys and nobody else."""
    (constraint,) = strategy["constraints"] if len(strategy["constraints"]) == 1 else ({},)
    return list(constraint["values"]) if constraint.get("operator") == "IN" else []


def _definition(found: t.List[t.Dict[str, t.Any]]) -> Definition:
    *before, last = found
    if last["variants"]:
        variants = {variant["name"]: _value(variant["payload"]) for variant in last["variants"]}
        others = _chosen(last)
    else:
        variants = dict(ON_AND_OFF)
        alone = not before and last["parameters"]["stickiness"] == ANYONE
        others = "on" if alone and last["parameters"]["rollout"] != "0" else "off"
        before = [] if alone else found
    definition = {"variants": variants, "defaultVariant": others}
    if before:
        *allowed, shared = before
        stickiness = shared["parameters"]["stickiness"]
        audience = Audience(
            variant=_chosen(shared) if shared["variants"] else "on",
            share=int(shared["parameters"]["rollout"]) * 100,
            bucket_by=next((ours for ours, theirs in KEYS.items() if theirs == stickiness), stickiness),
            allow=tuple(allowed[0]["constraints"][0]["values"]) if allowed else (),
            deny=tuple(shared["constraints"][0]["values"]) if shared["constraints"] else (),
        )
        definition["targeting"] = targeting(audience, others)
    return definition


def _chosen(strategy: t.Mapping[str, t.Any]) -> str:
    return next(str(variant["name"]) for variant in strategy["variants"] if variant["weight"])


def _value(payload: t.Mapping[str, str]) -> t.Any:
    return payload["value"] if payload["type"] == "string" else json.loads(payload["value"])


def _digest(strategies: t.Sequence[Strategy]) -> str:
    told = json.dumps([normal(strategy) for strategy in strategies], sort_keys=True)
    return hashlib.sha256(told.encode("utf-8")).hexdigest()[:16]
