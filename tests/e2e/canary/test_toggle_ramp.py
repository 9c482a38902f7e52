# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A toggle for more and more users of an app that serves: the whole way, a kill switch on the way, and kills of the run."""

from __future__ import annotations

import os
import typing as t

import pytest

from ansible_collections.progressive.delivery.tests.e2e.canary.story import Data, Story
from ansible_collections.progressive.delivery.tests.module_call import call

KILLS = int(os.environ.get("PROGRESSIVE_DELIVERY_CANARY_KILLS", "3"))
PLACES = 32
"""How many places there are in :func:`ramp` at which it can be killed: before and after each write to the journal."""


def ramp(name: str) -> Data:
    toggle = {
        "path": "each instance has its own",
        "name": name,
        "variants": {"on": True, "off": False},
        "default_variant": "off",
        "variant": "on",
    }
    steps = [{"percent": 5}, {"pause": 0.2}, {"percent": 100}]
    return {"toggle": toggle, "steps": steps, "bake": 0.2, "slice": 30.0, "lease": 1.0, "lock_wait": 30.0}


def shares(story: Story, name: str) -> set[t.Any]:
    """For how many per cent of the users it is on, by all instances; None where there is no such toggle."""
    return {toggle["audience"]["percent"] if toggle else None for toggle in story.toggles(name)}


def test_all_users_get_it_and_lose_it_at_once_without_a_request_lost(story: Story) -> None:
    story.given_serving().when_ramping(**ramp("good")).then_ended("succeeded")
    assert shares(story, "good") == {100}
    story.when_ramping(**ramp("good")).then_ended("unchanged", "toggle good is on for 100 % already")
    story.when("rollback").then_ended("succeeded").then_never("deploy")
    assert shares(story, "good") == {None}
    story.when("rollback").then_ended("unchanged").then_nothing_failed()


def test_instances_that_are_ill_with_it_end_it(story: Story) -> None:
    sicken = {("bake", 1): lambda: story.when_told("ready", False, "blue-1", "blue-2")}
    story.given_serving_without_load().when_ramping(sicken, **ramp("ill")).then_ended("rolled_back", "bake failed")
    assert shares(story, "ill") == {None}


def test_a_kill_switch_ends_it_and_stays(story: Story) -> None:
    def kill() -> None:
        for names in story.site.pools.values():
            for instance in names:
                call("feature_toggle", path=str(story.site.toggles(instance)), name="deadly", killed=True)

    story.given_serving_without_load()
    for names in story.site.pools.values():
        for instance in names:
            whole = {"variants": {"on": True, "off": False}, "default_variant": "off", "percent": 1}
            call("feature_toggle", path=str(story.site.toggles(instance)), name="deadly", **whole)
    story.when_ramping({("bake", 1): kill}, **ramp("deadly")).then_ended("rolled_back", "has killed the toggle deadly")
    assert shares(story, "deadly") == {1}
    assert {toggle["killed"] for toggle in story.toggles("deadly") if toggle} == {True}
    story.when_ramping(**ramp("deadly")).then_refused("toggle deadly is killed on blue-1, blue-2, green-1, green-2")


def label(story: Story, name: str) -> str:
    """The same as the journal says it."""
    (share,) = shares(story, name)
    return "off" if share is None else f"on for {share} %"


@pytest.mark.parametrize("nth", range(KILLS))
@pytest.mark.parametrize("way_out", ["rollback", "resume"])
def test_one_killed_at_a_journal_write_is_finished_or_undone(story: Story, way_out: str, nth: int) -> None:
    name = f"killed-{way_out}-{nth}"
    place = int((nth + (way_out == "resume") / 2) / KILLS * PLACES)
    fault = f"{'after' if place % 2 else 'before'}-write:{place // 2 + 1}"
    story.given_serving_without_load()
    story.when_ramping(**{**ramp(name), "steps": [{"percent": 1}]}).then_ended("succeeded")
    story.when_killed(fault, None, strategy="toggle_ramp", **ramp(name))
    assert story.killed
    story.when(way_out).then_unlocked()
    # Where the ramp was not begun, or had ended, a rollback is about what was before it.
    rollout = story.rollout()
    assert rollout["status"] in ("succeeded", "rolled_back")
    assert label(story, name) == rollout["from_release" if rollout["status"] == "rolled_back" else "to_release"]


def test_there_are_so_many_places(story: Story) -> None:
    story.given_serving_without_load()
    story.when_killed("before-write:1000000", None, strategy="toggle_ramp", **ramp("counted"))
    assert not story.killed
    assert 2 * story.reached("before-write") == PLACES
