# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What steps there are beside shares, pauses and analyses, and who asks a run for something else."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import until
from ansible_collections.progressive.delivery.tests.e2e.canary.conftest import Telling
from ansible_collections.progressive.delivery.tests.e2e.canary.site import POOLS
from ansible_collections.progressive.delivery.tests.e2e.canary.story import (
    BETTER,
    COMPARED,
    ERRORS,
    FAILING,
    GOOD,
    OLD,
    RATIO,
    Data,
    Story,
)

LONG = 240
"""A pause, in seconds, that is over long after the tests are."""
NO_SUCH = 'no_such_total{pool="{{ pool }}"}'
NOTHING = 'nothing_total{pool="{{ pool }}"}'
BLUE, GREEN = POOLS["blue"], POOLS["green"]
BACKGROUND: Data = {"analyses": {"errors": COMPARED}, "background": "errors"}


def come_for_the_place_of(story: Story, release: str, **options: t.Any) -> Story:
    """What a delivery comes to that waits for the lock of the one in *story*."""
    return story.another_delivery(release, supersede=True, **{"steps": [{"share": 20}], "lock_wait": 0.1, **options})


def test_an_analysis_in_the_background_takes_a_failing_release_back_amid_a_long_pause(story: Story) -> None:
    story.given_serving().when_delivering(FAILING, steps=[{"share": 30}, {"pause": LONG}], **BACKGROUND)
    story.then_ended("rolled_back", "errors: worse than").then_serves(OLD).then_shares(0, 30, 0)


def test_a_release_that_was_shown_to_be_good_at_a_small_share_is_caught_at_a_large_one(story: Story) -> None:
    """It fails under load, say. The canary has errors from the second share on, by when the background has seen it to be good."""
    usual = {("deploy", 1): lambda: story.when_told("error_rate", 0.3, *BLUE)}
    then_fails = {("shift", 2): lambda: (shown.append(said(story)), story.when_told("error_rate", 1.0, *GREEN))}
    shown: list[str] = []
    steps = [{"share": 20}, {"pause": 12}, {"share": 50}, {"pause": LONG}]
    story.given_serving().when_delivering(GOOD, {**usual, **then_fails}, steps=steps, **BACKGROUND)
    assert "within 1.5 × the baseline" in shown[0]
    story.then_ended("rolled_back", "errors: worse than").then_shares(0, 20, 50, 0)


def said(story: Story) -> str:
    """What the latest analysis came to about its metric."""
    return story.rollout()["judged"][-1]["metrics"][0]["reason"]


def test_a_background_that_measures_nothing_is_no_success_though_the_last_analysis_is_decided_early(
    story: Story,
) -> None:
    analyses = {"ratio": RATIO, "errors": {**COMPARED, "metrics": [{**ERRORS, "bad": NO_SUCH, "total": NOTHING}]}}
    steps = [{"share": 30}, {"analysis": "ratio"}, {"share": 60}]
    story.given_serving().when_delivering(GOOD, steps=steps, analyses=analyses, background="errors")
    story.then_ended("paused", "too little to judge").then_shares(0, 30)
    own = [one["verdict"] for one in story.rollout()["judged"] if not one["background"]]
    assert own == ["successful"]
    story.when("promote").then_ended("succeeded").then_serves(GOOD).then_nothing_failed()


def test_one_whose_last_pause_is_skipped_is_asked_for_its_verdict(story: Story) -> None:
    much = {"errors": {**COMPARED, "metrics": [{**ERRORS, "minimum_sample": 1_000_000}]}}
    steps = [{"share": 30}, {"pause": LONG}]
    story.given_serving().when_delivering(
        GOOD, {("bake", 2): story.skip}, steps=steps, analyses=much, background="errors"
    )
    story.then_ended("paused", "too little to judge").then_shares(0, 30).then_nothing_failed()


def test_a_pool_that_falls_ill_amid_an_analysis_loses_its_traffic_without_another_look_at_its_metrics(
    story: Story,
) -> None:
    """One long part of an analysis, in which health is looked at, too."""
    endless = {"errors": {**COMPARED, "duration": LONG, "metrics": [{**ERRORS, "minimum_sample": 1_000_000}]}}
    falls_ill = {("analyse", 2): lambda: story.when_told("ready", False, *GREEN)}
    story.given_serving().when_delivering(
        GOOD, falls_ill, steps=[{"share": 30}, {"analysis": "errors"}], analyses=endless, background="errors"
    )
    story.then_ended("rolled_back", "analyse failed", "green-1").then_serves(OLD).then_shares(0, 30, 0)
    parts = [one["text"] for one in story.rollout()["entries"] if one["what"] == "outcome" and one["kind"] == "analyse"]
    assert len(parts) == 2
    assert "not decided" not in parts[1]


