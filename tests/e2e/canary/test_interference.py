# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens on hosts, and in no cluster: other people and other controllers reach into a canary."""

from __future__ import annotations

from ansible_collections.progressive.delivery.tests.e2e.canary.story import BETTER, GOOD, OLD, Story

STEPS = [{"share": 20}, {"pause": 0.5}, {"share": 60}]


def test_traffic_that_somebody_moves_amid_the_steps_pauses_it_and_promote_sets_the_step_again(
    each_story: Story,
) -> None:
    story = each_story.given_serving()
    move = {("bake", 1): lambda: story.site.traffic(split={"blue": 45, "green": 55})}
    story.when_delivering(GOOD, move, steps=[{"share": 20}, {"pause": 0.5}, {"pause": 0.5}])
    story.then_ended("paused", "someone else moved traffic").then_shares(0, 20, 55)
    story.when("promote").then_ended("succeeded").then_serves(GOOD).then_shares(0, 20, 55, 20, 100)
    story.then_nothing_failed()


def test_a_second_run_is_refused_and_the_first_goes_on(story: Story) -> None:
    intrude = {("bake", 1): lambda: story.another("resume").then_refused_while_held("held by alice")}
    story.given_serving().when_delivering(GOOD, intrude, steps=STEPS).then_ended("succeeded").then_serves(GOOD)
    story.then_shares(0, 20, 60, 100).then_nothing_failed()


def test_a_rollback_is_heard_by_the_run_under_way(story: Story) -> None:
    """Whoever asks for it waits for the lock, here not for long; what they wanted happens."""
    ask = {("bake", 2): lambda: story.another("rollback", lock_wait=0.1).then_refused_while_held("held by alice")}
    story.given_serving().when_delivering(GOOD, ask, steps=[{"share": 20}, {"pause": 240}])
    story.then_ended("rolled_back", "an operator asked for a rollback").then_serves(OLD).then_shares(0, 20, 0)
    story.when("rollback").then_ended("unchanged", "1.0 serves").then_rollouts(GOOD).then_nothing_failed()


def test_a_run_whose_app_was_taken_over_moves_nothing_any_more(story: Story) -> None:
    """The other run has returned all the traffic; this one, which was about to shift, finds that out before it does."""
    take_over = {("shift", 2): lambda: story.another("rollback", take_over=True).then_ended("rolled_back")}
    story.given_serving().when_delivering(GOOD, take_over, steps=STEPS).then_refused("lock")
    story.then_serves(OLD).then_shares(0, 20, 0).then_rollouts(GOOD).then_nothing_failed()


def test_a_release_that_comes_amid_another_is_refused_until_that_has_ended(story: Story) -> None:
    story.given_serving().when_delivering(GOOD, steps=[{"share": 20}, {"pause": "until_promoted"}])
    story.when_delivering(BETTER, steps=STEPS).then_refused("rollout", "is paused").then_shares(0, 20)
    story.when("rollback").then_ended("rolled_back").then_serves(OLD)
    story.when_delivering(BETTER, steps=STEPS).then_ended("succeeded").then_serves(BETTER).then_nothing_failed()
