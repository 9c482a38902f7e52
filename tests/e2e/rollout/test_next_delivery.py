# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inventory says of the next delivery while another is under way: it is refused, and harms nothing else."""

from __future__ import annotations

from .story import Story

WAITS = {"rollout_steps": [{"share": 30}, {"pause": "until_promoted"}]}
WRONG = {
    "rollout_steps": [{"share": 5, "seconds": 9}, {"task_file": "/nowhere/announce.yml"}, {"health": "unknown"}],
    "rollout_analyses": {"errors": {"duratoin": 9}},
    "rollout_check_sets": {"ready": []},
    "rollout_background": "missing",
    "rollout_full": True,
}
"""Nothing of this could be delivered."""


def test_what_is_wrong_with_the_next_delivery_keeps_nobody_from_ending_the_one_under_way(story: Story) -> None:
    """A gate ends the run, and promote goes on; the way back needs no way to the hosts of the app either."""
    story.given_serving()
    story.when_delivering(story.new, rollout_gate=True, rollout_preview=True)
    story.then_it_ended(0, "promote playbook").then_status("paused").then_unlocked().then_serves(story.old)
    assert {story.preview("blue"), story.preview("green")} == {story.old, story.new}
    story.when("promote", **WRONG).then_it_ended(0).then_status("succeeded").then_serves(story.new)
    assert story.preview("blue") == story.preview("green") == story.new

    for host in ("blue-1", "blue-2", "green-2"):
        story.given_cut_off(host)
    story.when("rollback", rollout_hooks={"after_shift": "/nowhere/told.yml"}, **WRONG)
    story.then_it_ended(0, "/nowhere/told.yml is left out").then_serves(story.old)
    story.then_unlocked().then_nothing_failed()


def test_an_analysis_that_cannot_be_made_stops_all_hosts_and_leaves_the_one_under_way(story: Story) -> None:
    """Only the host that would make it could find that out."""
    story.given_serving().when("canary", rollout_release=story.new, **WAITS).then_status("paused")
    before = story.site.journal()
    steps = [{"share": 5}, {"analysis": "errors"}]
    analyses = {"errors": {"metrics": [{"name": "errors", "bad": "no(query", "total": "x"}]}}
    story.when("canary", rollout_release="1.1.0", rollout_steps=steps, rollout_analyses=analyses)
    story.then_it_failed("Nothing was begun. lb-1 cannot make the analyses").then_unlocked()
    assert story.site.journal() == before

    story.when("canary", rollout_release=story.old, **WAITS).then_it_ended(0).then_status("rolled_back")
    story.then_serves(story.old).then_nothing_failed()
