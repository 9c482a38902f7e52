# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens when something dies, breaks or is in the way: the laws of the design, on real parts.

``PROGRESSIVE_DELIVERY_KILLS`` says how many kills are tried for each balancer
and way out; ``make bench`` tries every point with each of them. Where one is
tried, it is with HAProxy.
"""

from __future__ import annotations

import os
import pathlib
import subprocess

import pytest

from .conftest import Sites
from .story import PLACES, Story, cutting

KILLS = int(os.environ.get("PROGRESSIVE_DELIVERY_KILLS", "1"))
BALANCERS = ("haproxy", "caddy") if KILLS > 1 else ("haproxy",)
WAYS = [(balancer, way_out) for balancer in BALANCERS for way_out in ("rollback", "resume")]


@pytest.fixture(scope="session")
def points(sites: Sites) -> list[str]:
    """Every place at which a delivery can be killed: before and after each of its writes.

    Where many are tried, the writes are counted in a delivery that is not killed.
    """
    if KILLS > 1:
        story = Story(sites["haproxy"]).given_serving()
        story.when_delivering(story.new, fault="before-write:1000000").then_it_ended(0)
        story.close()
        assert 2 * (story.site.faults() / "before-write").stat().st_size == PLACES
    return [f"{place}:{number}" for number in range(1, PLACES // 2 + 1) for place in ("before-write", "after-write")]


@pytest.mark.parametrize("nth", range(KILLS))
@pytest.mark.parametrize("way", range(len(WAYS)), ids=["-".join(way) for way in WAYS])
def test_a_run_killed_at_a_journal_write_is_finished_or_undone(
    sites: Sites, points: list[str], way: int, nth: int
) -> None:
    """The points lie evenly, and each way out has others, so that a few kills tell of many places."""
    balancer, way_out = WAYS[way]
    fault = points[int((nth + way / len(WAYS)) / KILLS * len(points))]
    story = Story(sites[balancer])
    try:
        story.given_serving_with_a_way_back().when_delivering(story.new, fault=fault).then_it_was_killed()
        story.when(way_out).then_it_ended(0).then_unlocked()
        assert len(story.serving()) == 1
        rollout = story.site.journal()
        assert rollout is not None
        assert rollout["status"] in ("succeeded", "rolled_back")
        story.then_nothing_failed()
    finally:
        story.close()


def test_a_host_that_cannot_be_reached_begins_nothing(story: Story) -> None:
    story.given_serving(rate=50).given_cut_off("green-2").given_cut_off("blue-2")
    before = story.site.journal()
    story.when_delivering(story.new).then_it_failed("cannot be reached, so nothing was begun").then_unlocked()
    assert story.site.journal() == before
    story.then_serves(story.old).then_nothing_failed()


def test_a_host_lost_amid_the_deploy_leaves_no_half_new_fleet(story: Story) -> None:
    story.given_serving()
    idle = story.idle_pool()
    hooks = {"before_deploy": cutting(story, f"{idle}-2")}
    story.when_delivering(story.new, rollout_hooks=hooks).then_status(
        "rolled_back", f"{idle}-2: no report"
    ).then_unlocked()
    story.then_serves(story.old).then_never_answered(story.new).then_nothing_failed()


def test_a_balancer_lost_amid_a_bake_pauses_and_resume_goes_on(story: Story) -> None:
    """The balancer host is the state host too: the run ends where it stood, and its lock runs out."""
    story.given_serving()
    hooks = {"before_bake": cutting(story, "lb-1")}
    story.when_delivering(story.new, rollout_hooks=hooks)
    assert story.last is not None
    assert story.last.code != 0
    story.then_status("running").then_serves(story.new)
    story.when_reached_again("lb-1").when("resume").then_it_ended(0).then_status("succeeded").then_unlocked()
    story.then_serves(story.new).then_nothing_failed()


def test_a_second_controller_is_told_who_holds_the_app(story: Story) -> None:
    story.given_serving()
    first = story.starting("blue_green", rollout_release=story.new, rollout_lease=600, rollout_bake=30)
    story.wait_until(lambda: story.site.locked() and story.serving() == {story.new})
    story.when("resume", rollout_lock_wait=0)
    story.then_it_failed("held by", "since 20", "rollout_take_over=true")
    story.when("rollback", rollout_lock_wait=600).then_it_ended(0).then_serves(story.old)
    assert first.wait().code == 2
    story.then_status("rolled_back", "asked for a rollback").then_unlocked().then_nothing_failed()


def test_a_full_disk_fails_the_deploy_and_nothing_else(story: Story) -> None:
    story.given_serving()
    idle = story.idle_pool()
    full = story.site.directory / "full"
    full.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(full)], check=True)
    try:
        story.when_delivering(story.new, release_root=f"{full}/{{{{ inventory_hostname }}}}")
        story.then_it_failed().then_status("rolled_back", "deploy failed").then_unlocked()
    finally:
        subprocess.run(["umount", str(full)], check=True)
    assert story.idle_pool() == idle
    story.then_serves(story.old).then_never_answered(story.new).then_nothing_failed()


def test_a_journal_that_is_damaged_is_kept_and_can_be_set_aside(story: Story) -> None:
    story.given_serving()
    path = journal_file(story)
    whole = path.read_text()
    path.write_text(whole[:100])
    story.when_delivering(story.new).then_it_failed(path.name, "abandon playbook").then_unlocked()
    assert path.read_text() == whole[:100]
    story.when("abandon").then_it_ended(0)
    kept = [file for file in path.parent.iterdir() if file.name.startswith(path.name + ".corrupt")]
    assert [file.read_text() for file in kept] == [whole[:100]]
    story.when_delivering(story.new).then_it_ended(0).then_serves(story.new).then_nothing_failed()


def journal_file(story: Story) -> pathlib.Path:
    """The file of the latest rollout."""
    folder = story.site.directory / "state" / "analyze-all"
    return folder / "rollouts" / f"{(folder / 'current').read_text().strip()}.json"
