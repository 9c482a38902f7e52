# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every kind of balancer does with a change of the split."""

from __future__ import annotations

import math

import pytest

from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import ask

COOKIE = "analyze_all_preview"


def test_all_traffic_goes_where_it_is_sent(balancer):
    # given all traffic on blue
    assert set(balancer.pools_of(20)) == {"blue"}
    # when all of it is sent to green
    result = balancer.split(100)
    # then the next request is there, and the module and the balancer say so
    assert set(balancer.pools_of(20)) == {"green"}
    assert result["changed"]
    assert result["split"] == balancer.info()["split"] == {"blue": 0, "green": 100}


def test_the_same_again_changes_nothing(balancer):
    balancer.split(30, header={"pool": "green"}, sticky=True)
    again = balancer.split(30, header={"pool": "green"}, sticky=True)
    assert not again["changed"]
    assert not again["repaired"]
    assert again["commands"] == []


def test_what_is_not_named_stays(balancer):
    balancer.split(30, header={"pool": "green"}, sticky=True)
    assert not balancer.traffic(sticky=True)["changed"]
    result = balancer.split(40)
    assert result["header"] == {"name": "X-Preview", "cookie": COOKIE, "pool": "green"}
    assert result["sticky"]


@pytest.mark.parametrize("green", [0.01, 12.34, 99.99])
def test_a_hundredth_of_a_per_cent_is_kept(balancer, green):
    assert balancer.split(green)["split"]["green"] == green
    reading = balancer.info()
    assert reading["shares"]["green"] == round(green * 100)
    assert reading["consistent"]


@pytest.mark.parametrize("green", [5, 25])
def test_requests_are_divided_as_asked(balancer, green):
    requests = 5000
    balancer.split(green)
    fraction = balancer.pools_of(requests).count("green") / requests
    sigma = math.sqrt(green / 100 * (1 - green / 100) / requests)
    assert abs(fraction - green / 100) < 4 * sigma


def test_check_mode_says_what_would_be_and_does_nothing(balancer):
    predicted = balancer.split(70, sticky=True, check_mode=True)
    assert predicted["changed"]
    assert predicted["commands"]
    assert predicted["diff"]["before"]["split"] == {"blue": 100, "green": 0}
    assert predicted["diff"]["after"]["split"] == predicted["split"] == {"blue": 30, "green": 70}
    assert balancer.info()["split"] == {"blue": 100, "green": 0}
    # and what was predicted is what then happens
    done = balancer.split(70, sticky=True)
    assert {**predicted, "invocation": None} == {**done, "invocation": None}


def test_the_header_opens_one_pool_to_who_names_it(balancer):
    balancer.traffic(header={"name": "X-Preview", "pool": "green"})
    assert balancer.get(X_Preview="green").pool == "green"
    for headers in ({}, {"X_Preview": "blue"}, {"X_Preview": "yes"}, {"X_Other": "green"}):
        assert balancer.get(**headers).pool == "blue"
    # when it is closed, naming the pool no longer helps
    assert balancer.traffic(header={})["header"] == {}
    assert balancer.get(X_Preview="green").pool == "blue"


def test_the_header_opens_the_base_pool_too(balancer):
    balancer.split(100, header={"pool": "blue"})
    assert balancer.get(X_Preview="blue").pool == "blue"
    assert balancer.get(X_Preview="green").pool == balancer.get().pool == "green"


def test_a_cookie_opens_the_pool_that_it_names_as_the_header_does(balancer):
    # given testers whose browsers have other cookies, too
    cookies = [f"{COOKIE}=green", f"first=1; {COOKIE}=green", f"{COOKIE}=green; last=2", f"a=1; {COOKIE}=green; b=2"]
    assert {balancer.get(Cookie=cookie).pool for cookie in cookies} == {"blue"}
    # when the route is opened, then they are on green, and nobody else is
    assert balancer.traffic(header={"pool": "green"})["header"]["cookie"] == COOKIE
    assert {balancer.get(Cookie=cookie).pool for cookie in cookies} == {"green"}
    assert balancer.get(Cookie=cookies[0], X_Preview="blue").pool == "green"
    assert balancer.get(Cookie=f"{COOKIE}=blue", X_Preview="green").pool == "green"
    for cookie in (f"{COOKIE}=blue", f"{COOKIE}=greenish", f"{COOKIE}=", f"x{COOKIE}=green", f"other={COOKIE}=green"):
        assert balancer.get(Cookie=cookie).pool == "blue"
    # and when it is closed, naming the pool no longer helps
    balancer.traffic(header={})
    assert {balancer.get(Cookie=cookie).pool for cookie in cookies} == {"blue"}


def test_a_tester_with_a_cookie_is_on_the_open_pool_whatever_place_another_cookie_keeps(balancer):
    for green, opened in ((0, "green"), (100, "blue")):
        balancer.split(green, header={"pool": opened}, sticky=True)
        kept = balancer.get()
        assert kept.pool != opened
        place = kept.headers["Set-Cookie"].partition(";")[0]
        assert balancer.get(Cookie=f"{place}; {COOKIE}={opened}").pool == opened
        assert balancer.get(Cookie=f"{COOKIE}={opened}; {place}").pool == opened


def test_a_sticky_client_gets_one_cookie_and_one_pool(balancer):
    balancer.split(50, sticky=True)
    first = balancer.get()
    cookie = first.headers["Set-Cookie"].partition(";")[0]
    assert {balancer.get(Cookie=cookie).pool for _request in range(10)} == {first.pool}
    assert balancer.get(Cookie=cookie).headers["Set-Cookie"] is None
    # a cookie that the balancer cannot have given is replaced
    name = cookie.partition("=")[0]
    assert balancer.get(Cookie=f"{name}=../../etc/passwd").headers["Set-Cookie"].startswith(name)
    # and without stickiness nobody gets one
    balancer.traffic(sticky=False)
    assert balancer.get().headers["Set-Cookie"] is None


def test_a_restart_changes_nothing(balancer):
    balancer.split(100, header={"pool": "blue"}, sticky=True)
    before = balancer.info()
    balancer.stop()
    balancer.start()
    after = balancer.info()
    for key in ("split", "header", "sticky", "consistent"):
        assert after[key] == before[key]


def test_the_answer_passes_unmodified(balancer):
    through = balancer.get("/anything")
    direct = ask(balancer.endpoints.ports["blue"][through.headers["X-Instance"]], "/anything")
    assert (through.status, through.body) == (direct.status, direct.body)
    # nothing is taken away or changed, and only what HTTP wants of the one who passes it on is added
    passed = {name.lower(): value for name, value in through.headers.items()}
    sent = {name.lower(): value for name, value in direct.headers.items()}
    assert {name: passed.get(name) for name in sent} == sent
    assert set(passed) - set(sent) <= {"connection", "date"}


def test_an_error_of_the_app_passes_unmodified(balancer):
    answer = balancer.get("/status/500")
    assert answer.status == 500
    assert answer.body == f"blue {answer.headers['X-Instance']}\n"
