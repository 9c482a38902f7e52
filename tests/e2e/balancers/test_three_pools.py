# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of balancer with three pools: the old release, the new one, and the old one afresh to compare with."""

from __future__ import annotations

import concurrent.futures
import contextlib
import http.client
import itertools
import math

import pytest
from load import report
from loopback.site import Load

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.envoy_routes import (
    discovery_response,
    route_configuration,
)
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.haproxy import RuntimeSocket
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.layout import Layout, Server
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.registry import DRIVERS
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.split import Split
from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down
from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import SERVERS, TABLE, Failed, until
from ansible_collections.progressive.delivery.tests.e2e.balancers.test_mirror import Copies

POOLS = {**SERVERS, "baseline": ["baseline1", "baseline2", "baseline3"]}
COOKIE = "analyze_all_bucket"
LADDER = (5, 15, 33, 50, 75, 100)
"""Per cent of green while it grows; from 50 on there is less and less left for baseline."""

USERS = 200


def put_split_of_two_pools(directory, kind):
    """What a balancer with two pools kept of 30 % for green with stickiness, as it was before there could be three."""
    directory.mkdir()
    if kind == "haproxy":
        (directory / "split.map").write_text("share 3000\nheader 0\nsticky 1\n")
    elif kind == "nginx":
        (directory / "splits" / "green=03000,preview=none,sticky=on").mkdir(parents=True)
        (directory / "current").symlink_to("splits/green=03000,preview=none,sticky=on")
    elif kind == "caddy":
        (directory / "split").write_text("green=3000 preview=- sticky=on\n")
    else:
        pools = {pool: [Server(pool, "127.0.0.1:1")] for pool in SERVERS}
        two = Layout(laid_down.APP, kind, str(directory), pools, "X-Preview", COOKIE, "127.0.0.1:80")
        routes = route_configuration(Split({"blue": 7000, "green": 3000}, sticky=True), two)
        (directory / "routes.json").write_text(discovery_response(routes))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The balancers by kind, and what each said first of the split that it found."""
    folder = tmp_path_factory.mktemp("three-pools")
    with contextlib.ExitStack() as closing:
        endpoints = closing.enter_context(contextlib.closing(laid_down.Endpoints(POOLS)))
        for kind in laid_down.KINDS:
            put_split_of_two_pools(folder / kind, kind)
        balancers = laid_down.lay_down_all(folder, endpoints)
        for balancer in balancers.values():
            closing.callback(balancer.stop)
            balancer.start()
        yield balancers, {kind: balancer.info() for kind, balancer in balancers.items()}


def at_rest(site, kind):
    """The balancer of this kind with all traffic on blue, no header route, no stickiness and no mirror."""
    balancer = site[0][kind]
    divide(balancer, 0, 0, header={}, sticky=False, mirror={}, health={"check": False})
    return balancer


@pytest.fixture(params=laid_down.KINDS)
def balancer(request, site):
    """Each kind in turn, at rest."""
    return at_rest(site, request.param)


@pytest.fixture(params=["caddy", "haproxy", "nginx"])
def with_buckets(request, site):
    """Each kind whose cookie is the number of a bucket, at rest."""
    return at_rest(site, request.param)


@pytest.fixture(params=[kind for kind in laid_down.KINDS if not DRIVERS[kind].CANNOT_MIRROR])
def mirroring(request, site):
    """Each kind that can mirror, at rest."""
    return at_rest(site, request.param)


def divide(balancer, green, baseline, **options):
    """Give green and baseline so many per cent, and blue the rest."""
    shares = {"blue": round(100 - green - baseline, 2), "green": green, "baseline": baseline}
    return balancer.traffic(split=shares, **options)


def beside(green):
    """Per cent of baseline: as much as green while there is as much, then half of what is left."""
    return min(green, (100 - green) / 2)


def met_by(balancer, cookies):
    """The pool that answers each of the users with these cookies."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", balancer.port, timeout=30)) as channel:
        return [laid_down.ask_over(channel, "/", {"Cookie": cookie}).pool for cookie in cookies]


