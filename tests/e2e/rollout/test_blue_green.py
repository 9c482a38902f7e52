# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blue-green on real balancers under load: what a team sees."""

from __future__ import annotations

import json

import pytest
from loopback.site import REPOSITORY

from ansible_collections.progressive.delivery.tests.loopback_servers import Exchange, Reply, web_server

from .story import Story, hook

RUN_ONCE = str(REPOSITORY / "roles" / "rollout" / "tasks" / "end.yml")
"""A task file with tasks that run once for all hosts."""


def test_a_hook_that_fails_fails_its_action_but_not_the_way_back(story: Story) -> None:
    """Here the way is announced once; the second announcement, on the way back, fails."""
    story.given_serving()
    announced = story.site.directory / "announced"
    hooks = {
        "before_shift": hook(story, "announce", f"- {{name: Announce, ansible.builtin.command: mkdir {announced}}}"),
        "after_bake": hook(story, "smoke", "- {name: Test it, ansible.builtin.fail: {msg: it smokes}}"),
    }
    story.when_delivering(story.new, rollout_hooks=hooks).then_it_failed("rolled_back").then_serves(story.old)
    story.then_status("rolled_back", "hook after_bake: Test it: it smokes").then_unlocked()
    noted = [entry["text"] for entry in story.site.journal()["entries"] if "hook before_shift" in entry["text"]]
    assert len(noted) == 1
    assert noted[0].startswith("succeeded: lb-1: hook before_shift: Announce")
    story.then_nothing_failed()


def test_promotion_checks_that_fail_move_no_traffic_and_those_that_pass_do_not_before_their_time(story: Story) -> None:
    story.given_serving()
    check = {"name": "strict", "type": "http", "path": "/version", "conditions": ["release == 'another'"]}
    story.when_delivering(story.new, rollout_promotion_checks=[check], rollout_check_deadline=1)
    story.then_it_failed().then_status("rolled_back", "strict").then_serves(story.old)
    mended = {**check, "conditions": [f"release == '{story.new}'"]}
    # No plain request can stand for this one, so the balancer's host asks for no path at all.
    ready = {"name": "no such page", "type": "http", "path": "/no-such-page", "status": [404]}
    options = {"rollout_promotion_checks": [mended], "rollout_promotion_bake": 3, "rollout_ready_checks": [ready]}
    story.when_delivering(story.new, rollout_preview=True, **options)
    story.then_it_ended(0).then_serves(story.new).then_nothing_failed()
    intents = [entry for entry in story.site.journal()["entries"] if entry["what"] == "intent"]
    first = [entry["kind"] for entry in intents].index("bake")
    assert [entry["kind"] for entry in intents[first:]] == ["bake", "shift", "bake", "drain", "end"]
    assert intents[first + 1]["at"] - intents[first]["at"] >= 3


def test_check_mode_says_what_would_come_and_touches_nothing(story: Story) -> None:
    story.given_serving()
    before = story.site.journal()
    story.when_delivering(story.new, check=True).then_it_ended(0, f"deploy {story.new} to ")
    assert story.site.journal() == before
    story.then_unlocked().then_serves(story.old).then_never_answered(story.new)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (
            {
                "rollout_release": "../1.1.0",
                "rollout_ready_checks": [],
                "rollout_state_host": "localhost",
                "rollout_balancer_group": "nobody",
                "rollout_hooks": {"before_shfit": "hook.yml", "after_bake": "/absent.yml", "after_drain": RUN_ONCE},
            },
            [
                "not a path",
                "rollout_ready_checks is empty",
                "rollout_state_host is localhost, which is not in this play",
                "rollout_balancer_group is 'nobody'",
                "rollout_hooks has no before_shfit",
                "hook.yml, which could be anywhere",
                "task files that do not exist: hook.yml, /absent.yml",
                "with run_once",
            ],
        ),
        ({"rollout_release": ""}, ["rollout_release is empty"]),
        ({"rollout_release": 1.1}, ["rollout_release is the number 1.1"]),
        ({"rollout_pools": ["blue", "purple"]}, ["purple"]),
        ({"rollout_hosts": "blue"}, ["not in this play"]),
        ({"rollout_pool_groups": {"blue": "green"}}, ["green-1, green-2 is in more than one of the pools"]),
        (
            {"rollout_port": 80, "release_root": "/srv/one"},
            ["have the same address and rollout_port", "have the same address and release_root"],
        ),
        ({"rollout_release": "9.9.9"}, ["Nothing was begun. "]),
        ({"rollout_promotion_checks": [{"name": "odd", "type": "http", "conditions": ["]["]}]}, ["invalid-option"]),
    ],
)
def test_bad_input_is_said_before_anything_is_touched(
    story: Story, variables: dict[str, object], said: list[str]
) -> None:
    story.given_serving(rate=50)
    before = story.site.journal()
    story.when("blue_green", **{"rollout_release": story.new, **variables}).then_it_failed(*said)
    assert story.site.journal() == before
    story.then_unlocked().then_serves(story.old).then_nothing_failed()


def test_where_the_error_budget_is_spent_nothing_is_begun_but_what_is_to_be_all_the_same(story: Story) -> None:
    left: list[dict[str, object]] = []

    def respond(exchange: Exchange) -> Reply:
        assert "slo%3Aerror_budget_remaining%3Aratio" in exchange.path
        return Reply(body=json.dumps({"status": "success", "data": {"resultType": "vector", "result": left}}).encode())

    def delivered(check: bool = False, **options: object) -> Story:
        budget = {
            "provider": {"type": "prometheus", "address": f"http://127.0.0.1:{prometheus.port}"},
            **options.pop("budget", {}),
        }
        return story.when_delivering(story.new, check=check, rollout_error_budget=budget, **options)

    story.given_serving(rate=50)
    before = story.site.journal()
    with web_server(respond) as prometheus:
        delivered().then_it_failed("nothing tells how much of it is left", "Nothing was begun")
        left.append({"metric": {}, "value": [1000, "-0.2"]})
        delivered().then_it_failed(
            "-20.0 % of it are left, and more than 0.0 % are needed", "rollout_spend_error_budget=true"
        )
        delivered(check=True, rollout_spend_error_budget=True).then_it_ended(0, f"deploy {story.new} to ")
        left[0]["value"] = [1000, "0.5"]
        delivered(budget={"least": 0.6}).then_it_failed("50.0 % of it are left, and more than 60.0 % are needed")
        delivered(check=True).then_it_ended(0, f"deploy {story.new} to ")
    assert story.site.journal() == before
    story.then_unlocked().then_serves(story.old).then_nothing_failed()
