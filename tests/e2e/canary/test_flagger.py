# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Flagger's end-to-end tests, and those who use it, ask of a canary."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.tests.e2e.canary.story import (
    COMPARED,
    FAILING,
    GOOD,
    OLD,
    RATIO,
    Data,
    Story,
)

GATE: Data = {"pause": "until_promoted"}


def test_errors_under_load_take_it_back(each_story: Story) -> None:
    steps = [{"share": 50}, {"analysis": "compared"}]
    story = each_story.given_serving().when_delivering(FAILING, steps=steps, analyses={"compared": COMPARED})
    story.then_ended("rolled_back", "errors: worse than 1.5 ×").then_serves(OLD).then_shares(0, 50, 0)
    story.then_answered(FAILING).then_only_failed_from(FAILING)


def test_the_release_that_serves_starts_no_run_and_one_that_failed_may_be_tried_again(story: Story) -> None:
    analysed = {"steps": [{"share": 30}, {"analysis": "ratio"}], "analyses": {"ratio": RATIO}}
    story.given_serving().when_delivering(FAILING, **analysed).then_ended("rolled_back")
    story.when_delivering(OLD, **analysed).then_ended("unchanged", "1.0 serves already").then_rollouts(FAILING)
    story.when_delivering(FAILING, **analysed).then_ended("rolled_back").then_rollouts(FAILING, FAILING)
    story.when_delivering(GOOD, **analysed).then_ended("succeeded").then_serves(GOOD)
    story.then_rollouts(FAILING, FAILING, GOOD).then_shares(0, 30, 0, 30, 0, 30, 100).then_only_failed_from(FAILING)


def test_a_pool_that_is_not_ready_is_not_given_everything(each_story: Story) -> None:
    """It falls ill before the last shift: traffic goes back to the side that is well."""
    story = each_story.given_serving()
    fall_ill = {("shift", 2): lambda: story.when_told("ready", False, "green-2")}
    story.when_delivering(GOOD, fall_ill, steps=[{"share": 50}, {"pause": 0.5}])
    story.then_ended("rolled_back", "green-2").then_serves(OLD).then_shares(0, 50, 0).then_nothing_failed()


def test_a_pool_with_an_instance_that_died_is_not_given_anything(story: Story) -> None:
    die = {("shift", 1): lambda: story.when_dead("green-1")}
    story.given_serving().when_delivering(GOOD, die, steps=[{"share": 5}]).then_ended("rolled_back", "green-1")
    story.then_serves(OLD).then_shares(0).then_never_answered(GOOD).then_nothing_failed()


def test_what_fails_after_everything_was_shifted_stays_where_it_is_when_the_way_back_is_worse(story: Story) -> None:
    """Half of the new pool falls ill, and of the old one nothing is left: the new one keeps what it has."""

    def go_wrong() -> None:
        story.when_told("ready", False, "green-2").when_dead("blue-1").when_dead("blue-2")

    story.given_serving().when_delivering(GOOD, {("bake", 2): go_wrong}, steps=[{"share": 50}, {"pause": 0.5}])
    story.then_ended("frozen", "pool blue is not healthy either").then_serves(GOOD).then_shares(0, 50, 100)
    for instance in ("blue-1", "blue-2"):
        story.site.put(instance, OLD)
    story.when("resume").then_ended("rolled_back").then_serves(OLD).then_shares(0, 50, 100, 0).then_nothing_failed()


@pytest.mark.parametrize(
    ("analysis", "reason"),
    [({**COMPARED, "duration": 2}, "too little to judge"), ({**RATIO, "duration": 2}, "no data")],
    ids=["compared", "by conditions"],
)
@pytest.mark.parametrize(
    ("command", "result", "serves"), [("promote", "succeeded", GOOD), ("rollback", "rolled_back", OLD)]
)
def test_no_traffic_is_no_failure(
    story: Story, analysis: Data, reason: str, command: str, result: str, serves: str
) -> None:
    """Nor is it a success: a person decides."""
    steps = [{"share": 50}, {"analysis": "quiet"}]
    story.given_serving_without_load().when_delivering(GOOD, steps=steps, analyses={"quiet": analysis})
    story.then_ended("paused", reason).then_shares(0, 50)
    assert story.rollout()["pause"] == "inconclusive"
    story.when(command).then_ended(result).then_serves(serves)


def test_weights_of_any_size_in_any_number(each_story: Story) -> None:
    weights = (0.01, 1, 2.5, 10, 33.33, 99.99)
    story = each_story.given_serving().when_delivering(GOOD, steps=[{"share": weight} for weight in weights])
    story.then_ended("succeeded").then_serves(GOOD).then_shares(0, *weights, 100).then_nothing_failed()


@pytest.mark.parametrize(
    ("weights", "reason"),
    [
        ((50, 120), "120"),
        ((100.01,), "100.01"),
        ((0,), "a share of 0 %"),
        ((-5,), "-5"),
        ((50, 20), "a share of 20 % after 50 %"),
        ((20, 20), "a share of 20 % after 20 %"),
        ((0.005,), "two decimals"),
    ],
)
def test_weights_that_cannot_be_are_refused(story: Story, weights: tuple[float, ...], reason: str) -> None:
    story.given_serving_without_load().when_delivering(GOOD, steps=[{"share": weight} for weight in weights])
    story.then_refused("steps: ", reason).then_serves(OLD).then_rollouts().then_runs_nothing("green")


def test_clients_keep_their_release_as_its_share_grows(each_story: Story) -> None:
    """Sixty clients are asked who answers them at each step: none that has the new release goes back to the old one."""
    steps = [{"share": 20}, GATE, {"share": 50}, GATE, {"share": 80}, GATE]
    story = each_story.given_serving().when_delivering(GOOD, steps=steps, sticky=True).then_ended("paused")
    clients = [story.new_client() for _number in range(60)]
    before: set[int] = set()
    for _step in range(3):
        moved = {number for number, client in enumerate(clients) if client.release() == GOOD}
        assert before <= moved
        assert moved == {number for number, client in enumerate(clients) if client.release() == GOOD}
        before = moved
        story.when("promote")
    assert 0 < len(before) < 60
    story.then_ended("succeeded").then_serves(GOOD).then_nothing_failed()
    assert {client.release() for client in clients} == {GOOD}


def test_what_cannot_be_undone_is_frozen_and_not_taken_back(story: Story) -> None:
    steps = [{"share": 50}, {"analysis": "compared"}]
    story.given_serving().when_delivering(FAILING, steps=steps, analyses={"compared": COMPARED}, irreversible=True)
    story.then_ended("frozen", "errors: worse than", "irreversible").then_shares(0, 50)
    story.when("rollback").then_refused("irreversible").then_shares(0, 50)
    story.when("promote").then_ended("succeeded").then_serves(FAILING).then_only_failed_from(FAILING)
