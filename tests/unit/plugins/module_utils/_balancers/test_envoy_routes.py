# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A split as Envoy's routes, and back."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re

import jinja2
import pytest
from hypothesis import given

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.envoy_routes import (
    discovery_response,
    route_configuration,
    split_from,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import Layout, Server
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.split import (
    WHOLE,
    HeaderRoute,
    Mirror,
    Split,
)
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._balancers.given import (
    splits,
    splits_of_three,
)

LAYOUT = Layout(
    app="shop",
    balancer="envoy",
    directory="/etc/shop",
    pools={"blue": [Server("blue1", "127.0.0.1:8001")], "green": [Server("green1", "127.0.0.1:8101")]},
    header="X-Preview",
    cookie="shop_bucket",
    listen="127.0.0.1:80",
    admin="/run/envoy.sock",
)
FIRST_ROUTES = pathlib.Path(__file__).resolve().parents[5] / "roles/balancer/templates/envoy_routes.json.j2"


def split_of(green, **options):
    return Split({"blue": WHOLE - green, "green": green}, **options)


def routes_of(split):
    return route_configuration(split, LAYOUT)["virtual_hosts"][0]["routes"]


@given(splits())
def test_routes_stand_for_one_split(split):
    assert split_from(json.loads(json.dumps(route_configuration(split, LAYOUT))), LAYOUT) == split


@given(splits())
def test_the_weights_are_the_shares_and_the_second_pool_has_the_low_end(split):
    for route in routes_of(split):
        if "weighted_clusters" in route["route"]:
            clusters = route["route"]["weighted_clusters"]["clusters"]
            assert [(cluster["name"], cluster["weight"]) for cluster in clusters] == [
                ("green", split.shares["green"]),
                ("blue", split.shares["blue"]),
            ]


@given(splits(), splits())
def test_a_version_stands_for_its_content(one, other):
    first, second = (json.loads(discovery_response(route_configuration(split, LAYOUT))) for split in (one, other))
    assert (first["version_info"] == second["version_info"]) == (one == other)


def test_a_client_is_placed_by_the_id_that_it_gets_as_its_cookie():
    kept, placed = routes_of(split_of(2500, sticky=True))
    assert kept["route"]["hash_policy"] == [{"cookie": {"name": "shop_bucket"}}]
    assert placed["route"]["hash_policy"] == [{"header": {"header_name": "x-request-id"}}]
    assert placed["response_headers_to_add"][0]["header"]["value"].startswith("shop_bucket=%REQ(X-REQUEST-ID)%;")
    assert kept["route"]["weighted_clusters"] == placed["route"]["weighted_clusters"]


@pytest.mark.parametrize("sticky", [False, True])
def test_requests_that_only_read_are_copied_and_all_others_go_as_without(sticky):
    plain = routes_of(split_of(0, sticky=sticky))
    copied = routes_of(split_of(0, sticky=sticky, mirror=Mirror("green", 1234)))
    assert copied[len(plain) :] == plain
    for route, original in zip(copied, plain, strict=False):
        method, upgrade, *others = route["match"]["headers"]
        pattern = method["string_match"]["safe_regex"]["regex"]
        assert {name for name in ("GET", "HEAD", "POST", "GETS") if re.fullmatch(pattern, name)} == {"GET", "HEAD"}
        assert upgrade == {"name": "upgrade", "present_match": False}
        assert others == original["match"].get("headers", [])
        [policy] = route["route"].pop("request_mirror_policies")
        assert policy["cluster"] == "green.copies"
        assert policy["runtime_fraction"]["default_value"] == {"numerator": 1234, "denominator": "TEN_THOUSAND"}
        assert route["route"] == original["route"]
        assert route.get("response_headers_to_add") == original.get("response_headers_to_add")


@pytest.mark.parametrize(
    ("green", "policy"),
    [
        (0, {"cluster": "elsewhere"}),
        (0, {"cluster": "green.copies"}),
        (0, {"cluster": "green.copies", "runtime_fraction": {"default_value": {"numerator": 20000}}}),
        (5, {"cluster": "green.copies", "runtime_fraction": {"default_value": {"numerator": 5}}}),
    ],
)
def test_a_copy_of_another_hand_is_not_taken_for_ours(green, policy):
    configuration = route_configuration(split_of(green), LAYOUT)
    configuration["virtual_hosts"][0]["routes"][0]["route"]["request_mirror_policies"] = [policy]
    assert split_from(configuration, LAYOUT) == split_of(green)


def test_the_header_route_is_asked_first():
    first, *_others = routes_of(split_of(0, header=HeaderRoute("X-Preview", "green"), sticky=True))
    assert first["match"]["headers"] == [{"name": "X-Preview", "string_match": {"exact": "green"}}]
    assert first["route"]["cluster"] == "green"


def test_the_cookie_route_is_asked_next_where_there_is_a_cookie():
    layout = dataclasses.replace(LAYOUT, preview_cookie="shop_preview")
    split = split_of(0, header=layout.route_to("green"))
    configuration = route_configuration(split, layout)
    _header, cookie, _split = configuration["virtual_hosts"][0]["routes"]
    assert cookie["route"]["cluster"] == "green"
    pattern = cookie["match"]["headers"][0]["string_match"]["safe_regex"]["regex"]
    assert re.fullmatch(pattern, "a=1; shop_preview=green; b=2")
    assert not re.fullmatch(pattern, "a=1; shop_preview=greenish")
    assert split_from(configuration, layout) == split


@pytest.mark.parametrize(
    ("action", "green"),
    [
        ({"cluster": "green"}, 10000),
        ({"cluster": "blue"}, 0),
        ({"weighted_clusters": {"clusters": [{"name": "blue", "weight": 75}, {"name": "green", "weight": 25}]}}, 2500),
        ({"weighted_clusters": {"clusters": [{"name": "green", "weight": 1}]}}, 10000),
    ],
)
def test_routes_of_another_hand_are_understood_where_they_divide_the_traffic(action, green):
    configuration = {"virtual_hosts": [{"routes": [{"match": {"prefix": "/"}, "route": action}]}]}
    assert split_from(configuration, LAYOUT) == split_of(green)


@pytest.mark.parametrize(
    "configuration",
    [
        {},
        {"virtual_hosts": []},
        {"virtual_hosts": [{"routes": []}]},
        {"virtual_hosts": [{"routes": [{"match": {"prefix": "/"}, "redirect": {}}]}]},
        {"virtual_hosts": [{"routes": [{"match": {"prefix": "/"}, "route": {"cluster": "yellow"}}]}]},
        {"virtual_hosts": [{"routes": [{"match": {"prefix": "/"}, "route": {"weighted_clusters": {"clusters": []}}}]}]},
        {"virtual_hosts": [{"routes": "all"}]},
        [],
    ],
)
def test_other_routes_stand_for_nothing(configuration):
    assert split_from(configuration, LAYOUT) is None


def test_the_role_begins_with_the_routes_that_the_driver_would_write():
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    environment.filters["to_json"] = json.dumps
    template = environment.from_string(FIRST_ROUTES.read_text())
    first = json.loads(template.render(balancer_app="shop", balancer_pools=["blue", "green"]))
    assert first["resources"] == [route_configuration(split_of(0), LAYOUT)]


THREE = dataclasses.replace(LAYOUT, pools={**LAYOUT.pools, "baseline": [Server("baseline1", "127.0.0.1:8201")]})


@given(splits_of_three())
def test_routes_stand_for_one_split_of_three_pools(split):
    assert split_from(json.loads(json.dumps(route_configuration(split, THREE))), THREE) == split


@given(splits_of_three())
def test_the_second_pool_has_the_low_end_and_the_third_the_high_end_while_it_has_a_share(split):
    for route in route_configuration(split, THREE)["virtual_hosts"][0]["routes"]:
        if "weighted_clusters" in route["route"]:
            clusters = route["route"]["weighted_clusters"]["clusters"]
            expected = [(pool, split.shares[pool]) for pool in ("green", "blue", "baseline")]
            assert [(cluster["name"], cluster["weight"]) for cluster in clusters] == [
                entry for entry in expected if entry[0] != "baseline" or entry[1]
            ]


@given(splits())
def test_the_routes_of_two_pools_are_those_of_three_of_which_the_third_has_nothing(split):
    of_three = dataclasses.replace(split, shares={**split.shares, "baseline": 0})
    assert route_configuration(of_three, THREE) == route_configuration(split, LAYOUT)


@pytest.mark.parametrize(
    ("weights", "shares"),
    [
        ({"blue": 1, "green": 1, "baseline": 1}, {"blue": 3334, "green": 3333, "baseline": 3333}),
        ({"green": 1, "baseline": 1}, {"blue": 0, "green": 5000, "baseline": 5000}),
        ({"green": 1, "baseline": 19999}, {"blue": 0, "green": 1, "baseline": 9999}),
        ({"baseline": 7}, {"blue": 0, "green": 0, "baseline": 10000}),
    ],
)
def test_weights_of_another_hand_are_rounded_to_shares_of_the_whole(weights, shares):
    clusters = [{"name": pool, "weight": weight} for pool, weight in weights.items()]
    route = {"match": {"prefix": "/"}, "route": {"weighted_clusters": {"clusters": clusters}}}
    assert split_from({"virtual_hosts": [{"routes": [route]}]}, THREE) == Split(shares)
