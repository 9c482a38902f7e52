# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of balancer after a module that was killed, and beside one that is at work."""

from __future__ import annotations

import fcntl
import os

import pytest

from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import TABLE, Failed

BEFORE_THE_READ_BACK = "shift._check_read_back"


@pytest.mark.parametrize("instant", ["live change", "read back"])
def test_what_was_left_half_done_is_finished(balancer, instant):
    # given a module that was killed on its way to green
    place = TABLE[balancer.kind].live_change if instant == "live change" else BEFORE_THE_READ_BACK
    balancer.traffic_killed_at(place, split={"blue": 0, "green": 100}, sticky=True)
    # then requests go wholly the old way or wholly the new
    assert len(set(balancer.pools_of(50))) == 1
    # when it is run again
    balancer.split(100, sticky=True)
    # then nothing is left of it
    assert set(balancer.pools_of(50)) == {"green"}
    assert balancer.info()["consistent"]
    assert not balancer.split(100, sticky=True)["changed"]


def test_what_was_left_half_done_can_be_taken_back(balancer):
    balancer.traffic_killed_at(TABLE[balancer.kind].live_change, split={"blue": 0, "green": 100})
    balancer.split(0)
    assert set(balancer.pools_of(50)) == {"blue"}
    assert balancer.info()["consistent"]


def test_two_changes_do_not_run_at_once(balancer):
    with (balancer.directory / "lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.pwrite(lock.fileno(), b"4711", 0)
        with pytest.raises(Failed) as failed:
            balancer.split(100, lock_timeout=0.2)
        # reading needs no lock
        assert balancer.info()["split"] == {"blue": 100, "green": 0}
    assert failed.value.result["error"] == "change-in-progress"
    assert "4711" in failed.value.result["msg"]
    assert balancer.split(100)["changed"]
