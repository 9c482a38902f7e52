# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Canaries on a small pool, after which the large one gets the release batch by batch and keeps the traffic."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.tests.e2e.canary.conftest import Telling
from ansible_collections.progressive.delivery.tests.e2e.canary.site import WIDE
from ansible_collections.progressive.delivery.tests.e2e.canary.story import BETTER, COMPARED, GOOD, OLD, Data, Story

CANARY: Data = {
    "steps": [{"share": 20}, {"analysis": "errors"}],
    "analyses": {"errors": COMPARED},
    "promotion": "batches",
    "bake": 0.3,
}


def test_the_pool_that_serves_gets_the_release_and_keeps_the_traffic(wide_story: Story) -> None:
    story = wide_story.given_serving().when_delivering(GOOD, **CANARY).then_ended("succeeded")
    story.then_shares(0, 20, 0).then_fleet(GOOD, GOOD, GOOD, GOOD).then_serves(GOOD).then_all_in()
    story.when("rollback").then_ended("succeeded").then_fleet(OLD, OLD, OLD, OLD).then_serves(OLD).then_all_in()
    story.then_nothing_failed()


def test_no_more_hosts_are_out_than_the_floor_allows(telling: Telling) -> None:
    story = telling("haproxy", WIDE).given_serving().when_delivering(GOOD, **{**CANARY, "floor": "75%"})
    story.then_ended("succeeded").then_serves(GOOD)
    out = [
        sum(endpoint["state"] == "drain" for endpoint in split["pools"]["blue"]["endpoints"]) for split in story.splits
    ]
    assert max(out) == 1
    story.then_nothing_failed()


def test_one_that_is_taken_back_amid_its_batches_leaves_no_host_behind(telling: Telling) -> None:
    """The first half of the pool has the release, and the second half is being changed."""
    story = telling("haproxy", WIDE).given_serving()
    story.when_killed("after-write:22", GOOD, **{**CANARY, "slice": 30.0, "lease": 1.0, "lock_wait": 30.0})
    assert story.killed
    assert set(story.site.fleet()["blue"].values()) == {GOOD, OLD}
    story.when("rollback").then_ended("rolled_back").then_fleet(OLD, OLD, OLD, OLD).then_serves(OLD).then_all_in()
    story.then_nothing_failed()


def test_a_newer_release_takes_its_place_amid_the_batches(telling: Telling) -> None:
    story = telling("haproxy", WIDE).given_serving()
    story.when_delivering(GOOD, {("deploy", 3): story.pause}, **CANARY).then_ended("paused")
    assert set(story.site.fleet()["blue"].values()) == {GOOD}
    story.when_delivering(BETTER, supersede=True, **CANARY).then_ended("succeeded")
    story.then_fleet(BETTER, BETTER, BETTER, BETTER).then_serves(BETTER).then_all_in().then_nothing_failed()
    assert story.rollout()["from_release"] == OLD


@pytest.mark.parametrize("share", [100])
def test_all_traffic_for_the_small_pool_is_refused(telling: Telling, share: int) -> None:
    story = telling("haproxy", WIDE).given_serving_without_load()
    story.when_delivering(GOOD, **{**CANARY, "steps": [{"share": share}]})
    story.then_refused("promotion in batches leaves the traffic to the pool that has it")
