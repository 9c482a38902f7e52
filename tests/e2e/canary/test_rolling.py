# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Releases that go from host to host of one pool, with a balancer that takes hosts out, and without one."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.tests.e2e.canary.conftest import Telling
from ansible_collections.progressive.delivery.tests.e2e.canary.site import WIDE
from ansible_collections.progressive.delivery.tests.e2e.canary.story import (
    COMPARED,
    DOES_NOT_START,
    FAILING,
    GOOD,
    LATENCY,
    NEVER_READY,
    OLD,
    SLOW,
    Data,
    Story,
)

ROLLING: Data = {
    "strategy": "rolling",
    "steps": [{"hosts": "1"}, {"analysis": "errors"}, {"hosts": "50%"}, {"pause": 0.2}],
    "analyses": {"errors": COMPARED},
    "bake": 0.3,
}


def test_a_good_release_goes_from_host_to_host_and_back(wide_story: Story) -> None:
    story = wide_story.given_serving().when_delivering(GOOD, **ROLLING).then_ended("succeeded")
    story.then_fleet(GOOD, GOOD, GOOD, GOOD).then_serves(GOOD).then_all_in()
    story.when("rollback").then_ended("succeeded").then_fleet(OLD, OLD, OLD, OLD).then_serves(OLD).then_all_in()
    story.when("rollback").then_ended("unchanged").then_nothing_failed()


def test_one_that_fails_more_is_taken_back_from_its_first_host(wide_story: Story) -> None:
    story = wide_story.given_serving()
    seen: list[str | None] = []
    look = {("analyse", 1): lambda: seen.extend(story.site.fleet()["blue"].values())}
    story.when_delivering(FAILING, look, **ROLLING).then_ended("rolled_back", "errors: worse than 1.5")
    assert seen == [FAILING, OLD, OLD, OLD]
    story.then_fleet(OLD, OLD, OLD, OLD).then_serves(OLD).then_all_in().then_only_failed_from(FAILING)


@pytest.mark.parametrize("release", [NEVER_READY, DOES_NOT_START])
def test_one_that_does_not_come_up_never_answers(telling: Telling, release: str) -> None:
    story = telling("haproxy", WIDE).given_serving().when_delivering(release, **ROLLING).then_ended("rolled_back")
    story.then_fleet(OLD, OLD, OLD, OLD).then_serves(OLD).then_all_in()
    story.then_never_answered(release).then_nothing_failed()


def test_no_batch_is_begun_with_too_few_others(telling: Telling) -> None:
    """Two of four may be changed; with one of the others dead there would be one left."""
    story = telling("haproxy", WIDE).given_serving()
    kill = {("put_back", 1): lambda: story.site.stop("blue-4", 9)}
    steps = [{"hosts": "1"}, {"pause": 0.2}]
    story.when_delivering(GOOD, kill, strategy="rolling", steps=steps, floor="3", bake=0.3)
    story.then_ended("paused", "too few hosts would be left")
    story.then_fleet(GOOD, OLD, OLD, OLD).then_all_in()
    story.site.put("blue-4", OLD)
    story.when("resume").then_ended("succeeded").then_fleet(GOOD, GOOD, GOOD, GOOD).then_serves(GOOD)


def test_a_sick_batch_is_put_back_though_too_few_others_are_healthy(telling: Telling) -> None:
    """Nothing is lost by taking out hosts of which none is healthy; then the others can follow."""
    story = telling("haproxy", WIDE).given_serving()
    sicken = {("bake", 1): lambda: story.when_told("ready", False, "blue-1", "blue-2")}
    steps = [{"hosts": "50%"}, {"pause": 5}]
    story.when_delivering(GOOD, sicken, strategy="rolling", steps=steps, floor="3", batch=1)
    story.then_ended("rolled_back").then_fleet(OLD, OLD, OLD, OLD).then_serves(OLD).then_all_in()


def test_what_is_under_way_is_superseded_from_the_first_host_on(telling: Telling) -> None:
    story = telling("haproxy", WIDE).given_serving()
    steps = [{"hosts": "2"}, {"pause": "until_promoted"}]
    story.when_delivering(FAILING, strategy="rolling", steps=steps).then_ended("paused", "waiting for promotion")
    story.when_delivering(GOOD, supersede=True, **ROLLING).then_ended("succeeded")
    story.then_fleet(GOOD, GOOD, GOOD, GOOD).then_serves(GOOD).then_all_in().then_only_failed_from(FAILING)
    assert story.rollout()["from_release"] == OLD


WAYS = [("before-write:8", "rollback"), ("after-write:11", "resume"), ("after-write:17", "rollback")]


@pytest.mark.parametrize(("fault", "way"), WAYS, ids=["-".join(way) for way in WAYS])
def test_one_killed_at_a_journal_write_is_finished_or_undone(telling: Telling, fault: str, way: str) -> None:
    story = telling("haproxy", WIDE).given_serving()
    story.when_killed(fault, GOOD, **{**ROLLING, "slice": 30.0, "lease": 1.0, "lock_wait": 30.0})
    assert story.killed
    ended, left = {"resume": ("succeeded", GOOD), "rollback": ("rolled_back", OLD)}[way]
    story.when(way).then_ended(ended).then_fleet(left, left, left, left).then_serves(left).then_all_in()
    story.then_nothing_failed()


def test_without_a_balancer_the_release_goes_from_host_to_host_all_the_same(telling: Telling) -> None:
    story = telling("caddy", WIDE).given_serving()
    steps = [{"learn": "latency"}, {"hosts": "1"}, {"analysis": "latency"}]
    learned = {"latency": {"duration": 10, "interval": 0.2, "metrics": [LATENCY]}}
    options = {**ROLLING, "steps": steps, "analyses": learned, "balanced": False}
    story.when_delivering(SLOW, **options).then_ended("rolled_back", "latency: worse").then_fleet(OLD, OLD, OLD, OLD)
    assert set(story.rollout()["offsets"]["latency"]["latency"]) == {"lower", "upper"}
    story.when_delivering(GOOD, **{**ROLLING, "balanced": False}).then_ended("succeeded")
    story.then_fleet(GOOD, GOOD, GOOD, GOOD)
    story.when("rollback").then_ended("succeeded").then_fleet(OLD, OLD, OLD, OLD)
    story.then_kinds("deploy", "deploy", "deploy")
