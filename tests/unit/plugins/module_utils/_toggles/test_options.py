# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the options ask of a flag, and which of them do not go together."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.options import PARTS, decision, share, told

FLAG = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}
NOTHING = {**dict.fromkeys(PARTS), "name": "new", "state": "present", "definition": None, "lock_timeout": 10.0}


@pytest.mark.parametrize(
    ("percent", "expected"),
    [(0, 0), (100, 10000), ("5", 500), (0.01, 1), ("12.34", 1234), (29.29, 2929), (100.0, 10000), ("1e1", 1000)],
)
def test_per_cent_become_a_share_exactly(percent, expected):
    assert share(percent) == expected


@pytest.mark.parametrize("percent", [-1, 100.01, "0.001", 1.234, "half", "", True, "nan", "inf", [5]])
def test_what_is_no_per_cent_is_refused(percent):
    with pytest.raises(InvalidOption, match="percent: .* is no number from 0 to 100"):
        share(percent)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "state: present says nothing by itself"),
        ({"name": "", "percent": 5}, "name: it is empty"),
        ({"percent": 5, "lock_timeout": -1.0}, "lock_timeout: -1.0 is no number"),
        ({"percent": 5, "lock_timeout": float("inf")}, "lock_timeout: inf is no number"),
        ({"definition": FLAG, "percent": 5}, "definition: it is the whole flag; leave out percent"),
        ({"definition": FLAG, "state": "enabled"}, "definition: it is the whole flag; leave out state"),
        ({"state": "absent", "percent": 5}, "state: absent takes the flag away; leave out percent"),
        ({"bucket_by": ""}, "bucket_by: '' is no attribute"),
        ({"bucket_by": "$flagd.timestamp"}, r"bucket_by: '\$flagd.timestamp' is no attribute"),
    ],
)
def test_options_that_mean_nothing_are_refused_before_any_flag_is_read(asked, message):
    with pytest.raises(InvalidOption, match=message):
        decision({**NOTHING, **asked})


def test_a_key_that_is_said_twice_is_one_key():
    after = decision({**NOTHING, "allow": ["ada", "ada"], "deny": ["bob", "bob"]})(FLAG)

    assert (told(after)["audience"]["allow"], told(after)["audience"]["deny"]) == (["ada"], ["bob"])


def test_what_is_told_of_no_flag_is_nothing():
    assert told(None) == {"definition": None, "audience": None}
