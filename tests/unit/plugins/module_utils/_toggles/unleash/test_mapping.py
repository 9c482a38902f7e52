# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a flag is in Unleash, and that it comes back out of that."""

from __future__ import annotations

import copy
import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._toggles.audience import Audience, targeting
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import NoCounterpart
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.unleash.mapping import (
    Flag,
    is_reference,
    strategies_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.validation import check

PLAIN: dict[str, t.Any] = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}
COLOURS = {"state": "ENABLED", "variants": {"red": "#f00", "green": "#0f0", "blue": "#00f"}, "defaultVariant": "red"}
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=100)
NAMES = st.text("abcXYZ019-_.~", min_size=1, max_size=20).filter(lambda name: name not in {".", ".."})
LISTS = st.lists(KEYS, max_size=4, unique=True).map(tuple)
VALUES = st.one_of(
    st.dictionaries(NAMES, st.text(min_size=1), min_size=2, max_size=4),
    st.dictionaries(NAMES, st.integers() | st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=4),
    st.dictionaries(NAMES, st.dictionaries(st.text(), st.none() | st.booleans() | st.text()), min_size=2, max_size=4),
)


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, t.Any]:
    """Flags that Unleash can keep."""
    variants = draw(st.just({"on": True, "off": False}) | VALUES)
    valued = variants != {"on": True, "off": False}
    others = draw(st.sampled_from(sorted(variants)))
    definition = {
        "state": draw(st.sampled_from(["ENABLED", "DISABLED"])),
        "variants": variants,
        "defaultVariant": others,
    }
    if draw(st.booleans()) and (valued or others == "off"):
        audience = Audience(
            variant=draw(st.sampled_from(sorted(set(variants) - {others}))),
            share=draw(st.integers(0, 100)) * 100,
            bucket_by=draw(st.sampled_from(["targetingKey", "email", "sessionId"])),
            allow=draw(LISTS),
            deny=draw(LISTS),
        )
        definition["targeting"] = targeting(audience, others)
    description = draw(st.text(max_size=10))
    return {**definition, "metadata": {"description": description}} if description else definition


def kept(name: str, definition: t.Mapping[str, t.Any]) -> Flag:
    """The flag as it comes back from the server: with ids, and what the server adds."""
    answered = [
        {**strategy, "id": str(number), "title": None, "disabled": False, "segments": []}
        for number, strategy in enumerate(strategies_of(name, dict(definition)))
    ]
    return Flag(
        name,
        (definition.get("metadata") or {}).get("description", ""),
        definition["state"] == "ENABLED",
        tuple(json.loads(json.dumps(answered))),
    )


@given(definitions())
def test_a_flag_comes_back_as_it_was(definition):
    assert kept("new", definition).definition() == definition


@given(definitions())
def test_what_comes_back_is_what_flagd_would_understand(definition):
    check(kept("new", definition).definition())


def test_a_share_is_a_rollout_of_the_flag_s_own_group_and_lists_are_constraints():
    audience = Audience("on", 2500, allow=("ada",), deny=("bob",))
    allowed, shared = strategies_of("new", {**PLAIN, "targeting": targeting(audience, "off")})

    assert shared["name"] == allowed["name"] == "flexibleRollout"
    assert shared["parameters"] == {"rollout": "25", "stickiness": "userId", "groupId": "new"}
    assert shared["constraints"] == [{"contextName": "userId", "operator": "NOT_IN", "values": ["bob"]}]
    assert allowed["parameters"]["rollout"] == "100"
    assert allowed["constraints"] == [{"contextName": "userId", "operator": "IN", "values": ["ada"]}]
    assert allowed["sortOrder"] < shared["sortOrder"]


def test_a_variant_has_all_the_weight_in_its_strategy_and_the_last_strategy_is_for_everyone_else():
    audience = Audience("green", 1000, bucket_by="email")
    shared, rest = strategies_of("new", {**COLOURS, "targeting": targeting(audience, "red")})
    weights = [{variant["name"]: variant["weight"] for variant in one["variants"]} for one in (shared, rest)]

    assert weights == [{"blue": 0, "green": 1000, "red": 0}, {"blue": 0, "green": 0, "red": 1000}]
    assert (shared["parameters"]["rollout"], shared["parameters"]["stickiness"]) == ("10", "email")
    assert (rest["parameters"]["rollout"], rest["parameters"]["stickiness"]) == ("100", "default")
    assert shared["sortOrder"] < rest["sortOrder"]


