# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever is in the share stays in as it grows; flagd's own evaluator says who is in."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from openfeature.contrib.tools.flagd.core.targeting import targeting as evaluate
from openfeature.evaluation_context import EvaluationContext

from ansible_collections.progressive.delivery.plugins.module_utils._toggles.audience import (
    WHOLE,
    Audience,
    audience_of,
    targeting,
)

SHARES = st.integers(0, WHOLE)
KEYS = st.text(min_size=1)
LISTS = st.lists(KEYS, max_size=3, unique=True).map(tuple)
AUDIENCES = st.builds(
    Audience,
    variant=st.just("on"),
    share=SHARES,
    bucket_by=st.sampled_from(["targetingKey", "email"]),
    allow=LISTS,
    deny=LISTS,
)


def variant_of(audience: Audience, key: str | None, flag: str = "new", others: str = "off") -> str:
    """What the evaluator gives someone with this key."""
    context = EvaluationContext(
        targeting_key=key if audience.bucket_by == "targetingKey" else None, attributes={audience.bucket_by: key}
    )
    return evaluate(flag, targeting(audience, others), context)


@given(SHARES, SHARES, st.lists(KEYS))
def test_a_greater_share_takes_nobody_out(one, other, keys):
    smaller, greater = (
        {key for key in keys if variant_of(Audience("on", share), key) == "on"} for share in sorted((one, other))
    )

    assert smaller <= greater


@given(SHARES, SHARES, KEYS, LISTS, LISTS)
def test_that_holds_with_keys_allowed_and_denied(one, other, key, allow, deny):
    smaller, greater = sorted((one, other))

    if variant_of(Audience("on", smaller, allow=allow, deny=deny), key) == "on":
        assert variant_of(Audience("on", greater, allow=allow, deny=deny), key) == "on"


@given(KEYS)
def test_a_share_of_nothing_has_nobody_in_and_a_share_of_all_has_everyone(key):
    assert variant_of(Audience("on", 0), key) == "off"
    assert variant_of(Audience("on", WHOLE), key) == "on"


@given(AUDIENCES, st.data())
def test_an_allowed_key_is_always_in_and_a_denied_one_never(audience, data):
    assume(audience.allow or audience.deny)
    key = data.draw(st.sampled_from(audience.allow + audience.deny))

    assert variant_of(audience, key) == ("off" if key in audience.deny else "on")


@pytest.mark.parametrize("bucket_by", ["targetingKey", "email"])
@pytest.mark.parametrize("key", [None, ""])
def test_who_has_no_key_is_not_in_even_if_all_are(bucket_by, key):
    assert variant_of(Audience("on", WHOLE, bucket_by=bucket_by), key) == "off"


def test_two_flags_with_one_share_have_different_people_in():
    keys = [f"user-{number}" for number in range(1000)]
    one, other = (
        {key for key in keys if variant_of(Audience("on", 5000), key, flag) == "on"} for flag in ("one", "other")
    )

    # Half of those who are in one are in the other, by chance: 250 with a standard deviation below 14.
    assert 180 < len(one & other) < 320


@given(AUDIENCES)
def test_an_audience_is_read_back_out_of_its_rules(audience):
    definition = {"defaultVariant": "off", "targeting": targeting(audience, "off")}

    assert audience_of(definition) == audience


@pytest.mark.parametrize(
    "rules",
    [
        None,
        {},
        [],
        "on",
        {"if": []},
        {"if": [{"missing": ["targetingKey"]}, "off"]},
        {"if": [{"missing": ["targetingKey"]}, "off", {"fractional": "on"}]},
        {"if": [{"missing": []}, "off", {"fractional": [{"var": "email"}, ["on", 1], ["off", 9999]]}]},
        {"fractional": [["on", 25], ["off", 75]]},
        {"if": [{"ends_with": [{"var": "email"}, "@example.com"]}, "on", {"fractional": [["on", 25], ["off", 75]]}]},
    ],
)
def test_rules_of_somebody_else_are_no_audience(rules):
    assert audience_of({"defaultVariant": "off", "targeting": rules}) is None


def test_rules_that_were_edited_are_no_audience():
    rules = targeting(Audience("on", 2500), "off")
    rules["if"][-1]["fractional"].reverse()

    assert audience_of({"defaultVariant": "off", "targeting": rules}) is None


@pytest.mark.parametrize(("share", "percent"), [(0, 0), (1, 0.01), (525, 5.25), (2500, 25), (10000, 100)])
def test_a_share_is_told_in_per_cent(share, percent):
    assert Audience("on", share).percent() == percent
