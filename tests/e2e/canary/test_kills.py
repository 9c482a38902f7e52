# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A canary killed at its writes to the journal, then resumed and, another time, rolled back, under load.

``PROGRESSIVE_DELIVERY_CANARY_KILLS`` says how many kills are tried for each
balancer and way out; ``make bench`` tries every place with each of them.
"""

from __future__ import annotations

import os

import pytest

from ansible_collections.progressive.delivery.tests.e2e.canary.conftest import Telling
from ansible_collections.progressive.delivery.tests.e2e.canary.story import (
    BETTER,
    GOOD,
    OLD,
    PLACES,
    RATIO,
    SLOW,
    Data,
    Story,
)

KILLS = int(os.environ.get("PROGRESSIVE_DELIVERY_CANARY_KILLS", "3"))
WAYS = [(balancer, way_out) for balancer in ("haproxy", "caddy") for way_out in ("rollback", "resume")]
CANARY: Data = {
    "steps": [{"share": 30}, {"analysis": "ratio"}, {"share": 60}, {"pause": 0.2}],
    "analyses": {"ratio": RATIO},
    "preview": True,
    "bake": 0.2,
    "slice": 30.0,
    "lease": 1.0,
    "lock_wait": 30.0,
}
"""A canary with a step of each kind, none of which takes several actions, so that its writes are always as many."""


@pytest.fixture(scope="session")
def points(places: Telling, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Every place at which the canary can be killed, counted in one that is not."""
    story = Story(*places("haproxy"), tmp_path_factory.mktemp("t")).given_serving()
    try:
        story.when_killed("before-write:1000000", GOOD, **CANARY)
        assert not story.killed
        story.then_serves(GOOD).then_nothing_failed()
    finally:
        story.close()
    writes = range(1, story.reached("before-write") + 1)
    points = [f"{place}:{number}" for number in writes for place in ("before-write", "after-write")]
    assert len(points) == PLACES
    return points


PLACE_TAKEN = {"the file": 3, "the current one": 4, "the end of the one before": 5}
"""What a run that takes the place of another writes as it opens, after its lock, which it takes and renews."""


@pytest.mark.parametrize("way_out", ["rollback", "again", "another"])
@pytest.mark.parametrize("write", PLACE_TAKEN)
def test_one_killed_as_it_takes_the_place_of_another_leaves_neither_open(
    story: Story, write: str, way_out: str
) -> None:
    """The one whose place is taken waits at its gate, and has a part of the traffic."""
    story.given_serving().when_delivering(GOOD, steps=[{"share": 40}, {"pause": "until_promoted"}])
    first = story.then_ended("paused").rollout()["id"]
    short = {**CANARY, "steps": [{"share": 20}], "supersede": True}
    story.when_killed(f"after-write:{PLACE_TAKEN[write]}", BETTER, **short)
    assert story.killed
    if way_out == "rollback":
        story.when("rollback").then_ended("rolled_back").then_serves(OLD)
    else:
        release = BETTER if way_out == "again" else SLOW
        story.when_delivering(release, **short).then_ended("succeeded").then_serves(release)
    was_killed_before_it_counted = write == "the file" and way_out == "rollback"
    assert story.rollout(first)["status"] == ("rolled_back" if was_killed_before_it_counted else "superseded")
    story.then_unlocked().then_nothing_failed()


@pytest.mark.parametrize("nth", range(KILLS))
@pytest.mark.parametrize("way", range(len(WAYS)), ids=["-".join(way) for way in WAYS])
def test_a_canary_killed_at_a_journal_write_is_finished_or_undone(
    telling: Telling, points: list[str], way: int, nth: int
) -> None:
    """The points lie evenly, and each way out has others, so that a few kills tell of many places."""
    balancer, way_out = WAYS[way]
    fault = points[int((nth + way / len(WAYS)) / KILLS * len(points))]
    story = telling(balancer).given_delivered(GOOD).when_killed(fault, BETTER, **CANARY)
    assert story.killed
    story.when(way_out).then_unlocked()
    # Where the canary was not begun, or had ended, a rollback is about the release before it.
    rollout = story.rollout()
    assert rollout["status"] in ("succeeded", "rolled_back")
    story.then_serves(rollout["from_release" if rollout["status"] == "rolled_back" else "to_release"])
    story.then_nothing_failed()
