# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of balancer while requests come in steadily from a client that retries nothing."""

from __future__ import annotations

import time

import pytest
from load import records, report
from loopback.site import Load

from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import until

SWAPS = (100, 0, 100, 0, 100, 0, 100, 0)


@pytest.fixture(params=["--keep-alive", "--new-connections"])
def load(request, balancer, tmp_path):
    """Steady load on the balancer that has begun to be answered."""
    url = f"http://127.0.0.1:{balancer.port}/analyze"
    running = Load(url, tmp_path / "records", request.param, "--rate", "200", "--connections", "16")
    until(lambda: running.record.exists() and list(records.read(running.record)), "the load is answered")
    yield running
    running.kill()


def test_a_swap_loses_nothing_and_leaves_nothing_behind(balancer, load):
    swaps = []
    for green in SWAPS:
        begun = time.time()
        balancer.split(green)
        swaps.append((begun, time.time(), "green" if green else "blue"))
        until(lambda: list(records.read(load.record))[-1].sent > swaps[-1][1], "requests came after the swap")
    kept = load.stop()
    assert report.totals(kept).errors == {}
    # what is sent after the module returned is answered by the new pool alone
    for (_begun, returned, pool), (next_begun, *_rest) in zip(swaps, [*swaps[1:], (float("inf"),)], strict=True):
        assert set(report.by_release(report.between(kept, returned, next_begun))) == {pool}


def test_changes_of_every_kind_lose_nothing(balancer, load):
    for green in (5, 25, 50, 100, 50, 0):
        balancer.split(green, sticky=True, header={"pool": "green"})
        balancer.split(green, sticky=False, header={})
    assert report.totals(load.stop()).errors == {}
