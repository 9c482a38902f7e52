# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers over each other: the rules, and their laws over random layers."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import (
    InvalidReference,
    MergeConflict,
    UnknownMark,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.merge import merge, same
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Layer

Settings = dict[str, t.Any]
SCALARS = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "a", "b"])
LISTS = st.lists(SCALARS, max_size=3)


def of_one_form(deep: int = 2) -> st.SearchStrategy[Settings]:
    """Settings in which each key has the same form wherever it is: s a single value, l a list, d a dictionary."""
    keys: dict[str, st.SearchStrategy[t.Any]] = {"s1": SCALARS, "s2": SCALARS, "l1": LISTS, "l2": LISTS}
    if deep:
        keys |= {"d1": of_one_form(deep - 1), "d2": of_one_form(deep - 1)}
    return st.fixed_dictionaries({}, optional=keys)


REPEATABLE = st.fixed_dictionaries(
    {},
    optional={
        "s1": SCALARS | st.just({"$unset": True}),
        "l1": LISTS | st.builds(lambda items: {"$remove": items}, LISTS),
        "l2": st.builds(lambda items: {"$replace": items}, LISTS | SCALARS),
        "d1": st.builds(lambda settings: {"$replace": settings}, of_one_form(1)) | st.just({"$unset": True}),
        "d2": of_one_form(1),
    },
)
"""Layers with every mark but those that add."""


def merged(*settings: Settings) -> Settings:
    return merge(layers(*settings)).settings


def layers(*settings: Settings) -> list[Layer]:
    return [Layer(f"layer {number}", f"{number}.yml", said) for number, said in enumerate(settings)]


@given(of_one_form(), of_one_form(), of_one_form())
def test_of_layers_of_one_form_the_grouping_does_not_matter(a: Settings, b: Settings, c: Settings) -> None:
    assert merged(merged(a, b), c) == merged(a, merged(b, c)) == merged(a, b, c)


@given(of_one_form())
def test_a_layer_that_says_nothing_changes_nothing(a: Settings) -> None:
    assert merged(a, {}) == merged({}, a) == merged(a) == a


@given(of_one_form(), of_one_form())
def test_a_layer_without_marks_is_as_good_once_as_twice(a: Settings, b: Settings) -> None:
    assert merged(a, b, b) == merged(a, b)


@given(of_one_form(), REPEATABLE)
def test_a_layer_that_adds_to_no_list_is_as_good_once_as_twice(a: Settings, b: Settings) -> None:
    assert merged(a, b, b) == merged(a, b)


@given(of_one_form(), of_one_form())
def test_the_last_layer_that_sets_a_value_has_it_and_every_value_has_an_origin(a: Settings, b: Settings) -> None:
    found = merge(layers(a, b))

    def leaves(value: t.Any, path: tuple[str, ...] = ()) -> dict[str, t.Any]:
        if isinstance(value, dict) and (value or not path):
            return {key: leaf for name, below in value.items() for key, leaf in leaves(below, (*path, name)).items()}
        return {".".join(path): value}

    before, after = leaves(a), leaves(b)
    assert leaves(found.settings).keys() == found.origins.keys()
    for key, value in leaves(found.settings).items():
        if key in after and after[key] != {}:
            assert (value, found.origins[key]) == (after[key], "1.yml")
        elif key not in after:
            assert (value, found.origins[key]) == (before[key], "0.yml")


@given(of_one_form(), of_one_form(), REPEATABLE)
def test_merging_changes_no_layer(a: Settings, b: Settings, c: Settings) -> None:
    copies = [repr(settings) for settings in (a, b, c)]
    merged(a, b, c)

    assert [repr(settings) for settings in (a, b, c)] == copies


@pytest.mark.parametrize(
    ("below", "above", "found"),
    [
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}}, {"a": {"b": 1, "c": 3}}),
        ({"l": [1, 2]}, {"l": [3]}, {"l": [3]}),
        ({"l": [1, 2]}, {"l": []}, {"l": []}),
        ({"l": [1]}, {"l": {"$append": [2]}}, {"l": [1, 2]}),
        ({"l": [1]}, {"l": {"$prepend": [0]}}, {"l": [0, 1]}),
        ({"l": [1, 2, 1, 3]}, {"l": {"$remove": [1, 9]}}, {"l": [2, 3]}),
        ({"l": [1, True, "1", 1.0]}, {"l": {"$remove": [1]}}, {"l": [True, "1"]}),
        ({"l": [{"a": 1}, {"a": True}]}, {"l": {"$remove": [{"a": 1}]}}, {"l": [{"a": True}]}),
        ({"l": [1, 2]}, {"l": {"$append": [3], "$remove": [1, 3], "$prepend": [0]}}, {"l": [0, 2, 3]}),
        ({}, {"l": {"$append": [1]}}, {"l": [1]}),
        ({}, {"l": {"$remove": [1]}}, {"l": []}),
        ({"l": None}, {"l": {"$append": [1]}}, {"l": [1]}),
        ({"a": {"b": 1}}, {"a": {"$replace": {"c": 2}}}, {"a": {"c": 2}}),
        ({"a": {"b": 1}}, {"a": {"$replace": None}}, {"a": None}),
        ({"a": {"b": 1}}, {"a": {"$replace": [1]}}, {"a": [1]}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": {"$unset": True}}}, {"a": {"c": 2}}),
        ({}, {"a": {"$unset": True}}, {}),
        ({"a": 1}, {"a": None}, {"a": None}),
        ({"a": None}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": "1"}, {"a": 1}, {"a": 1}),
        ({"a": "x"}, {"a": {"$secret": "env:A"}}, {"a": {"$secret": "env:A"}}),
        ({"a": {"$secret": "env:A"}}, {"a": "x"}, {"a": "x"}),
        ({"$environment": "staging", "a": 1}, {"$environment": ["production"]}, {"a": 1}),
        ({}, {"l": [{"$secret": "env:A"}]}, {"l": [{"$secret": "env:A"}]}),
    ],
)
def test_the_rules(below: Settings, above: Settings, found: Settings) -> None:
    result = merged(below, above)

    assert same(result, found)


