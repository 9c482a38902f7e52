# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a flag becomes when a task changes it."""

from __future__ import annotations

import copy

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.audience import Audience, audience_of
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.change import NO_MOMENT, Change, changed
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import (
    ForeignTargeting,
    InvalidDefinition,
    UnknownToggle,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.plan import Plan, Rule, plan_of
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.validation import check

PLAIN = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}
COLOURS = {"state": "ENABLED", "variants": {"red": "#f00", "green": "#0f0", "blue": "#00f"}, "defaultVariant": "red"}


def after(was, **asked):
    return changed("new", was, Change(**asked))


def with_share(share=2500, **parts):
    return after(PLAIN, share=share, **parts)


RULES = st.sampled_from(
    [
        Rule({"<": [{"var": "$flagd.timestamp"}, 5]}, "off"),
        Rule({"in": [{"var": "targetingKey"}, ["a"]]}, "on"),
        Rule({"missing": ["targetingKey"]}, {"fractional": [["on"], ["off"]]}),
    ]
)
CHANGES = st.builds(
    Change,
    state=st.sampled_from([None, "ENABLED", "DISABLED"]),
    share=st.none() | st.integers(0, 10000),
    bucket_by=st.sampled_from([None, "targetingKey", "email"]),
    allow=st.none() | st.lists(st.sampled_from("abc"), unique=True).map(tuple),
    deny=st.none() | st.lists(st.sampled_from("xyz"), unique=True).map(tuple),
    rules=st.none() | st.lists(RULES, max_size=2).map(tuple),
    since=st.sampled_from([None, NO_MOMENT, 5, 6]),
    until=st.sampled_from([None, NO_MOMENT, 7, 8]),
    metadata=st.dictionaries(st.sampled_from(["owner", "description"]), st.sampled_from(["", "ops"])),
)


def refusal(was, change):
    try:
        changed("new", was, change)
    except InvalidOption as error:
        return str(error)
    return None


def possible(was, change):
    """The flag after *change*; as it was where that is refused."""
    return changed("new", was, change) if refusal(was, change) is None else was


def audience_of_plan(flag):
    return plan_of(flag).audience


@given(CHANGES, CHANGES)
def test_what_was_changed_once_is_not_changed_again_and_is_valid(first, second):
    once = possible(possible(PLAIN, first), second)
    assume(refusal(once, second) is None)

    assert changed("new", once, second) == once
    check(once)


@given(CHANGES, CHANGES)
def test_a_flag_that_is_changed_is_not_touched_itself(first, second):
    was = possible(PLAIN, first)
    kept = copy.deepcopy(was)
    possible(was, second)

    assert was == kept


@given(CHANGES, CHANGES)
def test_only_a_schedule_without_anything_to_do_is_refused(first, second):
    was = possible(PLAIN, first)
    idle = second.rules == () or (second.rules is None and not plan_of(was).rules)

    assert refusal(was, second) is None or (
        idle and audience_of_plan(was) is None and not any((second.share is not None, second.allow, second.deny))
    )


def test_a_new_flag_is_enabled_unless_it_is_said():
    assert after(None, variants={"on": True})["state"] == "ENABLED"
    assert after(None, variants={"on": True}, state="DISABLED")["state"] == "DISABLED"


def test_a_flag_that_does_not_exist_is_not_made_by_a_misspelled_name():
    with pytest.raises(UnknownToggle, match="there is no flag 'new'"):
        after(None, state="DISABLED")


def test_the_kill_switch_keeps_the_rest_of_the_flag_which_comes_back():
    flag = with_share(allow=("ada",))
    killed = after(flag, state="DISABLED")

    assert killed == {**flag, "state": "DISABLED"}
    assert after(killed, share=2500) == killed
    assert after(killed, state="ENABLED") == flag


def test_a_share_keeps_what_is_not_said_of_it():
    flag = with_share(bucket_by="email", allow=("ada",), deny=("bob",))

    assert audience_of(after(flag, share=5000)) == Audience("on", 5000, "email", ("ada",), ("bob",))
    assert audience_of(after(flag, allow=())) == Audience("on", 2500, "email", (), ("bob",))


def test_a_list_of_keys_alone_is_a_share_of_nothing():
    assert audience_of(after(PLAIN, allow=("ada",))) == Audience("on", 0, allow=("ada",))


def test_nobody_to_allow_or_deny_makes_no_rules():
    assert after(PLAIN, allow=(), deny=()) == PLAIN


