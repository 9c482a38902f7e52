# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets a variant of a flag: a share of all keys, some keys always, some never.

PRIVATE to the collection. Pure: no I/O. It is written as targeting rules of
flagd, and read back out of them.

flagd's ``fractional`` hashes the bucketing value to 32 bits and scales that
to the sum of the weights; the buckets lie one behind the other, in the order
in which they are listed, and the value is in the first that ends above it
(https://flagd.dev/reference/custom-operations/fractional-operation/, and
``bucket = (hash * total) >> 32`` in openfeature-flagd-core and
@openfeature/flagd-core). Here the sum is always 10000 and the variant's
bucket always comes first, so a key is in as long as its place is below the
share: a greater share adds keys and takes none away.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._toggles.interface import Definition

WHOLE = 10000
"""The share that is everyone, in 1/100 %."""


@dataclasses.dataclass(frozen=True)
class Audience:
    """Those who get *variant*; all others get the flag's default variant.

    :param share: how many of the keys, in 1/100 %
    :param bucket_by: the attribute of the evaluation context that is the key
    :param allow: keys that get it whatever the share
    :param deny: keys that never get it
    """

    variant: str
    share: int
    bucket_by: str = "targetingKey"
    allow: t.Tuple[str, ...] = ()
    deny: t.Tuple[str, ...] = ()

    def percent(self) -> t.Union[int, float]:
        """The share in per cent."""
        return self.share // 100 if self.share % 100 == 0 else self.share / 100


def targeting(audience: Audience, others: str) -> t.Dict[str, t.Any]:
    """The rules by which *audience* gets its variant and everyone else *others*."""
    return {"if": [*named_keys(audience, others), *share_of_keys(audience, others)]}


def named_keys(audience: Audience, others: str) -> t.List[t.Any]:
    """The clauses for the keys that are never in, and those that always are."""
    key = {"var": audience.bucket_by}
    clauses: t.List[t.Any] = []
    if audience.deny:
        clauses += [{"in": [key, list(audience.deny)]}, others]
    if audience.allow:
        clauses += [{"in": [key, list(audience.allow)]}, audience.variant]
    return clauses


def share_of_keys(audience: Audience, others: str) -> t.List[t.Any]:
    """The clauses that end the rules, for everyone whom nothing before has given a variant.

    Whoever has no key is not in: all of them would share one bucket. The
    flag's name is hashed with the key, so that it is not always the same
    people who are first to get what is new.
    """
    key = {"var": audience.bucket_by}
    bucket = {"cat": [{"var": "$flagd.flagKey"}, key]}
    weights = [[audience.variant, audience.share], [others, WHOLE - audience.share]]
    return [{"missing": [audience.bucket_by]}, others, {"fractional": [bucket, *weights]}]


def audience_of(definition: Definition) -> t.Optional[Audience]:
    """The audience that the targeting of a flag describes; None when it is none that :func:`targeting` writes."""
    rules: t.Any = definition.get("targeting")
    others: t.Any = definition.get("defaultVariant")
    try:
        *clauses, last = rules["if"]
        _bucket, (variant, share), _rest = last["fractional"]
        tests = list(zip(clauses[:-2:2], clauses[1:-2:2]))
        audience = Audience(
            variant=variant,
            share=share,
            bucket_by=clauses[-2]["missing"][0],
            allow=tuple(key for test, result in tests if result == variant for key in test["in"][1]),
            deny=tuple(key for test, result in tests if result == others for key in test["in"][1]),
        )
        return audience if targeting(audience, others) == rules else None
    except (KeyError, TypeError, ValueError, IndexError):
        return None
