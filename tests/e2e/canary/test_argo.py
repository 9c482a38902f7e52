# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Argo Rollouts' end-to-end tests ask of a canary."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.tests.e2e.canary.story import (
    BETTER,
    COMPARED,
    DOES_NOT_START,
    DOUBTFUL,
    ERROR_RATIO,
    ERRORS,
    FAILING,
    GOOD,
    LATENCY,
    NEVER_READY,
    OLD,
    RATIO,
    SLOW,
    Data,
    Story,
)

GATE: Data = {"pause": "until_promoted"}
LONG = 240
"""A pause, in seconds, that is over long after the tests are."""
UNTIL_JUDGED = {**COMPARED, "metrics": [{**ERRORS, "minimum_sample": 1_000_000}], "duration": LONG}
"""An analysis that has no verdict while a test lasts."""


def test_the_weight_at_each_step_is_what_the_step_says_and_the_preview_is_gone_in_the_end(each_story: Story) -> None:
    steps = [GATE, {"share": 5}, GATE, {"share": 50}, GATE]
    story = each_story.given_serving().when_delivering(GOOD, steps=steps, preview=True)
    story.then_ended("paused", "waiting for promotion").then_serves(OLD).then_preview("green", GOOD)
    for share in (5, 50):
        story.when("promote").then_ended("paused").then_measured(GOOD, share).then_preview("green", GOOD)
    story.when("promote").then_ended("succeeded").then_serves(GOOD).then_no_preview()
    story.then_shares(0, 5, 50, 100).then_nothing_failed()


def test_a_rollback_amid_the_steps_puts_the_weights_back_and_closes_the_preview(each_story: Story) -> None:
    story = each_story.given_serving().when_delivering(GOOD, steps=[{"share": 25}, {"share": 50}, GATE], preview=True)
    story.when("rollback").then_ended("rolled_back", "asked for a rollback").then_serves(OLD)
    story.then_no_preview().then_preview("green", OLD).then_shares(0, 25, 50, 0).then_nothing_failed()


def test_abort_then_retry_then_promote(story: Story) -> None:
    story.given_serving().when_delivering(GOOD, steps=[{"share": 50}, GATE, {"pause": 0.5}]).then_ended("paused")
    story.when("rollback").then_ended("rolled_back").then_serves(OLD)
    story.when_delivering(GOOD, steps=[{"share": 50}, GATE, {"pause": 0.5}]).then_ended("paused")
    story.when("promote").then_ended("succeeded").then_serves(GOOD).then_rollouts(GOOD, GOOD)
    story.then_shares(0, 50, 0, 50, 100).then_nothing_failed()


@pytest.mark.parametrize(
    ("step", "analyses"),
    [({"pause": LONG}, {}), ({"analysis": "endless"}, {"endless": UNTIL_JUDGED})],
    ids=["a long pause", "an analysis"],
)
def test_a_full_promotion_amid(story: Story, step: Data, analyses: dict[str, Data]) -> None:
    """What the step would have waited for is left out, and so is all that comes after it."""
    kind = "bake" if "pause" in step else "analyse"
    steps = [{"share": 10}, step, {"share": 20}, GATE]
    story.given_serving().when_delivering(GOOD, {(kind, 2): story.pause}, steps=steps, analyses=analyses)
    story.then_ended("paused", "an operator asked for a pause").then_shares(0, 10)
    story.when("promote", full=True).then_ended("succeeded").then_serves(GOOD).then_shares(0, 10, 100)
    story.then_kinds(*[kind] * 2).then_nothing_failed()


