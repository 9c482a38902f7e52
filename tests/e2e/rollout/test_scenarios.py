# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Longer stories: one delivery after another, and a network or a controller that goes away between two steps."""

from __future__ import annotations

import pathlib

from loopback.site import Site

from .story import Story, cutting, hook


def test_several_balancers_move_together_or_not_at_all(tmp_path: pathlib.Path) -> None:
    """One of the two is lost before it is told of the split: the one that has moved comes back."""
    site = Site(tmp_path, "haproxy", balancers=2)
    site.build_releases("1.0.0")
    try:
        assert site.run("balancer").code == 0
        story = Story(site).given_serving()
        story.when_delivering(story.new, rollout_hooks={"before_shift": cutting(story, "lb-2")})
        story.then_it_failed("lb-2")
        assert story.serving("lb-1") == story.serving("lb-2") == {"1.0.0"}
        story.when_reached_again("lb-2").when("rollback").then_it_ended(0).then_status("rolled_back").then_unlocked()
        assert story.serving("lb-1") == story.serving("lb-2") == {"1.0.0"}
        story.then_nothing_failed()
    finally:
        site.down()


def test_checks_that_cannot_be_made_are_no_verdict(story: Story) -> None:
    """They are tried again, then the rollout waits for a person: it neither goes on nor back."""
    story.given_serving()
    probe = story.site.directory / "probe"
    probe.write_text("#!/bin/sh\n")
    probe.chmod(0o755)
    check = {"name": "probe", "type": "command", "argv": [str(probe)]}
    hooks = {"before_validate": hook(story, "lose", f"- {{name: Lose it, file: {{path: {probe}, state: absent}}}}")}
    story.when_delivering(
        story.new,
        rollout_promotion_checks=[check],
        rollout_error_limit=1,
        rollout_hooks=hooks,
        rollout_check_deadline=1,
    )
    story.then_it_failed().then_status("paused", "the checks themselves failed 2 times").then_serves(story.old)
    story.when("promote").then_it_ended(0).then_serves(story.new).then_nothing_failed()


def test_status_and_health_say_what_is_true_and_change_nothing(story: Story) -> None:
    story.given_serving().when_delivering("1.3.0").then_status("rolled_back")
    before = story.site.journal()
    refused = before["new_pool"]
    story.when("status").then_it_ended(0, "lock: free", "is rolled_back", f"{refused}-1 1.3.0")
    story.when("health").then_it_ended(0, f"{before['old_pool']}: healthy: 2 of 2")
    story.when("health", rollout_health_pools=[refused]).then_it_failed("unhealthy: 0 of 2", "status 503, expected 200")
    story.when("health", rollout_health_pools=["purple"]).then_it_failed("names purple")
    assert story.site.journal() == before
