# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The targeting of a flag as this collection writes it: who gets which variant, and when.

PRIVATE to the collection. Pure: no I/O. The first that fits decides: the
schedule, keys that are denied or allowed, rules of one's own, the share.

flagd gives its rules the time at which it evaluates them, in seconds since
1970, as ``$flagd.timestamp``. So a schedule is two rules, and nothing has to
write the file when its moment comes.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._toggles.audience import (
    Audience,
    audience_of,
    named_keys,
    share_of_keys,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.interface import Definition

TIME = {"var": "$flagd.timestamp"}


@dataclasses.dataclass(frozen=True)
class Rule:
    """A rule of one's own.

    :param when: a condition, in JsonLogic
    :param variant: what those get who meet it: the name of a variant, or JsonLogic that gives one
    """

    when: t.Any
    variant: t.Any


@dataclasses.dataclass(frozen=True)
class Plan:
    """Who gets another variant than the default, and when; an empty one is nobody.

    :param since: everyone gets the default before that moment, in seconds since 1970; None is always
    :param until: everyone gets it again from that moment on
    """

    audience: t.Optional[Audience] = None
    rules: t.Tuple[Rule, ...] = ()
    since: t.Optional[int] = None
    until: t.Optional[int] = None


def written(plan: Plan, others: str) -> t.Dict[str, t.Any]:
    """The targeting that *plan* is; *others* is the default variant."""
    clauses: t.List[t.Any] = []
    if plan.since is not None:
        clauses += [{"<": [TIME, plan.since]}, others]
    if plan.until is not None:
        clauses += [{">=": [TIME, plan.until]}, others]
    if plan.audience:
        clauses += named_keys(plan.audience, others)
    for rule in plan.rules:
        # What is under the double negation is somebody's own, whatever it looks like.
        clauses += [{"!!": [rule.when]}, rule.variant]
    return {"if": [*clauses, *(share_of_keys(plan.audience, others) if plan.audience else [others])]}


def plan_of(definition: Definition) -> t.Optional[Plan]:
    """The plan that the targeting of a flag is; None when it is none that :func:`written` writes."""
    targeting: t.Any = definition.get("targeting")
    others: t.Any = definition.get("defaultVariant")
    if not targeting:
        return Plan()
    try:
        *clauses, last = targeting["if"]
        pairs = list(zip(clauses[::2], clauses[1::2]))
        since, pairs = _moment("<", pairs)
        until, pairs = _moment(">=", pairs)
        own = tuple(Rule(test["!!"][0], variant) for test, variant in pairs if "!!" in test)
        rest = [part for pair in pairs if "!!" not in pair[0] for part in pair]
        audience = audience_of({"defaultVariant": others, "targeting": {"if": [*rest, last]}})
        plan = Plan(audience, own, since, until)
        return plan if written(plan, others) == targeting else None
    except (KeyError, TypeError, ValueError, IndexError):
        return None


def _moment(operator: str, pairs: t.List[t.Any]) -> t.Tuple[t.Optional[int], t.List[t.Any]]:
    """The moment with which the first of *pairs* compares the time, and the pairs after it."""
    if pairs and isinstance(pairs[0][0], dict) and set(pairs[0][0]) == {operator}:
        time, moment = pairs[0][0][operator]
        if time == TIME and isinstance(moment, int) and not isinstance(moment, bool):
            return moment, pairs[1:]
    return None, pairs
