# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blue-green in this process: what a whole play would show no better."""

from __future__ import annotations

import json
import time

import pytest

from ansible_collections.progressive.delivery.tests.e2e.canary.story import BETTER, GOOD, NEVER_READY, OLD, Data, Story

AT_ONCE: Data = {"strategy": "blue_green", "bake": 0.3}


def test_a_rollback_inside_the_window_is_instant_and_is_done_once(story: Story) -> None:
    story.given_serving().when_delivering(GOOD, **AT_ONCE).then_ended("succeeded").then_serves(GOOD)
    story.when("rollback").then_ended("succeeded").then_serves(OLD).then_kinds("shift").then_never("deploy")
    story.when("rollback").then_ended("unchanged", "1.0 serves").then_nothing_failed()


def test_a_rollback_after_the_window_deploys_again_and_is_tried_again_when_it_fails(story: Story) -> None:
    story.given_serving().when_delivering(GOOD, **AT_ONCE).then_ended("succeeded").then_serves(GOOD)
    story.site.add_release(OLD, starts=False)
    story.when("rollback", rollback_window=0.0).then_ended("rolled_back", f"release {OLD} does not start")
    story.then_serves(GOOD).then_kinds("deploy")
    story.site.add_release(OLD)
    story.when("rollback", rollback_window=0.0).then_ended("succeeded").then_serves(OLD).then_nothing_failed()


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
    story.when_told("ready", True, *story.site.pools["green"]).when_served(GOOD)
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


def test_a_first_delivery_that_is_bad_is_followed_by_a_good_one(story: Story) -> None:
    story.given_nothing().when_delivering(NEVER_READY, **AT_ONCE).then_ended("rolled_back", "validate failed")
    story.when("rollback").then_ended("unchanged", "nothing serves")
    story.when_delivering(GOOD, **AT_ONCE).then_ended("succeeded").then_serves(GOOD)
    story.when("rollback").then_refused(f"{GOOD} was the first release")


def test_bad_after_bad_and_then_a_good_one(story: Story) -> None:
    """The same bad release is tried again, the one that serves is not, and in the end a good one gets through."""
    story.given_serving().when_delivering(NEVER_READY, **AT_ONCE).then_ended("rolled_back")
    assert story.site.runs("green-1")
    story.when_delivering(OLD, **AT_ONCE).then_ended("unchanged", "serves already")
    story.when_delivering(NEVER_READY, stop_on_abort=True, **AT_ONCE).then_ended("rolled_back")
    assert not any(story.site.runs(name) for name in story.site.pools["green"])
    story.when_delivering(GOOD, **AT_ONCE).then_ended("succeeded").then_serves(GOOD)
    story.then_never_answered(NEVER_READY).then_nothing_failed()


def test_a_pause_that_is_asked_for_ends_the_run_and_resume_goes_on(story: Story) -> None:
    story.given_serving().when_delivering(GOOD, {("bake", 1): story.pause}, **{**AT_ONCE, "bake": 60})
    story.then_ended("paused", "asked for a pause").then_serves(GOOD)
    story.when("resume", bake=0.3, full=True).then_ended("succeeded").then_serves(GOOD).then_nothing_failed()


def test_a_deploy_that_outlasts_the_progress_deadline_is_undone(story: Story) -> None:
    story.given_serving().when_delivering(
        GOOD, {("deploy", 1): lambda: time.sleep(1.2)}, progress_deadline=1, **AT_ONCE
    )
    story.then_ended("rolled_back", "no progress in 1 s at step deploy").then_serves(OLD)
    story.then_never_answered(GOOD).then_nothing_failed()


@pytest.mark.parametrize("command", ["begin", "rollback", "resume", "promote"])
def test_a_journal_that_is_damaged_stops_every_run_and_is_kept(story: Story, command: str) -> None:
    story.given_delivered()
    path = story.journal_file()
    whole = path.read_text()
    path.write_text(whole[:100])
    story.then_refuses(command, path.name, "abandon playbook")
    assert path.read_text() == whole[:100]


def test_a_journal_of_a_newer_schema_is_left_alone(story: Story) -> None:
    story.given_delivered()
    path = story.journal_file()
    newer = json.dumps({**json.loads(path.read_text()), "schema": 99})
    path.write_text(newer)
    story.then_refuses("begin", "schema 99", "upgrade the collection").then_refuses("abandon", "schema 99")
    assert path.read_text() == newer
