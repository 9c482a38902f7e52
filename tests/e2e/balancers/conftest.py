# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real balancers that the role laid down, in front of real endpoints."""

from __future__ import annotations

import contextlib

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.registry import DRIVERS
from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down


@pytest.fixture(scope="session")
def of_kind(tmp_path_factory):
    """Gives the running balancer of a kind with endpoints of its own, laid down when it is first asked for."""
    running = {}

    def give(kind):
        if kind not in running:
            endpoints = closing.enter_context(contextlib.closing(laid_down.Endpoints()))
            balancer = laid_down.lay_down(kind, tmp_path_factory.mktemp(kind) / "app", endpoints)
            closing.callback(balancer.stop)
            balancer.start()
            running[kind] = balancer
        return running[kind]

    with contextlib.ExitStack() as closing:
        yield give


@pytest.fixture(params=laid_down.KINDS)
def balancer(request, of_kind):
    """Each kind in turn, with all traffic on blue, no header route, no stickiness, no mirror and healthy endpoints."""
    return at_rest(of_kind(request.param))


@pytest.fixture(params=[kind for kind in laid_down.KINDS if not DRIVERS[kind].CANNOT_MIRROR])
def mirroring(request, of_kind):
    """Each kind that can mirror, at rest like ``balancer``."""
    return at_rest(of_kind(request.param))


@pytest.fixture(params=[kind for kind in laid_down.KINDS if DRIVERS[kind].CANNOT_MIRROR])
def not_mirroring(request, of_kind):
    """Each kind that cannot, at rest like ``balancer``."""
    return at_rest(of_kind(request.param))


@pytest.fixture
def caddy(of_kind):
    """Caddy, at rest like ``balancer``."""
    return at_rest(of_kind("caddy"))


@pytest.fixture
def envoy(of_kind):
    """Envoy, at rest like ``balancer``."""
    return at_rest(of_kind("envoy"))


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
    if not balancer.process:
        balancer.start()
    for pool in laid_down.SERVERS:
        balancer.endpoints.tell_pool(pool, "ready")
    balancer.split(0, header={}, sticky=False, mirror={}, health={"check": False})
    return balancer