def test_a_full_promotion_after_an_abort(story: Story) -> None:
    """What was aborted has ended, so it is delivered once more, and promoted then; no analysis is made of it."""
    analysed = {"steps": [{"share": 10}, GATE, {"analysis": "ratio"}], "analyses": {"ratio": RATIO}}
    story.given_serving().when_delivering(GOOD, **analysed).when("rollback").then_ended("rolled_back")
    story.when("promote", full=True).then_refused("no rollout is under way").then_serves(OLD)
    story.when_delivering(GOOD, **analysed).when("promote", full=True).then_ended("succeeded")
    story.then_never("analyse").then_serves(GOOD).then_nothing_failed()


@pytest.mark.parametrize("bad", [NEVER_READY, DOES_NOT_START])
def test_good_to_bad_leaves_the_good_one_as_it_is(story: Story, bad: str) -> None:
    story.given_serving().when_delivering(bad, steps=[{"share": 10}]).then_ended("rolled_back")
    story.then_serves(OLD).then_shares(0).then_never_answered(bad).then_nothing_failed()


def test_bad_to_good_from_the_first_delivery_on(story: Story) -> None:
    """Nothing is analysed, and no share is given first, where nothing served before."""
    analysed = {"steps": [{"share": 10}, {"analysis": "ratio"}], "analyses": {"ratio": RATIO}}
    story.given_nothing().when_delivering(NEVER_READY, **analysed).then_ended("rolled_back", "validate failed")
    story.when_delivering(GOOD, **analysed).then_ended("succeeded").then_serves(GOOD)
    story.then_never("analyse").then_shares(0, 100)


def test_bad_to_bad_replaces_the_bad_one_alone(story: Story) -> None:
    ratio = {"steps": [{"share": 20}, {"analysis": "ratio"}], "analyses": {"ratio": RATIO}}
    story.given_serving().when_delivering(NEVER_READY, **ratio).then_ended("rolled_back").then_runs(
        NEVER_READY, "green"
    )
    story.when_delivering(FAILING, **ratio).then_ended("rolled_back", "error ratio").then_runs(FAILING, "green")
    story.then_serves(OLD).then_shares(0, 20, 0).then_runs(OLD, "blue").then_only_failed_from(FAILING)


def test_an_analysis_is_made_once_for_each_step_that_asks(each_story: Story) -> None:
    steps = [{"share": 20}, {"analysis": "ratio"}, {"share": 50}, {"analysis": "ratio"}]
    story = each_story.given_serving().when_delivering(GOOD, steps=steps, analyses={"ratio": RATIO})
    story.then_ended("succeeded").then_serves(GOOD).then_shares(0, 20, 50, 100)
    verdicts = [entry for entry in story.rollout()["entries"] if "error ratio: 3 successful" in entry["text"]]
    assert len(verdicts) == 2
    story.then_nothing_failed()


def test_several_metrics_are_all_to_succeed(story: Story) -> None:
    several = {**RATIO, "metrics": [*RATIO["metrics"], {**ERRORS, "interval": 0.2}]}
    steps = [{"share": 50}, {"analysis": "several"}]
    story.given_serving().when_delivering(GOOD, steps=steps, analyses={"several": {**several, "duration": 3}})
    story.then_ended("succeeded").then_serves(GOOD).then_nothing_failed()


@pytest.mark.parametrize(
    ("release", "metric", "reason"),
    [
        (FAILING, ERRORS, "errors: worse than 1.5 ×"),
        (SLOW, LATENCY, "latency: worse than 1.1 ×"),
    ],
    ids=["errors", "latency"],
)
def test_one_of_several_metrics_that_fails_takes_it_back(story: Story, release: str, metric: Data, reason: str) -> None:
    never_bad = {"name": "fine", "query": 'latency_seconds{pool="{{ pool }}"}', "reduction": "max", "interval": 0.2}
    several = {**COMPARED, "metrics": [never_bad, metric]}
    steps = [{"share": 50}, {"analysis": "several"}, {"share": 80}]
    story.given_serving().when_delivering(release, steps=steps, analyses={"several": several})
    story.then_ended("rolled_back", reason).then_serves(OLD).then_shares(0, 50, 0).then_only_failed_from(release)