def assert_divided(pools, **per_cent):
    """So many of those who met *pools* are in each of these, within 4 sigma."""
    for pool, share in per_cent.items():
        fraction = share / 100
        tolerance = 4 * math.sqrt(fraction * (1 - fraction) / len(pools))
        assert abs(pools.count(pool) / len(pools) - fraction) <= tolerance, pool


@pytest.mark.parametrize("kind", laid_down.KINDS)
def test_a_site_with_two_pools_keeps_its_split_when_it_gets_a_third(site, kind):
    _balancers, found = site
    assert found[kind]["split"] == {"blue": 70, "green": 30, "baseline": 0}
    assert found[kind]["sticky"]
    assert found[kind]["consistent"]


def test_requests_are_divided_among_three_as_asked(balancer):
    result = divide(balancer, 5, 5)
    assert result["split"] == balancer.info()["split"] == {"blue": 90, "green": 5, "baseline": 5}
    assert_divided(balancer.pools_of(4000), blue=90, green=5, baseline=5)
    again = divide(balancer, 5, 5)
    assert not again["changed"]
    assert again["commands"] == []
    # and each of them may have all
    for green, baseline, pool in ((0, 100, "baseline"), (100, 0, "green"), (0, 0, "blue")):
        divide(balancer, green, baseline)
        assert set(balancer.pools_of(20)) == {pool}


@pytest.mark.parametrize(("green", "baseline"), [(0.01, 0.01), (12.34, 87.66), (99.99, 0)])
def test_the_buckets_of_green_are_the_lowest_and_those_of_baseline_the_highest(with_buckets, green, baseline):
    divide(with_buckets, green, baseline, sticky=True)
    assert with_buckets.info()["consistent"]
    second, third = round(green * 100), round(10000 - baseline * 100)
    for bucket in {0, second - 1, second, third - 1, third, 9999} & set(range(10000)):
        expected = "green" if bucket < second else "baseline" if bucket >= third else "blue"
        assert with_buckets.get(Cookie=f"{COOKIE}={bucket:04d}").pool == expected


def test_no_user_of_green_is_sent_away_and_none_of_baseline_to_green_while_green_grows(balancer, tmp_path):
    # given users who all came before green got anything, and requests of others all the time
    balancer.traffic(sticky=True)
    cookies = [balancer.get().headers["Set-Cookie"].partition(";")[0] for _user in range(USERS)]
    load = Load(f"http://127.0.0.1:{balancer.port}/", tmp_path / "records", "--keep-alive", "--rate", "200")
    try:
        until(load.record.exists, "the load began")
        met = []
        for green in LADDER:
            # when green grows and baseline beside it, then as many users are in each
            divide(balancer, green, beside(green))
            met.append(met_by(balancer, cookies))
            assert_divided(met[-1], green=green, baseline=beside(green))
        kept = load.stop()
    finally:
        load.kill()
    for (old, new), (before, after) in zip(itertools.pairwise(LADDER), itertools.pairwise(met), strict=True):
        moves = set(zip(before, after, strict=True))
        assert {after for before, after in moves if before == "green"} == {"green"}
        # only where green needs what baseline had is there another way
        assert ("baseline", "green") not in moves or new + beside(old) > 100
    assert report.totals(kept).errors == {}


def test_header_and_cookie_open_the_third_pool_to_who_names_it(balancer):
    named = {"X_Preview": "baseline"}, {"Cookie": "a=1; analyze_all_preview=baseline"}
    assert {balancer.get(**headers).pool for headers in named} == {"blue"}
    balancer.traffic(header={"pool": "baseline"}, sticky=True)
    assert balancer.info()["header"]["pool"] == "baseline"
    assert {balancer.get(**headers).pool for headers in named} == {"baseline"}
    assert {balancer.get(X_Preview=pool).pool for pool in ("blue", "green", "none")} == {"blue"}
    # and while it has all traffic, the base pool is open to testers in the same way
    divide(balancer, 0, 100, header={"pool": "blue"})
    assert balancer.get(X_Preview="blue").pool == "blue"
    assert balancer.get().pool == "baseline"


