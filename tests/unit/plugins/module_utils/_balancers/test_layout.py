# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layout that the role wrote, and what is made of one that cannot be."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import (
    EmptyPool,
    LayoutMismatch,
    NotLaidDown,
    UnknownPool,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import Server, load
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.split import WHOLE
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._balancers.given import (
    THREE_POOLS,
    layout,
)

DOCUMENT = {
    "app": "shop",
    "balancer": "nginx",
    "listen": "127.0.0.1:80",
    "admin": "",
    "header": "X-Preview",
    "cookie": "shop_bucket",
    "pools": [
        {"name": "stable", "servers": [{"name": "a", "address": "127.0.0.1:1"}]},
        {"name": "canary", "servers": [{"name": "b", "address": "[::1]:2"}]},
    ],
}


def written(folder, **changes):
    """A layout on disk, with changes."""
    (folder / "layout.json").write_text(json.dumps({**DOCUMENT, **changes}))
    return str(folder)


def test_a_layout_is_what_was_written(tmp_path):
    layout = load(written(tmp_path), "shop", "nginx")
    assert (layout.base, layout.other) == ("stable", "canary")
    assert list(layout.servers("canary")) == [Server("b", "[::1]:2")]
    assert layout.path("split") == str(tmp_path / "split")


def test_a_layout_from_before_there_were_preview_cookies_and_mirrors_has_none(tmp_path):
    assert not load(written(tmp_path), "shop", "nginx").mirrors
    assert load(written(tmp_path), "shop", "nginx").route_to("canary").cookie == ""
    assert load(written(tmp_path, preview_cookie="tester"), "shop", "nginx").route_to("canary").cookie == "tester"


@pytest.mark.parametrize(
    ("listen", "reached"),
    [
        ("10.0.0.5:80", "10.0.0.5:80"),
        ("0.0.0.0:8080", "127.0.0.1:8080"),
        ("*:80", "127.0.0.1:80"),
        (":80", "127.0.0.1:80"),
        ("[::]:80", "[::1]:80"),
        ("[2001:db8::1]:443", "[2001:db8::1]:443"),
    ],
)
def test_a_wildcard_listener_is_reached_over_loopback(tmp_path, listen, reached):
    assert load(written(tmp_path, listen=listen), "shop", "nginx").listener == reached


def test_a_pool_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(UnknownPool, match="'blue' of shop does not exist; it has"):
        load(written(tmp_path), "shop", "nginx").servers("blue")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"app": "other"}, LayoutMismatch),
        ({"balancer": "caddy"}, LayoutMismatch),
        ({"pools": DOCUMENT["pools"][:1]}, LayoutMismatch),
        ({"pools": [DOCUMENT["pools"][0], {"name": "canary", "servers": []}]}, EmptyPool),
        ({"pools": "blue"}, NotLaidDown),
        ({"pools": [{"name": "blue"}]}, NotLaidDown),
    ],
)
def test_a_layout_that_is_not_the_right_one_is_refused(tmp_path, changes, error):
    with pytest.raises(error):
        load(written(tmp_path, **changes), "shop", "nginx")


@pytest.mark.parametrize("text", [None, "", "{", "[]", "7", '"x"', '{"app": "shop"}'])
def test_no_layout_is_no_layout(tmp_path, text):
    if text is not None:
        (tmp_path / "layout.json").write_text(text)
    with pytest.raises(NotLaidDown, match=str(tmp_path)):
        load(str(tmp_path), "shop", "nginx")


def test_two_or_three_pools_there_may_be_and_no_other_number(tmp_path):
    third, fourth = ({"name": name, "servers": [{"name": "c", "address": "127.0.0.1:3"}]} for name in ("fresh", "more"))
    layout = load(written(tmp_path, pools=[*DOCUMENT["pools"], third]), "shop", "nginx")
    assert (layout.base, layout.other, layout.third) == ("stable", "canary", "fresh")
    assert load(written(tmp_path), "shop", "nginx").third == ""
    with pytest.raises(LayoutMismatch, match="names 4 pools, not two or three: .*'more'"):
        load(written(tmp_path, pools=[*DOCUMENT["pools"], third, fourth]), "shop", "nginx")
    with pytest.raises(LayoutMismatch, match="names 1 pools, not two or three"):
        load(written(tmp_path, pools=DOCUMENT["pools"][:1]), "shop", "nginx")


def buckets(shares):
    """The pool of each bucket, as every balancer hands them out."""
    base, second, third = shares
    return [second] * shares[second] + [base] * shares[base] + [third] * shares[third]


SHARES = st.integers(-5, WHOLE + 5)


@given(SHARES, SHARES)
def test_a_division_is_one_of_the_whole_in_which_the_second_pool_comes_first(second, third):
    shares = layout(pools=THREE_POOLS).division(second, third)
    assert list(shares) == list(THREE_POOLS)
    assert sum(shares.values()) == WHOLE
    assert shares["green"] == min(max(second, 0), WHOLE)
    assert shares["baseline"] == min(max(third, 0), WHOLE - shares["green"])
    assert layout().division(second, third) == {"blue": WHOLE - shares["green"], "green": shares["green"]}


@given(st.data())
def test_no_bucket_leaves_the_second_pool_while_it_grows_and_none_of_the_third_comes_to_it_while_there_is_room(data):
    old, new = sorted(data.draw(st.tuples(st.integers(0, WHOLE), st.integers(0, WHOLE))))
    before, after = (data.draw(st.integers(0, WHOLE - share)) for share in (old, new))
    three = layout(pools=THREE_POOLS)
    moves = set(zip(buckets(three.division(old, before)), buckets(three.division(new, after))))
    assert {now for was, now in moves if was == "green"} <= {"green"}
    assert ("baseline", "green") not in moves or new + before > WHOLE
    assert after < before or {now for was, now in moves if was == "baseline"} <= {"baseline"}
