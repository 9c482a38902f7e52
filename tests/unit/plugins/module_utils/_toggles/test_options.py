# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the options ask of a flag, and which of them do not go together."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import InvalidDefinition
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.options import (
    PARTS,
    WHOLE_FLAG,
    decision,
    share,
)
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.telling import told

FLAG = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}
NOTHING = {
    **dict.fromkeys((*PARTS, *WHOLE_FLAG, "evaluators", "expected_version", "environment")),
    "name": "new",
    "state": "present",
    "keep_revisions": 20,
    "lock_timeout": 10.0,
}


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
        ({"percent": 5, "environment": ""}, "environment: it is empty"),
        ({"percent": 5, "lock_timeout": -1.0}, "lock_timeout: -1.0 is no number"),
        ({"percent": 5, "lock_timeout": float("inf")}, "lock_timeout: inf is no number"),
        ({"definition": FLAG, "percent": 5}, "definition: it is the whole flag; leave out percent"),
        ({"definition": FLAG, "state": "enabled"}, "definition: it is the whole flag; leave out state"),
        ({"state": "absent", "percent": 5}, "state: absent takes the flag away; leave out percent"),
        ({"definition": FLAG, "rollback": 1}, "definition: it is the whole flag; leave out rollback"),
        ({"rollback": 1, "killed": False}, "rollback: it is the whole flag; leave out killed"),
        ({"rollback": 1}, "rollback: only a file has revisions"),
        ({"percent": 5, "keep_revisions": 0}, "keep_revisions: 0 is no number from 1"),
        ({"from": "2027-01-31T08:00:00"}, "from: '2027-01-31T08:00:00' is no date and time with a zone"),
        ({"until": "tomorrow"}, "until: 'tomorrow' is no date and time"),
        ({"expires": "2027-02-30"}, "expires: '2027-02-30' is no date, as 2027-01-31"),
        ({"rules": [{"when": {}, "variant": "on"}]}, r"rules\.0\.when: \{\} is no rule\."),
        ({"rules": [{"when": {"var": "a"}, "variant": True}]}, r"rules\.0\.variant: True is no rule or name"),
        ({"evaluators": {"a b": {"var": "a"}}}, "evaluators: 'a b' is no name"),
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


def test_a_rule_that_readers_would_not_understand_is_refused_by_its_part():
    rules = [{"when": {"var": "a"}, "variant": "on"}, {"when": {"starts_with": [{"var": "a"}, 1]}, "variant": "on"}]

    with pytest.raises(InvalidDefinition, match=r"^rules\.1\.when\.starts_with\.1: 1 is not"):
        decision({**NOTHING, "rules": rules})


def test_a_rule_for_a_variant_that_is_not_there_is_refused():
    decide = decision({**NOTHING, "rules": [{"when": {"var": "a"}, "variant": "onn"}]})

    with pytest.raises(InvalidOption, match="rules: 'onn' is none of the variants on, off"):
        decide(FLAG)


def test_a_revision_that_readers_would_refuse_is_not_gone_back_to():
    broken = {"state": "on", "variants": {"on": True}}

    with pytest.raises(InvalidDefinition, match=r"^rollback\.state: "):
        decision({**NOTHING, "rollback": 3}, earlier=lambda number: {"new": broken} if number == 3 else {})


def test_what_keeps_the_flags_may_know_itself_when_they_change():
    after = decision({**NOTHING, "percent": 5})(FLAG)

    assert "metadata" not in after
    assert decision({**NOTHING, "percent": 5}, at=1)(FLAG)["metadata"] == {"changed_at": "1970-01-01T00:00:01Z"}
    assert decision({**NOTHING, "percent": 5}, at=2)(after) == after