def test_one_of_three_variants_has_to_be_named():
    with pytest.raises(InvalidOption, match="variant: say which of green, blue"):
        after(COLOURS, share=100)
    assert audience_of(after(COLOURS, share=100, variant="blue")) == Audience("blue", 100)


def test_another_default_is_what_the_others_get_from_then_on():
    flag = after(COLOURS, share=100, variant="blue")
    moved = after(flag, default_variant="green")

    assert audience_of(moved) == Audience("blue", 100)
    assert moved["targeting"]["if"][1] == "green"


def test_a_variant_that_becomes_everyones_needs_no_rules():
    over = after(with_share(10000, allow=("ada",)), default_variant="on")

    assert over == {**PLAIN, "defaultVariant": "on"}
    assert after(over, default_variant="on") == over


def test_it_does_not_become_everyones_while_somebody_is_denied_it():
    flag = with_share(deny=("bob",))

    with pytest.raises(InvalidOption, match="default_variant: bob would get on"):
        after(flag, default_variant="on")
    over = after(flag, default_variant="on", deny=())
    assert over == {**PLAIN, "defaultVariant": "on"}
    assert after(over, default_variant="on", deny=()) == over


def test_rules_and_a_schedule_stay_when_the_share_has_become_everyones():
    rule = Rule({"var": "beta"}, "off")
    over = after(with_share(10000, rules=(rule,), since=5), default_variant="on")

    assert plan_of(over) == Plan(None, (rule,), 5)


def test_it_does_not_become_everyones_while_a_schedule_would_end_it():
    flag = with_share(10000, until=5)

    with pytest.raises(InvalidOption, match="from, until: everyone gets on"):
        after(flag, default_variant="on")
    assert after(flag, default_variant="on", until=NO_MOMENT) == {**PLAIN, "defaultVariant": "on"}


def test_a_share_beside_rules_keeps_them_and_they_keep_it():
    rule = Rule({"var": "beta"}, "on")
    flag = after(after(PLAIN, rules=(rule,)), share=2500)

    assert plan_of(flag) == Plan(Audience("on", 2500), (rule,))
    assert plan_of(after(flag, rules=())) == Plan(Audience("on", 2500))
    assert after(after(PLAIN, rules=(rule,)), rules=()) == PLAIN


def test_rules_that_name_a_variant_that_is_taken_away_break_the_flag():
    flag = after(COLOURS, rules=(Rule({"var": "beta"}, "blue"),))

    with pytest.raises(InvalidDefinition, match="targeting: 'blue' is none of the variants red"):
        check(after(flag, variants={"red": "#f00"}))


def test_metadata_is_added_to_and_taken_away_field_by_field():
    flag = after({**PLAIN, "metadata": {"ticket": 12}}, metadata={"owner": "ops", "description": "why"})

    assert flag["metadata"] == {"ticket": 12, "owner": "ops", "description": "why"}
    assert after(flag, metadata={"owner": ""})["metadata"] == {"ticket": 12, "description": "why"}
    assert after(after(PLAIN, metadata={"owner": "ops"}), metadata={"owner": ""}) == PLAIN


def test_rules_of_somebody_else_are_kept_and_not_replaced():
    flag = {**PLAIN, "targeting": {"fractional": [["on", 1], ["off", 1]]}}

    assert after(flag, state="DISABLED") == {**flag, "state": "DISABLED"}
    with pytest.raises(ForeignTargeting):
        after(flag, share=100)


@pytest.mark.parametrize(
    ("was", "asked", "message"),
    [
        (PLAIN, {"share": 1, "variant": "off"}, "variant: off is the default variant"),
        (PLAIN, {"share": 1, "variant": "onn"}, "variant: 'onn' is none of the variants on, off"),
        (PLAIN, {"default_variant": "False"}, "default_variant: 'False' is none of the variants on, off; quote"),
        (PLAIN, {"allow": ("ada", "bob"), "deny": ("bob",)}, "allow, deny: bob in both"),
        (PLAIN, {"since": 5}, "from, until: everyone gets off, so there is nothing to do"),
        (PLAIN, {"share": 1, "since": 5, "until": 5}, "until: it is not after from"),
        (PLAIN, {"rules": (Rule({"var": "a"}, "onn"),)}, "rules: 'onn' is none of the variants on, off"),
        ({**PLAIN, "defaultVariant": None}, {"share": 1}, "default_variant: it is what those get"),
        ({**PLAIN, "variants": {"off": False}}, {"share": 1}, "variant: say which"),
    ],
)
def test_what_does_not_go_together_is_refused(was, asked, message):
    with pytest.raises(InvalidOption, match=message):
        after(was, **asked)