def test_an_analysis_in_the_background_goes_on_from_share_to_share(story: Story) -> None:
    """What each pause alone has too few requests for, all of them together have."""
    few = {"errors": {**COMPARED, "metrics": [{**ERRORS, "minimum_sample": 75}]}}
    steps = [{"share": 30}, {"pause": 1.5}, {"share": 50}, {"pause": 1.5}]
    story.given_serving().when_delivering(GOOD, steps=steps, analyses=few, background="errors")
    story.then_ended("succeeded").then_serves(GOOD).then_shares(0, 30, 50, 100).then_nothing_failed()


def test_one_that_has_seen_too_little_in_the_end_is_no_success(story: Story) -> None:
    much = {"errors": {**COMPARED, "metrics": [{**ERRORS, "minimum_sample": 1_000_000}]}}
    story.given_serving().when_delivering(GOOD, steps=[{"share": 30}, {"pause": 1}], analyses=much, background="errors")
    story.then_ended("paused", "too little to judge").then_shares(0, 30)
    story.when("promote").then_ended("succeeded").then_serves(GOOD).then_nothing_failed()


def test_tasks_and_checks_between_the_shares(story: Story) -> None:
    steps = [{"share": 30}, {"task_file": "/announce.yml"}, {"health": "ready"}, {"share": 60}]
    story.given_serving().when_delivering(GOOD, steps=steps).then_ended("succeeded").then_serves(GOOD)
    story.then_kinds(
        "deploy", "validate", "shift", "tasks", "validate", "shift", "shift", "bake", "drain"
    ).then_nothing_failed()


def test_a_long_pause_is_skipped_by_somebody_else(story: Story) -> None:
    story.given_serving().when_delivering(
        GOOD, {("bake", 2): story.skip}, steps=[{"share": 30}, {"pause": LONG}, {"share": 60}]
    )
    story.then_ended("succeeded").then_serves(GOOD).then_shares(0, 30, 60, 100).then_nothing_failed()


def test_the_rest_of_the_steps_is_skipped_amid_an_analysis(story: Story) -> None:
    endless = {"errors": {**COMPARED, "duration": LONG, "metrics": [{**ERRORS, "minimum_sample": 1_000_000}]}}
    steps = [{"share": 30}, {"analysis": "errors"}, {"share": 60}, {"pause": LONG}]
    go_on = {("analyse", 2): lambda: story.skip(full=True)}
    story.given_serving().when_delivering(GOOD, go_on, steps=steps, analyses=endless)
    story.then_ended("succeeded").then_serves(GOOD).then_shares(0, 30, 100).then_nothing_failed()


def test_a_new_release_takes_the_place_of_one_that_waits(each_story: Story) -> None:
    steps = [{"share": 40}, {"pause": "until_promoted"}]
    each_story.given_serving().when_delivering(GOOD, steps=steps).then_ended("paused")
    each_story.when_delivering(BETTER, steps=[{"share": 20}, {"pause": 0.5}], supersede=True)
    each_story.then_ended("succeeded").then_serves(BETTER).then_rollouts(GOOD, BETTER)
    each_story.then_shares(0, 40, 0, 20, 100).then_nothing_failed()


def test_a_new_release_that_waited_in_vain_leaves_the_run_under_way_as_it_is(story: Story) -> None:
    """It has a pause of its own in which it asks for one, which is over before the run under way can hear of that."""
    come = {("bake", 2): lambda: come_for_the_place_of(story, BETTER).then_refused_while_held("held by alice")}
    story.given_serving().when_delivering(GOOD, come, steps=[{"share": 40}, {"pause": 4}])
    story.then_ended("succeeded").then_serves(GOOD).then_shares(0, 40, 100).then_rollouts(GOOD).then_nothing_failed()


def test_a_new_release_is_waited_for_by_the_run_under_way(story: Story) -> None:
    """That pauses where it is, and the new one takes its place from share 0."""
    others = []

    def come() -> None:
        waits = {"steps": [{"share": 20}], "supersede": True, "lock_wait": 60.0}
        others.append(story.starting_beside(BETTER, **waits))
        until(lambda: story.rollout()["request"] == "pause", "the pause is asked for")

    story.given_serving().when_delivering(GOOD, {("bake", 2): come}, steps=[{"share": 40}, {"pause": LONG}])
    story.then_paused_for_another()
    told, complaints = others[0].communicate()
    assert json.loads(told)["result"] == "succeeded", complaints
    story.then_serves(BETTER).then_rollouts(GOOD, BETTER).then_unlocked().then_nothing_failed()


