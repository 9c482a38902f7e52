# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A flag that is killed is off, and comes back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._toggles.kill_switch import (
    beneath,
    is_killed,
    killed,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.validation import check

FLAGS = st.fixed_dictionaries(
    {"state": st.sampled_from(["ENABLED", "DISABLED"]), "variants": st.just({"on": True, "off": False})},
    optional={"metadata": st.dictionaries(st.sampled_from(["owner", "ticket"]), st.text(), min_size=1)},
)


@given(FLAGS)
def test_what_is_beneath_the_kill_switch_comes_back(flag):
    dead = killed(flag)

    assert (is_killed(dead), is_killed(flag)) == (True, False)
    assert dead["state"] == "DISABLED"
    assert beneath(dead) == beneath(flag) == flag
    assert killed(dead) == dead
    check(dead)


def test_a_flag_that_somebody_enabled_by_hand_is_not_killed_and_can_be_again():
    flag = {"state": "ENABLED", "variants": {"on": True}}
    by_hand = {**killed(flag), "state": "ENABLED"}

    assert not is_killed(by_hand)
    assert beneath(by_hand) == flag
    assert killed(by_hand) == killed(flag)


@pytest.mark.parametrize(
    "flag", [None, {}, {"state": "DISABLED", "metadata": []}, {"state": "DISABLED", "metadata": {"killed": True}}]
)
def test_what_this_did_not_write_is_not_killed(flag):
    assert not is_killed(flag)
