# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shares: what people write, what is exact, and what a split says of itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.split import (
    WHOLE,
    HeaderRoute,
    Mirror,
    Split,
    parse_shares,
)
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._balancers.given import splits

POOLS = ["blue", "green"]


@given(st.integers(0, WHOLE))
def test_what_a_person_writes_with_two_decimals_is_exact(green):
    written = {"blue": f"{(WHOLE - green) / 100:.2f}", "green": f"{green / 100:.2f}"}
    assert parse_shares(written, POOLS) == {"blue": WHOLE - green, "green": green}


@given(st.integers(0, WHOLE))
def test_what_is_shown_can_be_written(green):
    shown = Split({"blue": WHOLE - green, "green": green}).per_cent()
    assert parse_shares(shown, POOLS) == {"blue": WHOLE - green, "green": green}


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"blue": 50, "red": 50}, "unknown pool red"),
        ({"blue": 100}, "no share for pool green"),
        ({"blue": 101, "green": -1}, "outside 0 to 100"),
        ({"blue": 60, "green": 60}, "add up to 120 %"),
        ({"blue": 99.995, "green": 0.005}, "more than two decimals"),
        ({"blue": "much", "green": 0}, "'much' for pool 'blue' is not a number"),
        ({"blue": "1e2", "green": 0}, "'1e2' for pool 'blue' is not a number"),
        ({"blue": "١٠٠", "green": "٠"}, "is not a number"),
        ({"blue": "1_00", "green": 0}, "is not a number"),
        ({"blue": "100.000", "green": 0}, "more than two decimals"),
        ({"blue": "inf", "green": 0}, "is not a number"),
        ({"blue": "nan", "green": 0}, "is not a number"),
        ({"blue": None, "green": 100}, "is not a number"),
        ({"blue": True, "green": 99}, "is not a number"),
    ],
)
def test_what_cannot_be_a_split_is_refused(written, words):
    with pytest.raises(InvalidOption, match=words):
        parse_shares(written, POOLS)


@pytest.mark.parametrize("shares", [{"blue": 5000, "green": 4999}, {"blue": 10001, "green": -1}, {}])
def test_shares_that_are_no_whole_cannot_exist(shares):
    with pytest.raises(InvalidOption):
        Split(shares)


def test_a_header_route_leads_to_a_pool_that_exists():
    with pytest.raises(InvalidOption, match="'red'"):
        Split({"blue": WHOLE, "green": 0}, HeaderRoute("X-Preview", "red"))


@given(splits(), splits())
def test_a_pool_rises_when_it_gets_more_or_is_newly_opened(now, wanted):
    rising = set(now.rising(wanted))
    more = {pool for pool in POOLS if wanted.shares[pool] > now.shares[pool]}
    opened = {wanted.header.pool} if wanted.header and wanted.header != now.header else set()
    copied = {pool for pool in POOLS if wanted.mirrored_to(pool) > now.mirrored_to(pool)}
    assert rising == more | opened | copied
    assert len(now.rising(wanted)) == len(rising)


@pytest.mark.parametrize(
    ("green", "pool", "share", "words"),
    [
        (0, "red", 100, "mirror: pool 'red' is none of blue, green"),
        (1, "green", 100, "mirror: pool 'green' has 0.01 % of the traffic"),
        (0, "green", 0, "mirror: the share is 1 to 10000"),
        (0, "green", 10001, "mirror: the share is 1 to 10000"),
    ],
)
def test_a_copy_goes_to_a_pool_that_has_nothing_else(green, pool, share, words):
    with pytest.raises(InvalidOption, match=words):
        Split({"blue": WHOLE - green, "green": green}, mirror=Mirror(pool, share))
