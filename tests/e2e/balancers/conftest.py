# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real balancers that the role laid down, in front of real endpoints."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down


@pytest.fixture(scope="session")
def endpoints():
    """Three endpoints a pool."""
    running = laid_down.Endpoints()
    yield running
    running.close()


@pytest.fixture(scope="session")
def of_kind(endpoints, tmp_path_factory):
    """Gives the running balancer of a kind, laid down when it is first asked for."""
    running = {}

    def give(kind):
        if kind not in running:
            directory = tmp_path_factory.mktemp(kind) / "app"
            running[kind] = laid_down.lay_down(kind, directory, endpoints)
            running[kind].start()
        return running[kind]

    yield give
    for balancer in running.values():
        balancer.stop()


@pytest.fixture(params=laid_down.KINDS)
def balancer(request, of_kind):
    """Each kind in turn, with all traffic on blue, no header route, no stickiness and healthy endpoints."""
    return at_rest(of_kind(request.param))


@pytest.fixture
def haproxy(of_kind):
    """HAProxy, at rest like ``balancer``."""
    return at_rest(of_kind("haproxy"))


@pytest.fixture
def nginx(of_kind):
    """nginx, at rest like ``balancer``."""
    return at_rest(of_kind("nginx"))


def at_rest(balancer):
    """Put the balancer and its endpoints into the state that each test begins with."""
    for pool in laid_down.SERVERS:
        balancer.endpoints.tell_pool(pool, "ready")
    balancer.split(0, header={}, sticky=False, health={"check": False})
    return balancer
