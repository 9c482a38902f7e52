# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pools that a strategy cannot use, and steps that are not its own."""

from __future__ import annotations

import pytest

UNLEASH = {"backend": "unleash", "unleash": {"token_file": "/token"}, "name": "search"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"fleet": {"blue": {"app1": "1.0"}}}, "strategy blue_green takes 2 of them, got blue"),
        ({"fleet": {"blue": {"app1": "1.0"}, "green": {}}}, "pool green has no hosts"),
        ({"fleet": {"blue": {"a": "1.0"}, "green": {"a": None}}}, "a is in more than one"),
        (
            {"strategy": "rolling", "fleet": {"blue": {"a": "1.0"}, "green": {"b": None}}},
            "strategy rolling takes 1 of them, got blue, green",
        ),
        (
            {"strategy": "rolling", "fleet": {"blue": {"a": "1.0"}}},
            "floor: 50% of 1 hosts leaves none that may be changed; 0 is the highest",
        ),
        (
            {"strategy": "canary", "steps": [{"share": 5}], "baseline_pool": "control"},
            "strategy canary takes 3 of them, got blue, green",
        ),
    ],
)
def test_refused_pools_that_the_strategy_cannot_use(shop, options, says):
    options = {**shop.ready_for("begin"), **options}

    for check_mode in (True, False):
        assert says in shop.refused("invalid-option", "begin", **options, check_mode=check_mode)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"strategy": "rolling", "steps": [{"share": 5}]}, "strategy rolling goes by hosts"),
        ({"strategy": "canary", "steps": [{"hosts": "1"}]}, "hosts are steps of strategy rolling"),
        ({"strategy": "rolling", "steps": [{"analysis": "errors"}]}, "comes before any hosts have the release"),
        ({"strategy": "rolling", "steps": [{"hosts": "9"}]}, "steps: hosts is 9, but there are only 4 to count"),
        ({"strategy": "rolling", "steps": [{"hosts": "3"}, {"hosts": "1"}]}, "where 3 have the release already"),
        ({"strategy": "rolling", "steps": [{"hosts": "all"}, {"analysis": "errors"}]}, "nothing left to compare"),
        ({"strategy": "rolling", "steps": [{"hosts": "1"}, {"learn": "errors"}]}, "learn is the first step"),
        (
            {"strategy": "rolling", "steps": [{"learn": "errors"}, {"hosts": "1"}]},
            "is for a later analysis of that name",
        ),
        ({"strategy": "rolling", "floor": "9"}, "floor is 9, but there are only 4 to count"),
        ({"strategy": "rolling", "batch": 0}, "batch: 0 hosts at a time"),
        ({"strategy": "rolling", "preview": True}, "preview: strategy rolling takes none"),
        ({"strategy": "rolling", "promotion": "batches"}, "promotion: strategy rolling has no other than swap"),
        ({"strategy": "rolling", "steps": [{"toggle": {"name": "search"}}]}, "a toggle has no path"),
        (
            {"strategy": "rolling", "steps": [{"toggle": {"path": "/flags.json", "name": "search", "share": 5}}]},
            "a toggle has share; it has path and name, and may have state",
        ),
        (
            {"strategy": "rolling", "steps": [{"toggle": {"path": "/flags.json", "name": "search", "killed": True}}]},
            "a toggle has killed; it has path and name, and may have state",
        ),
        (
            {"strategy": "rolling", "steps": [{"toggle": {**UNLEASH, "path": "/flags.json"}}]},
            "a toggle has path; it has unleash and name, and may have state",
        ),
        (
            {"strategy": "rolling", "steps": [{"toggle": {"backend": "unleash", "path": "/f", "name": "search"}}]},
            "a toggle has no unleash; it has unleash and name",
        ),
        (
            {"strategy": "rolling", "steps": [{"toggle": {**UNLEASH, "backend": "flipt"}}]},
            "a toggle has the backend flipt, which is none of flagd, unleash",
        ),
        (
            {"strategy": "rolling", "steps": [{"toggle": {**UNLEASH, "unleash": {"token": "s3cret"}}}]},
            "unleash of a toggle is a dictionary with token_file and no token, for the journal keeps it",
        ),
    ],
)
def test_refused_choices_that_do_not_fit(shop, options, says):
    four = {"blue": dict.fromkeys(("a", "b", "c", "d"), "1.0")}
    given = {**shop.ready_for("begin"), "fleet": four, **options}
    given["fleet"] = {**four, "green": {"e": None}} if options["strategy"] == "canary" else four

    assert says in shop.refused("invalid-option", "begin", **given)