def test_a_change_that_was_killed_is_finished_and_survives_a_restart(balancer):
    # given a module that was killed on its way to three pools
    wish = {"split": {"blue": 40, "green": 30, "baseline": 30}, "sticky": True, "header": {"pool": "baseline"}}
    balancer.traffic_killed_at(TABLE[balancer.kind].live_change, **wish)
    assert set(balancer.pools_of(50)) == {"blue"}
    # when it is run again, then nothing is left of it, also not after a restart
    assert balancer.traffic(**wish)["changed"]
    assert not balancer.traffic(**wish)["changed"]
    balancer.stop()
    balancer.start()
    reading = balancer.info()
    assert reading["split"] == wish["split"]
    assert reading["header"]["pool"] == "baseline"
    assert reading["sticky"]
    assert reading["consistent"]
    assert_divided(balancer.pools_of(500), blue=40, green=30, baseline=30)


def test_requests_in_flight_are_counted_by_pool_and_the_third_is_drained(balancer):
    divide(balancer, 0, 100)
    with concurrent.futures.ThreadPoolExecutor() as clients:
        answer = clients.submit(balancer.get, "/hold/slow")
        try:
            until(lambda: balancer.info()["pools"]["baseline"]["in_flight"] == 1, "the request is in flight")
            assert [balancer.info()["pools"][pool]["in_flight"] for pool in SERVERS] == [0, 0]
            with pytest.raises(Failed) as failed:
                divide(balancer, 50, 0, drain={"pool": "baseline", "timeout": 0})
            assert failed.value.result["error"] == "drain-timeout"
        finally:
            balancer.endpoints.tell_pool("baseline", "let-go/slow")
        assert answer.result(timeout=30).pool == "baseline"
    assert balancer.traffic(drain={"pool": "baseline", "timeout": 60})["drained"]


def test_the_third_pool_gets_a_copy_of_what_goes_to_either_other(mirroring):
    divide(mirroring, 50, 0, header={"pool": "baseline"}, mirror={"pool": "baseline", "percent": 100})
    assert mirroring.info()["mirror"] == {"pool": "baseline", "percent": 100}
    copies = Copies(mirroring, "baseline")
    sent = [f"/page/{number}" for number in range(40)]
    assert {mirroring.get(path).pool for path in sent} == {"blue", "green"}
    assert mirroring.get("/tester", X_Preview="baseline").pool == "baseline"
    assert sorted(request["path"] for request in copies.before("/last")) == sorted([*sent, "/tester"])
    # and the copy ends when it gets a share, so that there is one for green instead
    assert divide(mirroring, 0, 50, header={})["mirror"] == {}
    mirroring.traffic(mirror={"pool": "green", "percent": 100})
    copies = Copies(mirroring, "green")
    assert {mirroring.get(path).pool for path in sent} == {"blue", "baseline"}
    assert sorted(request["path"] for request in copies.before("/last")) == sorted(sent)


def overfill_map(haproxy):
    path = haproxy.directory / "split.map"
    assert RuntimeSocket(str(haproxy.directory / "haproxy.sock")).ask(f"set map {path} share 9000").strip() == ""


def overfill_line(caddy):
    (caddy.directory / "split").write_text("green=9000 preview=- sticky=off baseline=2000\n")


@pytest.mark.parametrize(("kind", "damage"), [("haproxy", overfill_map), ("caddy", overfill_line)])
def test_where_more_is_given_away_than_there_is_green_comes_first_and_it_is_put_right(site, kind, damage):
    balancer = at_rest(site, kind)
    divide(balancer, 20, 20)
    damage(balancer)
    reading = balancer.info()
    assert reading["split"] == {"blue": 0, "green": 90, "baseline": 10}
    assert reading["faults"]
    assert_divided(balancer.pools_of(1000), blue=0, green=90, baseline=10)
    assert divide(balancer, 90, 10)["repaired"]
    assert balancer.info()["consistent"]
