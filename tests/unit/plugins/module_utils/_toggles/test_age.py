# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How old a flag is, and whether it has done its work."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._toggles import age
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.audience import Audience
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.kill_switch import killed
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.plan import Plan, Rule, written

# 2027-01-15 08:00 in UTC.
NOW = 1_800_000_000
PLAIN = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}
RULE = Rule({"var": "beta"}, "on")


def planned(*parts, **more):
    return {**PLAIN, "targeting": written(Plan(*parts, **more), "off")}


FLAGS = st.sampled_from([PLAIN, planned(Audience("on", 5)), {**PLAIN, "metadata": {"owner": "ops"}}, None])


@given(FLAGS, FLAGS, FLAGS)
def test_the_moment_is_that_of_the_last_change_of_what_the_flag_gives(first, second, third):
    was = age.stamped(age.stamped(None, first, 1), second, 2)
    now = age.stamped(was, third, 3)
    gives = [
        None if flag is None else {field: flag.get(field) for field in age.GIVING} for flag in (first, second, third)
    ]

    if third is None:
        assert now is None
    else:
        expected = 3 if gives[2] != gives[1] else 2 if gives[1] != gives[0] else 1
        assert age.changed_at(now) == expected
        assert age.stamped(now, third, 4) is now
        assert age.stamped(now, now, 4) is now


def test_a_flag_that_has_no_moment_gets_none_from_a_new_owner():
    owned = {**PLAIN, "metadata": {"owner": "ops"}}

    assert age.stamped(PLAIN, owned, NOW) == owned


@pytest.mark.parametrize(
    ("flag", "since"),
    [
        (PLAIN, 0),
        ({**planned(Audience("on", 50)), "state": "DISABLED"}, 0),
        (killed(planned(Audience("on", 50))), 0),
        (planned(Audience("on", 0, allow=("ada",))), 0),
        (planned(Audience("on", 10000)), 0),
        (planned(Audience("on", 10000), since=NOW), NOW),
        (planned(Audience("on", 50), (RULE,), until=NOW), NOW),
    ],
)
def test_a_flag_that_gives_everyone_the_same_is_settled(flag, since):
    assert age.is_settled(flag, since)
    assert since == 0 or not age.is_settled(flag, since - 1)


@pytest.mark.parametrize(
    "flag",
    [
        planned(Audience("on", 1)),
        planned(Audience("on", 9999)),
        planned(None, (RULE,)),
        planned(Audience("on", 10000), (RULE,)),
        planned(Audience("on", 10000), until=NOW + 1),
        {**PLAIN, "targeting": {"fractional": [["on"], ["off"]]}},
    ],
)
def test_a_flag_that_gives_some_something_else_or_will_is_not(flag):
    assert not age.is_settled(flag, NOW)


def test_it_is_stale_only_when_it_was_so_for_longer_than_the_days():
    flag = age.stamped(None, planned(Audience("on", 10000), since=NOW), NOW - age.DAY)

    assert not age.is_stale(flag, NOW + 2 * age.DAY, 2.5)
    assert age.is_stale(flag, NOW + 2 * age.DAY, 2)
    assert not age.is_stale(flag, NOW + 2 * age.DAY - 1, 2)
    assert not age.is_stale(flag, NOW - 1, 0)


@pytest.mark.parametrize("metadata", [{}, [], None, {"changed_at": "long ago"}, {"changed_at": 5}])
def test_nobody_knows_whether_a_flag_that_does_not_say_its_moment_is_stale(metadata):
    assert not age.is_stale({**PLAIN, "metadata": metadata}, NOW, 0)


@pytest.mark.parametrize(
    ("expires", "expired"),
    [("2027-01-14", True), ("2027-01-15", False), ("2027-01-16", False), ("soon", False), (5, False)],
)
def test_a_flag_is_expired_when_its_last_day_is_over(expires, expired):
    assert age.is_expired({**PLAIN, "metadata": {"expires": expires}}, NOW) is expired
    assert not age.is_expired(PLAIN, NOW)