@pytest.mark.parametrize(
    ("below", "above", "said"),
    [
        ({"a": {"b": {"c": 1}}}, {"a": {"b": [1]}}, "a.b is a dictionary in 0.yml and a list in 1.yml"),
        ({"a": [1]}, {"a": {"b": 1}}, "a is a list in 0.yml and a dictionary in 1.yml"),
        ({"a": 1}, {"a": {"b": 1}}, "a is a single value in 0.yml and a dictionary in 1.yml"),
        ({"a": 1}, {"a": [1]}, "a is a single value in 0.yml and a list in 1.yml"),
        ({"a": {"b": 1}}, {"a": None}, "a is a dictionary in 0.yml and null in 1.yml"),
        ({"a": {"b": 1}}, {"a": {"$append": [1]}}, "a is a dictionary in 0.yml and a list in 1.yml"),
        ({"a": {"b": 1}}, {"a": {"$secret": "env:A"}}, "a is a dictionary in 0.yml and a single value in 1.yml"),
        ({"a": {"$secret": "env:A"}}, {"a": {"b": 1}}, "a is a single value in 0.yml and a dictionary in 1.yml"),
        ({"a.b": {"c": 1}}, {"a.b": 1}, '"a.b" is a dictionary in 0.yml and a single value in 1.yml'),
    ],
)
def test_a_key_that_changes_its_form_is_refused_with_both_files(below: Settings, above: Settings, said: str) -> None:
    with pytest.raises(MergeConflict) as conflict:
        merged(below, above)

    assert conflict.value.message == said
    assert conflict.value.details["sources"] == ["0.yml", "1.yml"]


def test_a_conflict_names_the_file_that_set_the_key_and_not_the_one_between() -> None:
    with pytest.raises(MergeConflict, match=r"a is a list in 0\.yml and a single value in 2\.yml"):
        merged({"a": [1]}, {"b": 1}, {"a": 1})


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"a": {"$add": [1]}}, r"0\.yml: a: \$add is none of the marks \$append"),
        ({"$append": [1]}, r"0\.yml: at the top: \$append means nothing here; of such keys only \$environment does"),
        ({"a": {"$append": [1], "b": 2}}, r"a: beside \$append there can be no other key"),
        ({"a": {"$append": [1], "$replace": []}}, r"a: beside \$append there can be no other"),
        ({"a": {"$append": 1}}, r"a: \$append takes a list"),
        ({"a": {"$unset": False}}, r"a: \$unset takes nothing but true"),
        ({"a": {"$secret": "env:A", "b": 1}}, r"a: beside \$secret there can be no other key"),
        ({"a": {"$environment": "x"}}, r"a: \$environment stands at the top"),
        ({"a": [{"$append": [1]}]}, r"a\.0: \$append means nothing within a list"),
        ({"a": {"$replace": {"b": {"$unset": True}}}}, r"a\.b: \$unset means nothing"),
        ({"a": [{"$secret": "env:A", "b": 1}]}, r"a\.0: beside \$secret"),
    ],
)
def test_a_mark_that_means_nothing_is_refused_with_its_file(settings: Settings, said: str) -> None:
    with pytest.raises(UnknownMark, match=said):
        merged(settings)


def test_a_reference_is_a_text() -> None:
    with pytest.raises(InvalidReference, match=r"0\.yml: a\.0: \$secret takes a text"):
        merged({"a": [{"$secret": 1}]})


def test_origins_are_those_of_each_setting() -> None:
    found = merge(
        layers(
            {"a": {"b": 1, "c": 1, "e": {}}, "l": [1], "gone": 1, "d": {"x": 1}},
            {"a": {"c": 2}, "l": {"$append": [2]}, "gone": {"$unset": True}, "d": {"$replace": {"y": {"z": 1}}}},
        )
    )

    assert found.origins == {"a.b": "0.yml", "a.c": "1.yml", "a.e": "0.yml", "l": "1.yml", "d.y.z": "1.yml"}
