# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task may have: decided from what is and what is asked."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.change import (
    Request,
    check_drained_pool,
    check_pools,
    decide,
    servers_to_change,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import (
    EmptyPool,
    LayoutMismatch,
    PoolStillServing,
    UnknownPool,
    UnknownServer,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.interface import Endpoint, Reading
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.split import HeaderRoute
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._balancers.given import (
    THREE_POOLS,
    layout,
    split,
    split_of_three,
    splits,
    splits_of_three,
)

LAYOUT = layout()
THREE = layout(pools=THREE_POOLS)


def asked(wanted):
    """The request that names all of *wanted*."""
    header = {"name": wanted.header.name, "pool": wanted.header.pool} if wanted.header else {}
    mirror = {"pool": wanted.mirror.pool, "percent": wanted.mirror.per_cent()} if wanted.mirror else {}
    return Request(split=wanted.per_cent(), header=header, sticky=wanted.sticky, mirror=mirror)


@given(splits(), splits() | st.none(), splits())
def test_a_full_request_is_what_is_wanted_and_no_change_only_where_it_is_there(live, stored, wanted):
    change = decide(Reading(live, stored), asked(wanted), LAYOUT)
    assert change.wanted == wanted
    assert change.changed == (not live == stored == wanted)
    assert change.repaired == (live != stored)


@given(splits(), splits())
def test_an_empty_request_repairs_to_what_is_live(live, stored):
    change = decide(Reading(live, stored), Request(), LAYOUT)
    assert change.wanted == live
    assert change.rising == ()
    assert change.changed == (live != stored)


@given(splits())
def test_a_fault_is_repaired_though_the_split_is_right(live):
    change = decide(Reading(live, live, ("a stray entry",)), asked(live), LAYOUT)
    assert change.changed
    assert change.repaired


@given(splits(), splits())
def test_what_is_not_asked_for_stays(live, wanted):
    assert Request(sticky=wanted.sticky).wanted(live, LAYOUT).shares == live.shares
    assert Request(split=wanted.per_cent()).wanted(live, LAYOUT).header == live.header
    assert Request(header={}).wanted(live, LAYOUT).sticky == live.sticky
    assert Request(header={"name": None, "pool": None}).wanted(live, LAYOUT).header is None
    assert Request(mirror={"pool": None, "percent": None}).wanted(live, LAYOUT).mirror is None
    assert Request(header={}, sticky=True).wanted(live, LAYOUT).mirror == live.mirror


@given(splits(), splits())
def test_a_copy_goes_on_until_its_pool_gets_a_share(live, wanted):
    after = Request(split=wanted.per_cent()).wanted(live, LAYOUT)
    kept = live.mirror is not None and wanted.shares[live.mirror.pool] == 0
    assert after.mirror == (live.mirror if kept else None)


@pytest.mark.parametrize(
    ("request_", "error", "words"),
    [
        (Request(split={"blue": 1, "red": 99}), UnknownPool, "red"),
        (Request(split={"blue": 100}), InvalidOption, "green"),
        (Request(header={"pool": "red"}), UnknownPool, "red"),
        (Request(header={"name": "X-Preview"}), InvalidOption, "name the pool"),
        (Request(header={"pool": ""}), InvalidOption, "name the pool"),
        (Request(header={"name": "X-Other", "pool": "green"}), LayoutMismatch, "X-Other"),
        (Request(mirror={"pool": "red", "percent": 1}), UnknownPool, "red"),
        (Request(mirror={"pool": "green", "percent": None}), InvalidOption, "the percent of requests"),
        (Request(mirror={"pool": None, "percent": 0}), InvalidOption, "name the pool"),
        (Request(mirror={"pool": "green", "percent": 0}), InvalidOption, "0 % for pool 'green' is no copy"),
        (Request(mirror={"pool": "green", "percent": "nan"}), InvalidOption, "mirror: 'nan' for pool 'green' is not"),
        (
            Request(mirror={"pool": "green", "percent": 100.01}),
            InvalidOption,
            "mirror: 100.01 % .* is outside 0 to 100",
        ),
        (Request(mirror={"pool": "blue", "percent": 1}), InvalidOption, "pool 'blue' has 100 % of the traffic"),
        (
            Request(header={"cookie": "beta", "pool": "green"}),
            LayoutMismatch,
            "looks at no cookie, not at the cookie 'beta'",
        ),
    ],
)
def test_what_cannot_be_is_refused(request_, error, words):
    with pytest.raises(error, match=words):
        decide(Reading(split(0), split(0)), request_, LAYOUT)


def test_a_route_has_the_cookie_that_the_balancer_was_laid_down_with():
    made = dataclasses.replace(LAYOUT, preview_cookie="shop_preview")
    for header in ({"pool": "green"}, {"cookie": "shop_preview", "pool": "green"}):
        assert Request(header=header).wanted(split(0), made).header == HeaderRoute("X-Preview", "green", "shop_preview")
    with pytest.raises(LayoutMismatch, match="looks at the cookie 'shop_preview', not at the cookie 'beta'"):
        Request(header={"cookie": "beta", "pool": "green"}).wanted(split(0), made)


def test_the_headers_name_may_be_left_out_and_has_no_case():
    for header in ({"pool": "green"}, {"name": "x-preview", "pool": "green"}):
        assert Request(header=header).wanted(split(0), LAYOUT).header == split(0, header="green").header


ALL_POOLS = [
    {"name": "blue", "endpoints": ["127.0.0.1:8002", "127.0.0.1:8001"]},
    {"name": "green", "endpoints": ["127.0.0.1:8011", "127.0.0.1:8012"]},
]


@pytest.mark.parametrize("pools", [[], ALL_POOLS, [{"name": "blue"}, {"name": "green", "endpoints": None}]])
def test_pools_that_are_those_of_the_layout_are_accepted(pools):
    check_pools(pools, LAYOUT)


@pytest.mark.parametrize(
    ("pools", "error"),
    [
        ([{"name": "blue"}, {"name": "red"}], UnknownPool),
        ([{"name": "green"}, {"name": "blue"}], LayoutMismatch),
        ([{"name": "blue"}], LayoutMismatch),
        ([{"name": "blue", "endpoints": []}, {"name": "green"}], EmptyPool),
        ([{"name": "blue", "endpoints": ["127.0.0.1:8001"]}, {"name": "green"}], LayoutMismatch),
    ],
)
def test_other_pools_are_refused(pools, error):
    with pytest.raises(error):
        check_pools(pools, LAYOUT)


def test_only_a_pool_without_traffic_is_drained():
    check_drained_pool("green", split(0), LAYOUT)
    with pytest.raises(PoolStillServing, match="99.99 %"):
        check_drained_pool("blue", split(1), LAYOUT)
    with pytest.raises(PoolStillServing, match="X-Preview"):
        check_drained_pool("green", split(0, header="green"), LAYOUT)
    with pytest.raises(PoolStillServing, match="pool 'green' gets a copy of requests"):
        check_drained_pool("green", split(0, mirror=("green", 100)), LAYOUT)
    with pytest.raises(UnknownPool):
        check_drained_pool("red", split(0), LAYOUT)


def endpoints(*states):
    """Endpoints s0, s1, ... in states."""
    return [Endpoint(f"s{number}", f"127.0.0.1:{number}", state, 0) for number, state in enumerate(states)]


def test_servers_that_are_there_already_are_not_told_again():
    found = endpoints("ready", "drain", "maint", "down")
    names = [endpoint.name for endpoint in found]
    assert servers_to_change(names, "ready", "green", found, split(0)) == ["s1", "s2"]
    assert servers_to_change(names, "drain", "green", found, split(0)) == ["s0", "s2", "s3"]
    assert servers_to_change(names, "maint", "green", found, split(0)) == ["s0", "s1", "s3"]


def test_servers_that_would_not_stay_there_are_told_again():
    found = [
        dataclasses.replace(endpoint, stored=stored)
        for endpoint, stored in zip(endpoints("ready", "ready", "down", "maint"), ["ready", "maint", "ready", "absent"])
    ]
    assert servers_to_change(["s0", "s1", "s2"], "ready", "green", found, split(0)) == ["s1"]
    assert servers_to_change(["s3"], "maint", "green", found, split(0)) == ["s3"]
    assert [endpoint.restarts_otherwise for endpoint in found] == [False, True, False, True]
    # nothing is taken from a pool by writing down that it is out
    assert servers_to_change(["s3"], "maint", "green", found[3:], split(1)) == ["s3"]


def test_a_serving_pool_keeps_a_ready_server():
    found = endpoints("ready", "ready", "down")
    assert servers_to_change(["s0"], "maint", "green", found, split(1)) == ["s0"]
    with pytest.raises(PoolStillServing, match="0.01 %"):
        servers_to_change(["s0", "s1"], "maint", "green", found, split(1))
    with pytest.raises(PoolStillServing, match="header 'X-Preview'"):
        servers_to_change(["s0", "s1"], "maint", "green", found, split(0, header="green"))
    # without traffic all of them may go
    assert servers_to_change(["s0", "s1"], "maint", "green", found, split(0, header="blue")) == ["s0", "s1"]
    assert servers_to_change(["s0", "s1"], "maint", "green", found, split(0)) == ["s0", "s1"]


def test_a_server_that_does_not_exist_is_named():
    with pytest.raises(UnknownServer, match="s7"):
        servers_to_change(["s0", "s7"], "maint", "green", endpoints("ready"), split(0))


@given(splits_of_three(), splits_of_three())
def test_of_three_pools_each_that_gets_more_must_be_healthy(live, wanted):
    change = decide(Reading(live, live), asked(wanted), THREE)
    assert change.wanted == wanted
    more = {pool for pool in wanted.shares if wanted.shares[pool] > live.shares[pool]}
    opened = {wanted.header.pool} if wanted.header and wanted.header != live.header else set()
    copied = (
        {wanted.mirror.pool} if wanted.mirror and wanted.mirror.share > live.mirrored_to(wanted.mirror.pool) else set()
    )
    assert set(change.rising) == more | opened | copied


def test_of_three_pools_every_one_is_named():
    live = split_of_three(0, 0)
    with pytest.raises(InvalidOption, match="no share for pool baseline; name every pool, 0 included"):
        Request(split={"blue": 95, "green": 5}).wanted(live, THREE)
    wanted = Request(split={"blue": 90, "green": "5", "baseline": 5.0}).wanted(live, THREE)
    assert wanted == split_of_three(500, 500)
