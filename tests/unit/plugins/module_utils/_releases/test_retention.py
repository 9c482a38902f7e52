# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cleaning up never takes what serves or the way back, whatever the count."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._releases.retention import (
    previous_release,
    prunable,
)

versions = st.sampled_from([f"1.{number}" for number in range(8)])
staged = st.dictionaries(versions, st.integers(min_value=0, max_value=20), max_size=8)
maybe_version = st.none() | versions


def test_the_oldest_beyond_the_count_go_first():
    assert prunable({"1.0": 1, "1.1": 2, "1.2": 3, "1.3": 4}, 2, current="1.3", previous="1.2") == ("1.0", "1.1")


def test_the_order_is_that_of_staging_and_not_of_names():
    assert prunable({"2.0": 1, "1.0": 2, "1.1": 3}, 2, current="1.1", previous=None) == ("2.0",)


def test_a_current_release_that_is_the_oldest_stays_and_counts():
    assert prunable({"1.0": 1, "1.1": 2, "1.2": 3}, 2, current="1.0", previous=None) == ("1.1",)


@given(staged, st.integers(min_value=1, max_value=9), maybe_version, maybe_version, st.sets(versions))
def test_law_7_what_serves_the_one_before_and_protected_ones_stay(releases, keep, current, previous, protect):
    removed = prunable(releases, keep, current, previous, protect)

    untouchable = {current, previous} | protect
    left = set(releases) - set(removed)
    assert not set(removed) & untouchable
    assert len(removed) == len(set(removed))
    assert set(removed) <= set(releases)
    assert len(left) <= max(keep, len(untouchable & set(releases)))
    assert not removed or len(left) >= keep
    assert all(releases[gone] <= releases[kept] for gone in removed for kept in left - untouchable)


@given(maybe_version, st.lists(versions), st.sets(versions))
def test_the_previous_release_is_there_served_and_is_not_the_current_one(current, activations, present):
    previous = previous_release(current, activations, present)

    candidates = [version for version in activations if version != current and version in present]
    assert previous == (candidates[-1] if candidates else None)
