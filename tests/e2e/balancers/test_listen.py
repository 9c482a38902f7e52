# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A balancer that listens at all addresses of its host, which reaches it over loopback of the same family.

Of IPv6 where this machine has it; on hosts under systemd it listens at all addresses of IPv4.
"""

from __future__ import annotations

import contextlib

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.registry import DRIVERS
from ansible_collections.progressive.delivery.tests import loopback_servers
from ansible_collections.progressive.delivery.tests.e2e.balancers import laid_down
from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import until

WILDCARDS = {"127.0.0.1": "0.0.0.0", "::1": "[::]"}


@pytest.fixture(scope="module")
def endpoints():
    with contextlib.closing(laid_down.Endpoints()) as running:
        yield running


@pytest.mark.parametrize("address", loopback_servers.hosts()[-1:])
@pytest.mark.parametrize("kind", laid_down.KINDS)
def test_it_is_asked_and_copies_over_loopback(endpoints, tmp_path, kind, address):
    port = laid_down.free_port()
    listen = f"{WILDCARDS[address]}:{port}"
    balancer = laid_down.lay_down(kind, tmp_path / "app", endpoints, port=port, balancer_listen=listen)
    balancer.host = address
    balancer.start()
    try:
        assert balancer.get().pool == "blue"
        if not DRIVERS[kind].CANNOT_MIRROR:
            endpoints.seen("green")
            balancer.traffic(mirror={"pool": "green", "percent": 100})
            assert balancer.get().pool == "blue"
            until(lambda: endpoints.seen("green"), "a copy came to green")
        balancer.split(100)
        assert balancer.get().pool == "green"
    finally:
        balancer.stop()