def test_a_release_that_goes_bad_at_a_later_step_is_taken_back_there(story: Story) -> None:
    steps = [{"share": 20}, {"analysis": "ratio"}, {"share": 50}, {"analysis": "ratio"}]
    spoil = {("shift", 2): lambda: story.when_told("error_rate", 0.9, "green-1", "green-2")}
    story.given_serving().when_delivering(GOOD, spoil, steps=steps, analyses={"ratio": RATIO})
    story.then_ended("rolled_back", "error ratio").then_serves(OLD).then_shares(0, 20, 50, 0).then_only_failed_from(
        GOOD
    )


@pytest.mark.parametrize(
    ("command", "result", "serves"), [("promote", "succeeded", DOUBTFUL), ("rollback", "rolled_back", OLD)]
)
def test_an_inconclusive_analysis_pauses_for_a_person(story: Story, command: str, result: str, serves: str) -> None:
    steps = [{"share": 30}, {"pause": 0.5}, {"analysis": "ratio"}]
    story.given_serving().when_delivering(DOUBTFUL, steps=steps, analyses={"ratio": RATIO})
    story.then_ended("paused", "error ratio", "neither condition holds").then_shares(0, 30)
    assert story.rollout()["pause"] == "inconclusive"
    story.when(command).then_ended(result).then_serves(serves).then_only_failed_from(DOUBTFUL)


def test_the_strategy_is_changed_at_rest(story: Story) -> None:
    story.given_serving().when_delivering(GOOD, strategy="blue_green").then_ended("succeeded").then_serves(GOOD)
    story.when_delivering(BETTER, steps=[{"share": 30}, {"pause": 0.5}]).then_ended("succeeded").then_serves(BETTER)
    story.when_delivering(GOOD, strategy="blue_green", gate=True).then_ended("paused").then_serves(BETTER)
    story.when_delivering(GOOD, steps=[{"share": 30}]).then_refused("is paused").then_serves(BETTER)
    story.when("promote").then_ended("succeeded").then_serves(GOOD).then_rollouts(GOOD, BETTER, GOOD)
    story.then_shares(0, 100, 70, 0, 100).then_nothing_failed()


def test_a_pause_that_is_longer_than_the_progress_deadline_does_not_count(story: Story) -> None:
    steps = [{"share": 30}, {"pause": 9}]
    story.given_serving().when_delivering(GOOD, steps=steps, progress_deadline=8).then_ended("succeeded")
    story.then_serves(GOOD).then_shares(0, 30, 100).then_nothing_failed()


@pytest.mark.parametrize(
    ("malformed", "reason"),
    [
        (
            {"steps": [{"share": 10, "pause": 5}]},
            "each is one of share, mirror, hosts, percent, learn, pause, analysis",
        ),
        ({"steps": [{"share": 10}, {"pause": "a while"}]}, "neither a number of seconds nor until_promoted"),
        (
            {"analyses": {"ratio": {**RATIO, "metrics": [{**ERROR_RATIO, "success_condition": "result <"}]}}},
            "condition",
        ),
        ({"analyses": {"ratio": {**RATIO, "metrics": [{**ERROR_RATIO, "query": "x{a='{{ zone }}'}"}]}}}, "zone"),
    ],
    ids=["two in one step", "no pause", "no condition", "an argument that nobody gives"],
)
def test_what_is_malformed_is_refused_and_delivered_once_it_is_mended(
    story: Story, malformed: Data, reason: str
) -> None:
    right = {"steps": [{"share": 30}, {"analysis": "ratio"}], "analyses": {"ratio": RATIO}}
    story.given_serving().when_delivering(GOOD, **{**right, **malformed}).then_refused(reason)
    story.then_serves(OLD).then_rollouts().then_runs_nothing("green")
    story.when_delivering(GOOD, **right).then_ended("succeeded").then_serves(GOOD).then_nothing_failed()