def test_nothing_was_said_of_a_flag_that_is_off_and_has_no_strategies():
    assert Flag("new", "For search").definition() is None


def test_a_flag_that_is_on_without_strategies_is_on_for_everyone():
    assert Flag("new", enabled=True).definition() == {**PLAIN, "defaultVariant": "on"}


def test_two_who_each_added_keys_that_are_always_in_have_both_in():
    flags = [kept("new", shared_with("ada")), kept("new", shared_with("eve", "ada"))]
    both = Flag("new", "", True, (flags[0].strategies[0], *flags[1].strategies))

    assert both.definition() == shared_with("ada", "eve")


def shared_with(*allow: str, share: int = 2500) -> dict[str, t.Any]:
    return {**PLAIN, "targeting": targeting(Audience("on", share, allow=allow), "off")}


def edited(change: t.Callable[[list[t.Any]], t.Any]) -> Flag:
    flag = kept("new", shared_with("ada"))
    strategies = [copy.deepcopy(strategy) for strategy in flag.strategies]
    change(strategies)
    return Flag("new", "", True, tuple(strategies))


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found[1].update(name="gradualRolloutUserId"),
        lambda found: found[1].update(segments=[3]),
        lambda found: found[1].update(disabled=True),
        lambda found: found[1]["parameters"].update(groupId="other"),
        lambda found: found[1]["parameters"].update(rollout="2.5"),
        lambda found: found[1].update(parameters={}),
        lambda found: found[1].update(constraints=[{"contextName": "plan", "operator": "IN", "values": ["gold"]}]),
        lambda found: found[0]["constraints"][0].update(inverted=True),
        lambda found: found[0]["parameters"].update(rollout="50"),
        lambda found: found.reverse(),
        lambda found: found.append({**found[1], "parameters": {**found[1]["parameters"], "rollout": "99"}}),
        lambda found: found[1].update(
            variants=[{"name": "a", "weight": 1000, "payload": {"type": "csv", "value": "a"}}]
        ),
    ],
)
def test_what_somebody_else_made_of_it_is_a_reference_that_flagd_would_understand(change):
    definition = edited(change).definition()

    assert is_reference(definition)
    check(definition)
    assert edited(change).definition() == definition
    assert edited(lambda found: found.append(found[0])).definition() != definition


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found[1].update(title="A few"),
        lambda found: found[0]["constraints"][0].update(inverted=False, caseInsensitive=False),
        lambda found: found[1].update(sortOrder=9999),
    ],
)
def test_what_makes_no_difference_is_not_looked_at(change):
    assert edited(change).definition() == shared_with("ada")


@pytest.mark.parametrize(
    ("name", "parts", "message"),
    [
        ("a b", {}, "name: 'a b' is not of 1 to 100 characters"),
        ("..", {}, "name: '..' is not"),
        ("x" * 101, {}, "name: "),
        (
            "new",
            {"metadata": {"owner": "ops", "description": "x"}},
            "^definition.metadata: owner; Unleash keeps nothing but a description",
        ),
        ("new", {"variants": {"yes": True, "off": False}}, "variants: Unleash calls true and false on and off"),
        ("new", {"variants": {"on": False, "off": True}}, "variants: Unleash calls true and false on and off"),
        ("new", {"variants": {"a b": "x", "c": "y"}, "defaultVariant": "c"}, "variants: 'a b' is no name"),
        ("new", {"variants": {"a": "", "c": "y"}, "defaultVariant": "c"}, "variants: Unleash takes no empty text"),
        ("new", {"defaultVariant": None}, "default_variant: "),
        ("new", {"targeting": {"fractional": [["on", 1], ["off", 1]]}}, "definition.targeting: "),
        ("new", shared_with(share=1250), "percent: 12.5 is not whole"),
        ("new", shared_with("x" * 101), "allow: Unleash takes keys of 1 to 100 characters"),
        ("new", shared_with(*map(str, range(251))), "allow: 251 keys are more than the 250"),
        ("new", {"targeting": targeting(Audience("on", 0, "userId"), "off")}, "the user's key is targetingKey"),
        ("new", {"targeting": targeting(Audience("on", 0, "random"), "off")}, "bucket_by: 'random' is a word"),
        ("new", {"defaultVariant": "on", "targeting": targeting(Audience("off", 100), "on")}, "let the default be off"),
    ],
)
def test_what_unleash_has_no_counterpart_of_is_named(name, parts, message):
    with pytest.raises(NoCounterpart, match=message):
        strategies_of(name, {**PLAIN, **parts})