@pytest.mark.parametrize(
    "unfit",
    [
        {"steps": [{"share": 20}, {"share": 10}]},
        {"steps": [{"share": 20}, {"analysis": "ratio"}], "analyses": {"ratio": {**RATIO, "metrics": []}}},
        {"steps": [{"share": 20}, {"pause": 1e6}]},
    ],
    ids=["steps", "analysis", "lease"],
)
def test_a_new_release_that_could_not_be_delivered_does_not_pause_the_run_under_way(story: Story, unfit: Data) -> None:
    come = {
        ("bake", 1): lambda: come_for_the_place_of(story, BETTER, lock_wait=60.0, **unfit).then_refused_while_held()
    }
    story.given_serving().when_delivering(GOOD, come, steps=[{"share": 40}, {"pause": 2}])
    story.then_ended("succeeded").then_serves(GOOD).then_shares(0, 40, 100)
    assert "request" not in [entry["what"] for entry in story.rollout()["entries"]]
    story.then_nothing_failed()


def test_a_rollback_under_way_is_not_paused_by_a_new_release(story: Story) -> None:
    story.given_delivered()
    come = {("shift", 1): lambda: come_for_the_place_of(story, BETTER).then_refused_while_held("held by alice")}
    story.when("rollback", come).then_ended("succeeded").then_serves(OLD).then_nothing_failed()


def test_a_skip_that_is_heard_too_late_skips_nothing_else(story: Story) -> None:
    """The analysis comes to its verdict in the part in which it was to be skipped; the gate after it stays shut."""
    steps = [{"share": 30}, {"analysis": "ratio"}, {"pause": "until_promoted"}]
    skip = {("analyse", 1): story.skip}
    story.given_serving().when_delivering(GOOD, skip, steps=steps, analyses={"ratio": RATIO}, slice=20.0)
    story.then_ended("paused", "waiting for promotion").then_shares(0, 30)
    assert "step analyse, which was to be skipped, is over" in [e["text"] for e in story.rollout()["entries"]]
    story.when("promote").then_ended("succeeded").then_serves(GOOD).then_nothing_failed()


def test_the_release_that_is_to_stay_ends_the_one_under_way(story: Story) -> None:
    story.given_serving().when_delivering(GOOD, steps=[{"share": 40}, {"pause": "until_promoted"}])
    story.when_delivering(OLD, steps=[{"share": 20}], supersede=True).then_ended("rolled_back").then_serves(OLD)
    story.then_rollouts(GOOD).then_shares(0, 40, 0).then_nothing_failed()


def test_copies_of_requests_show_that_a_release_fails_before_anybody_depends_on_it(telling: Telling) -> None:
    story = telling("nginx")
    steps = [{"mirror": 100}, {"analysis": "errors"}, {"share": 30}]
    options: Data = {"steps": steps, "analyses": {"errors": COMPARED}}
    story.given_serving().when_delivering(FAILING, **options).then_ended("rolled_back", "errors: worse than")
    story.then_serves(OLD).then_shares(0).then_no_copies()
    story.when_delivering(GOOD, **options).then_ended("succeeded").then_serves(GOOD).then_shares(0, 30, 100)
    story.then_no_copies().then_nothing_failed()


TOGGLED: Data = {"toggle": {"path": "/etc/shop/flags.json", "name": "search", "variants": {"on": True, "off": False}}}
HALF: Data = {"toggle": {**TOGGLED["toggle"], "default_variant": "off", "variant": "on", "percent": 50}}


def test_a_toggle_is_changed_on_every_host(story: Story) -> None:
    story.given_serving().when_delivering(GOOD, steps=[{"share": 30}, HALF, {"pause": 0.2}]).then_ended("succeeded")
    assert {toggle["audience"]["percent"] for toggle in story.toggles("search")} == {50}
    story.when("rollback").then_ended("succeeded").then_serves(OLD)
    assert story.toggles("search") == [None] * 4


def test_a_toggle_is_what_it_was_on_each_host_when_the_release_is_taken_back(story: Story) -> None:
    story.given_serving().given_toggle("blue-1", **{**HALF["toggle"], "percent": 5})
    steps = [{"share": 30}, HALF, {"analysis": "errors"}]
    story.when_delivering(FAILING, steps=steps, analyses={"errors": COMPARED}).then_ended("rolled_back", "errors")
    first, *others = story.toggles("search")
    assert first["audience"]["percent"] == 5
    assert others == [None] * 3


def test_a_toggle_is_put_back_by_the_release_that_takes_the_place_of_the_one_that_changed_it(story: Story) -> None:
    steps = [{"share": 30}, HALF, {"pause": "until_promoted"}]
    story.given_serving().when_delivering(GOOD, steps=steps).then_ended("paused")
    assert None not in story.toggles("search")
    story.when_delivering(BETTER, steps=[{"share": 50}], supersede=True).then_ended("succeeded").then_serves(BETTER)
    assert story.toggles("search") == [None] * 4
