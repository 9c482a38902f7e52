# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draining a pool, on every kind of balancer."""

from __future__ import annotations

import concurrent.futures

import pytest

from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import Failed, until


@pytest.fixture
def slow_request(balancer):
    """A request that blue has begun to answer, and the way to let it end."""
    with concurrent.futures.ThreadPoolExecutor() as clients:
        answer = clients.submit(balancer.get, "/hold/slow")
        until(lambda: balancer.info()["pools"]["blue"]["in_flight"] == 1, "the request is in flight")

        def let_go():
            for name in balancer.endpoints.ports["blue"]:
                balancer.endpoints.tell(name, "let-go/slow")
            return answer.result(timeout=30)

        yield let_go
        if not answer.done():
            let_go()


def test_a_drain_waits_for_the_request_in_flight(balancer, slow_request):
    # given traffic that has left blue, but for one request
    balancer.split(100)
    with concurrent.futures.ThreadPoolExecutor() as others:
        drain = others.submit(balancer.traffic_in_process, drain={"pool": "blue", "timeout": 60})
        # then the drain is still waiting while new requests are answered
        assert set(balancer.pools_of(200)) == {"green"}
        assert not drain.done()
        # and ends when the request has
        assert slow_request().pool == "blue"
        result = drain.result(timeout=60)
    assert result["drained"]
    assert result["in_flight"] == 0
    assert not result["changed"]


def test_a_drain_ends_at_its_deadline(balancer, slow_request):
    with pytest.raises(Failed) as failed:
        balancer.split(100, drain={"pool": "blue", "timeout": 0.3})
    assert failed.value.result["error"] == "drain-timeout"
    assert sum(failed.value.result["details"]["in_flight"].values()) == 1
    # the shift that came before it stands
    assert balancer.info()["split"] == {"blue": 0, "green": 100}
    assert slow_request().status == 200


def test_a_drain_in_check_mode_only_counts(balancer, slow_request):
    result = balancer.split(100, drain={"pool": "blue"}, check_mode=True)
    assert not result["drained"]
    assert result["in_flight"] == 1


def test_an_open_header_route_keeps_a_pool_from_draining(balancer):
    with pytest.raises(Failed) as failed:
        balancer.traffic(header={"pool": "green"}, drain={"pool": "green"})
    assert failed.value.result["error"] == "pool-still-serving"
    assert balancer.info()["header"] == {}
