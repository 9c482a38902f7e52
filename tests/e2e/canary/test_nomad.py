# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of Nomad's deployments ask of a canary."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.tests.e2e.canary.story import (
    DOES_NOT_START,
    FAILING,
    GOOD,
    NEVER_READY,
    OLD,
    RATIO,
    Data,
    Story,
)

GATE: Data = {"pause": "until_promoted"}


@pytest.mark.parametrize("full", [False, True], ids=["to the next step", "in full"])
def test_a_promotion_of_canaries_that_are_not_healthy_gives_them_nothing(story: Story, full: bool) -> None:
    story.given_serving().when_delivering(GOOD, steps=[{"share": 25}, GATE, {"share": 50}]).then_ended("paused")
    story.when_told("ready", False, "green-1").when("promote", full=full)
    story.then_ended("rolled_back", "validate failed", "green-1").then_serves(OLD)
    story.then_shares(0, 25, 0).then_nothing_failed()


def test_nothing_is_rolled_back_when_the_release_is_equal(story: Story) -> None:
    story.given_delivered().when("rollback").then_ended("succeeded").then_serves(OLD).then_rollouts(GOOD, OLD)
    story.when("rollback").then_ended("unchanged", "1.0 serves").then_rollouts(GOOD, OLD)
    story.when_delivering(OLD, steps=[{"share": 25}]).then_ended("unchanged", "1.0 serves already")
    story.then_serves(OLD).then_rollouts(GOOD, OLD).then_nothing_failed()


@pytest.mark.parametrize("bad", [FAILING, NEVER_READY, DOES_NOT_START])
def test_a_failed_delivery_never_starts_a_new_one(story: Story, bad: str) -> None:
    """It has gone back to what served before, and nothing that is done about it later begins a rollout of its own."""
    analysed = {"steps": [{"share": 30}, {"analysis": "ratio"}], "analyses": {"ratio": RATIO}}
    story.given_serving().when_delivering(bad, **analysed).then_ended("rolled_back").then_rollouts(bad)
    story.when("resume").then_ended("unchanged", "has ended: rolled_back")
    story.when("rollback").then_ended("unchanged", "1.0 serves")
    story.when("promote").then_refused("no rollout is under way")
    story.then_rollouts(bad).then_serves(OLD).then_runs(OLD, "blue").then_only_failed_from(bad)


def test_an_old_pool_that_is_to_go_goes_only_once_it_has_no_traffic(story: Story) -> None:
    """And the way back puts it up again before it gives it anything."""
    story.given_serving().when_delivering(GOOD, steps=[{"share": 50}], warm=0).then_ended("succeeded")
    story.then_kinds("deploy", "validate", "shift", "shift", "bake", "drain", "retire").then_serves(GOOD)
    story.when("rollback").then_ended("succeeded").then_serves(OLD).then_shares(0, 50, 100, 0)
    story.then_kinds("deploy", "validate", "shift", "drain").then_nothing_failed()
