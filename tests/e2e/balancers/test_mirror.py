# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of requests to a second pool: on the balancers that can, and refused on those that cannot."""

from __future__ import annotations

import contextlib
import http.client
import math
import signal

import pytest
from load import records, report
from loopback.site import Load

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.registry import DRIVERS
from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down
from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import Failed, until

KEYS = ("split", "header", "sticky", "mirror", "consistent")


class Copies:
    """What a pool met since this was made."""

    def __init__(self, balancer, pool):
        self._balancer = balancer
        self._pool = pool
        balancer.endpoints.seen(pool)

    def before(self, mark):
        """All that the pool met, up to the copy of a request for the path *mark* that is sent now."""
        self._balancer.get(mark)
        seen = []

        def marked():
            seen.extend(self._balancer.endpoints.seen(self._pool))
            return any(request["path"] == mark for request in seen)

        until(marked, f"the copy of {mark} came to {self._pool}")
        return [request for request in seen if request["path"] != mark]


def send(balancer, method, path="/", **headers):
    """One request of any method; the pool that answered."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", balancer.port, timeout=30)) as channel:
        channel.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        return channel.getresponse().headers["X-Release"]


@pytest.mark.parametrize("serving", ["blue", "green"])
def test_a_pool_without_a_share_gets_a_copy_of_each_request(mirroring, serving):
    idle = "green" if serving == "blue" else "blue"
    mirroring.traffic(split={serving: 100, idle: 0})
    result = mirroring.traffic(mirror={"pool": idle, "percent": 100})
    assert result["changed"]
    assert result["mirror"] == mirroring.info()["mirror"] == {"pool": idle, "percent": 100}
    copies = Copies(mirroring, idle)
    # when users come, then they are answered by the pool that serves, and the other gets the same requests
    sent = [f"/page/{number}?with=%2Fquery" for number in range(50)]
    assert {mirroring.get(path, X_Own="kept").pool for path in sent} == {serving}
    met = copies.before("/last")
    assert sorted(request["path"] for request in met) == sorted(sent)
    assert {request["headers"]["host"] for request in met} == {f"127.0.0.1:{mirroring.port}"}
    assert {request["headers"]["x-own"] for request in met} == {"kept"}
    # and when it ends, nothing more comes: the next is seen only when it is on again
    assert mirroring.traffic(mirror={})["mirror"] == {}
    mirroring.pools_of(50)
    mirroring.traffic(mirror={"pool": idle, "percent": 100})
    assert copies.before("/after") == []


def test_as_many_are_copied_as_was_asked(mirroring):
    requests, fraction = 5000, 0.25
    mirroring.traffic(mirror={"pool": "green", "percent": 25})
    copies = Copies(mirroring, "green")
    assert set(mirroring.pools_of(requests)) == {"blue"}
    mirroring.traffic(mirror={"pool": "green", "percent": 100})
    copied = len(copies.before("/last"))
    assert abs(copied / requests - fraction) < 4 * math.sqrt(fraction * (1 - fraction) / requests)


def test_what_may_write_is_not_sent_twice(mirroring):
    mirroring.traffic(mirror={"pool": "green", "percent": 100})
    copies = Copies(mirroring, "green")
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "GET", "HEAD"):
        assert send(mirroring, method, f"/{method}") == "blue"
    assert send(mirroring, "GET", "/socket", Upgrade="websocket", Connection="Upgrade") == "blue"
    assert sorted((request["method"], request["path"]) for request in copies.before("/last")) == [
        ("GET", "/GET"),
        ("HEAD", "/HEAD"),
    ]


def test_what_may_write_is_not_sent_to_the_pool_by_who_knows_how_copies_are_sent(mirroring):
    mirroring.traffic(mirror={"pool": "green", "percent": 100})
    copies = Copies(mirroring, "green")
    for method in ("POST", "DELETE"):
        send(mirroring, method, f"/{method}", Host="analyze-all.copies.invalid", X_Copied_Host="analyze-all")
    assert copies.before("/last") == []


def test_a_copy_goes_with_stickiness_and_not_to_who_is_there_already(mirroring):
    mirroring.traffic(sticky=True, header={"pool": "green"}, mirror={"pool": "green", "percent": 100})
    assert mirroring.info()["consistent"]
    copies = Copies(mirroring, "green")
    # a user who is new, and one with a place
    cookie = mirroring.get("/new").headers["Set-Cookie"].partition(";")[0]
    assert mirroring.get("/kept", Cookie=cookie).headers["Set-Cookie"] is None
    # a tester's request is on green once
    assert mirroring.get("/tester", X_Preview="green").pool == "green"
    assert sorted(request["path"] for request in copies.before("/last")) == ["/kept", "/new", "/tester"]


def test_the_same_again_changes_nothing_and_check_mode_neither(mirroring):
    wish = {"pool": "green", "percent": "12.34"}
    foretold = mirroring.traffic(mirror=wish, check_mode=True)
    assert foretold["changed"]
    assert foretold["diff"]["before"]["mirror"] == mirroring.info()["mirror"] == {}
    done = mirroring.traffic(mirror=wish)
    assert {**foretold, "invocation": None} == {**done, "invocation": None}
    assert done["diff"]["after"]["mirror"] == {"pool": "green", "percent": 12.34}
    again = mirroring.traffic(mirror=wish)
    assert not again["changed"]
    assert again["commands"] == []
    # what is not named stays, over a restart, too
    assert mirroring.traffic(sticky=True, header={"pool": "green"})["mirror"] == {"pool": "green", "percent": 12.34}
    before = mirroring.info()
    mirroring.stop()
    mirroring.start()
    after = mirroring.info()
    assert {key: after[key] for key in KEYS} == {key: before[key] for key in KEYS}


def test_a_copy_ends_when_its_pool_gets_a_share(mirroring):
    mirroring.traffic(mirror={"pool": "green", "percent": 50})
    assert mirroring.split(10)["mirror"] == mirroring.info()["mirror"] == {}
    # and does not begin again by itself
    assert mirroring.split(0)["mirror"] == {}


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"mirror": {"pool": "green", "percent": 0}}, "invalid-option", "0 % for pool 'green' is no copy"),
        ({"mirror": {"pool": "green", "percent": 101}}, "invalid-option", "mirror: 101 % for pool 'green' is outside"),
        ({"mirror": {"pool": "green", "percent": "1.001"}}, "invalid-option", "more than two decimals"),
        ({"mirror": {"pool": "green", "percent": "half"}}, "invalid-option", "mirror: 'half' for pool 'green' is not"),
        ({"mirror": {"pool": "green"}}, "invalid-option", "the percent of requests"),
        ({"mirror": {"percent": 10}}, "invalid-option", "name the pool"),
        ({"mirror": {"pool": "red", "percent": 10}}, "unknown-pool", "red"),
        ({"mirror": {"pool": "blue", "percent": 10}}, "invalid-option", "pool 'blue' has 100 % of the traffic"),
        (
            {"mirror": {"pool": "green", "percent": 10}, "split": {"blue": 90, "green": 10}},
            "invalid-option",
            "pool 'green' has 10 % of the traffic",
        ),
        ({"mirror": {"pool": "green", "percent": 10}, "drain": {"pool": "green"}}, "pool-still-serving", "a copy"),
    ],
)
def test_what_cannot_be_is_refused(mirroring, options, error, words):
    before = mirroring.info()
    with pytest.raises(Failed) as failed:
        mirroring.traffic(**options)
    assert failed.value.result["error"] == error
    assert words in failed.value.result["msg"]
    after = mirroring.info()
    assert {key: after[key] for key in KEYS} == {key: before[key] for key in KEYS}


def test_a_pool_that_is_not_ready_gets_no_more_copies(mirroring):
    mirroring.traffic(mirror={"pool": "green", "percent": 10})
    mirroring.endpoints.tell_pool("green", "unready")
    with pytest.raises(Failed) as failed:
        mirroring.traffic(mirror={"pool": "green", "percent": 20}, health={"wait": 0})
    assert failed.value.result["error"] == "unhealthy-pool"
    # fewer, or none, it may always get
    assert mirroring.traffic(mirror={"pool": "green", "percent": 5})["changed"]
    assert mirroring.traffic(mirror={})["changed"]


def test_who_cannot_mirror_says_so_and_changes_nothing(not_mirroring):
    before = not_mirroring.info()
    assert before["mirror"] == {}
    for check_mode in (True, False):
        with pytest.raises(Failed) as failed:
            not_mirroring.split(0, mirror={"pool": "green", "percent": 10}, sticky=True, check_mode=check_mode)
        assert failed.value.result["error"] == "balancer-unsupported"
        assert f"mirror: balancer {not_mirroring.kind} cannot mirror; " in failed.value.result["msg"]
    after = not_mirroring.info()
    assert {key: after[key] for key in KEYS} == {key: before[key] for key in KEYS}
    # there is none to end, and that is no mistake
    assert not not_mirroring.traffic(mirror={})["changed"]


@pytest.fixture(params=[kind for kind in laid_down.KINDS if not DRIVERS[kind].CANNOT_MIRROR])
def fragile(request, tmp_path):
    """A balancer with endpoints of its own, which a test may kill."""
    with contextlib.closing(laid_down.Endpoints()) as endpoints:
        balancer = laid_down.lay_down(request.param, tmp_path / "app", endpoints)
        balancer.start()
        yield balancer
        balancer.stop()


@pytest.mark.parametrize("connections", ["--keep-alive", "--new-connections"])
def test_a_pool_that_hangs_or_dies_fails_and_delays_no_request(fragile, tmp_path, connections):
    # given users whose requests are all copied to green
    fragile.traffic(mirror={"pool": "green", "percent": 100})
    url = f"http://127.0.0.1:{fragile.port}/page"
    options = (connections, "--method", "GET", "--rate", "200", "--connections", "16", "--timeout", "5")
    load = Load(url, tmp_path / "records", *options)

    def more(number):
        answered = len(list(records.read(load.record))) + number
        until(lambda: len(list(records.read(load.record))) >= answered, f"{number} more are answered")

    try:
        until(load.record.exists, "the load began")
        more(200)
        # when green no longer answers anything, longer than any user waits: more requests than there may be copies in flight
        fragile.endpoints.signal("green", signal.SIGSTOP)
        more(1500)
        # when it goes on, when the copy ends and begins again, and when it dies
        fragile.endpoints.signal("green", signal.SIGCONT)
        for percent in (50, 0.01, 100):
            fragile.traffic(mirror={})
            fragile.traffic(mirror={"pool": "green", "percent": percent})
        fragile.endpoints.signal("green", signal.SIGKILL)
        more(400)
        kept = load.stop()
    finally:
        load.kill()
    # then blue has answered every request, and none failed
    assert report.totals(kept).errors == {}
    assert set(report.by_release(kept)) == {"blue"}
