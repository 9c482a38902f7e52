# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings one by one are the settings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._environments.leaves import (
    leaves,
    nested,
    same,
    subset,
)

keys = st.text(st.sampled_from('ab.-_" é'), min_size=1, max_size=3)
settings = st.dictionaries(
    keys,
    st.recursive(
        st.integers() | st.lists(st.integers(), max_size=2),
        lambda inner: st.dictionaries(keys, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=3,
)


@given(settings)
def test_put_together_again_they_are_the_same(settings):
    assert nested(leaves(settings)) == settings


@given(settings)
def test_a_subset_of_all_keys_is_all_of_it(settings):
    assert subset(settings, list(leaves(settings))) == (settings, [])


def test_a_key_brings_all_below_it_and_an_unknown_one_is_told():
    settings = {"a": {"b": {"c": 1, "d": 2}, "e": 3}, "f": 4}

    assert subset(settings, ["a.b", "f", "g", "a.x"]) == ({"a": {"b": {"c": 1, "d": 2}}, "f": 4}, ["g", "a.x"])


@pytest.mark.parametrize(
    ("one", "other"), [(1, True), (1, 1.0), ("1", 1), ([1], [True]), ({"a": 0}, {"a": False}), ([], {})]
)
def test_what_a_program_tells_apart_is_not_the_same(one, other):
    assert not same(one, other)
    assert same(one, one)


def test_values_by_dotted_keys_are_settings_again():
    flat = {"a.b": 1, 'a."c.d".e': [2], "f": {}}

    assert nested(flat) == {"a": {"b": 1, "c.d": {"e": [2]}}, "f": {}}
