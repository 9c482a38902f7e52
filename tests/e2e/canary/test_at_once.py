# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blue-green in this process: what a whole play would show no better."""

from __future__ import annotations

from ansible_collections.progressive.delivery.tests.e2e.canary.story import BETTER, GOOD, OLD, Data, Story

AT_ONCE: Data = {"strategy": "blue_green", "bake": 0.3}


def test_a_rollback_inside_the_window_is_instant_and_is_done_once(story: Story) -> None:
    story.given_serving().when_delivering(GOOD, **AT_ONCE).then_ended("succeeded").then_serves(GOOD)
    story.when("rollback").then_ended("succeeded").then_serves(OLD).then_kinds("shift").then_never("deploy")
    story.when("rollback").then_ended("unchanged", "1.0 serves").then_nothing_failed()


def test_a_rollback_at_the_gate_leaves_everything_as_it_was(story: Story) -> None:
    story.given_serving().when_delivering(GOOD, gate=True, **AT_ONCE).then_ended("paused")
    story.when_delivering(GOOD, gate=True, **AT_ONCE).then_ended("paused")
    story.when_delivering(BETTER, **AT_ONCE).then_refused("waiting for promotion")
    story.when("rollback").then_ended("rolled_back").then_serves(OLD)
    story.then_never_answered(GOOD).then_nothing_failed()


def test_an_irreversible_release_freezes(story: Story) -> None:
    story.given_serving()
    sicken = {("bake", 1): lambda: story.when_told("ready", False, *story.site.pools["green"])}
    story.when_delivering(GOOD, sicken, irreversible=True, **{**AT_ONCE, "bake": 5})
    story.then_ended("frozen", "bake failed", "irreversible")
    story.when_told("ready", True, *story.site.pools["green"])
    story.when("rollback").then_refused("declared irreversible")
    story.when("promote").then_ended("succeeded").then_serves(GOOD)
    story.when_delivering(OLD, **AT_ONCE).then_ended("succeeded").then_serves(OLD)


def test_a_pool_whose_warm_time_is_over_is_stopped_by_resume(story: Story) -> None:
    story.given_serving().when_delivering(GOOD, warm=0.5, **AT_ONCE).then_ended("succeeded").then_never("retire")
    assert all(story.site.runs(name) for name in story.site.pools["blue"])
    while story.when("resume").last()["action"]["result"] == "unchanged":
        pass
    story.then_ended("succeeded").then_serves(GOOD)
    assert not any(story.site.runs(name) for name in story.site.pools["blue"])
    story.when("rollback").then_ended("succeeded").then_serves(OLD).then_nothing_failed()


def test_traffic_that_somebody_else_moved_is_never_fought_over(story: Story) -> None:
    story.given_serving().when_delivering(GOOD, gate=True, **AT_ONCE).then_ended("paused")
    story.site.traffic(split={"blue": 50, "green": 50})
    story.when_delivering(BETTER, **AT_ONCE).then_refused("waiting for promotion")
    story.when("abandon").then_refused("no pool takes all traffic")
    story.when("rollback").then_ended("rolled_back").then_serves(OLD).then_nothing_failed()


def test_a_full_promotion_leaves_out_the_bake(story: Story) -> None:
    story.given_serving().when_delivering(GOOD, gate=True, **{**AT_ONCE, "bake": 60}).then_ended("paused")
    story.when("resume", full=True).then_ended("paused")
    story.when("promote", full=True).then_ended("succeeded").then_serves(GOOD).then_never("bake")
    story.when("rollback").then_ended("succeeded").then_serves(OLD).then_nothing_failed()
