# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A version is one flag's, whatever the order of its fields, and a change is made only from it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import UnexpectedToggleVersion
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.version import ABSENT, only_from, version_of

JSON = st.recursive(
    st.booleans() | st.integers() | st.text(),
    lambda below: st.lists(below) | st.dictionaries(st.text(), below),
    max_leaves=5,
)
FLAGS = st.none() | st.dictionaries(st.text(), JSON)


@given(FLAGS)
def test_the_order_of_fields_makes_no_version(flag):
    assert version_of(flag) == version_of(flag and dict(reversed(flag.items())))


@given(FLAGS, FLAGS, FLAGS)
def test_a_change_is_made_from_the_version_that_was_seen_or_not_at_all(seen, was, now):
    change = only_from(version_of(seen), lambda _was: now)

    if version_of(seen) == version_of(was):
        assert change(was) == now
    else:
        with pytest.raises(UnexpectedToggleVersion, match=f"the flag is now {version_of(was)}, not {version_of(seen)}"):
            change(was)


def test_no_flag_has_a_version_of_its_own():
    assert version_of(None) == ABSENT
    assert version_of({}) != ABSENT
