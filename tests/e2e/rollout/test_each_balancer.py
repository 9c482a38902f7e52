# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole plays in which it matters which kind of balancer it is."""

from __future__ import annotations

import collections.abc

import pytest

from .conftest import Sites
from .story import Story


@pytest.fixture(params=("haproxy", "nginx", "caddy", "envoy"))
def story(sites: Sites, request: pytest.FixtureRequest) -> collections.abc.Iterator[Story]:
    story = Story(sites[request.param])
    yield story
    story.close()


def on(*kinds: str) -> pytest.MarkDecorator:
    """The story is told on these kinds alone."""
    return pytest.mark.parametrize("story", kinds, indirect=True)


def test_a_good_release_takes_over(story: Story) -> None:
    story.given_serving()
    story.when_delivering(story.new, rollout_sticky=True).then_it_ended(0).then_status("succeeded")
    assert story.sets_a_cookie()
    story.then_serves(story.new).then_unlocked().then_nothing_failed()


@on("haproxy")
def test_a_bad_release_is_returned_when_its_errors_show_in_the_bake(story: Story) -> None:
    story.given_serving(rate=25)
    story.when_delivering("1.2.0", rollout_bake=16).then_it_failed("rolled_back").then_status("rolled_back", "errors")
    story.then_serves(story.old).then_unlocked().then_answered("1.2.0").then_only_failed_from("1.2.0")


@on("nginx")
def test_a_canary_meets_copies_of_requests_before_its_first_share(story: Story) -> None:
    story.given_serving()
    steps = [{"mirror": 20}, {"pause": 1}, {"share": 50}]
    story.when("canary", rollout_release=story.new, rollout_steps=steps)
    story.then_it_ended(0, "copies of 20 %").then_serves(story.new).then_nothing_failed()


@on("caddy")
def test_where_a_balancer_takes_no_single_host_out_nothing_is_begun(story: Story) -> None:
    story.given_serving(rate=50)
    before = story.site.journal()
    story.when("rolling", rollout_release=story.new, rollout_pools=[story.pool()])
    story.then_it_failed("Nothing was begun", "Caddy cannot change a server of a pool without a reload")
    assert story.site.journal() == before
    story.then_serves(story.old).then_nothing_failed()
