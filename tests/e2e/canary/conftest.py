# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A site for each kind of balancer, kept for the session; a story for each test."""

from __future__ import annotations

import collections.abc
import contextlib
import pathlib

import pytest

from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import LaidDown
from ansible_collections.progressive.delivery.tests.e2e.canary.site import POOLS, WIDE, Pools, Site
from ansible_collections.progressive.delivery.tests.e2e.canary.story import OLD, Story

KINDS = ("haproxy", "caddy")
TAKE_OUT = ("haproxy", "envoy")
"""Those that can take single servers out of a pool."""
Telling = collections.abc.Callable[..., Story]
Places = collections.abc.Callable[..., tuple[Site, LaidDown]]


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Places]:
    """Gives the site with a kind of balancer and such pools, started when first asked for, and its balancer."""
    running: dict[tuple[str, str], tuple[Site, LaidDown]] = {}

    def place(balancer: str, pools: Pools | None = None) -> tuple[Site, LaidDown]:
        pools = pools or POOLS
        place = (balancer, str(pools))
        if place not in running:
            site = Site.plan(tmp_path_factory.mktemp("c") / balancer, balancer, pools)
            closing.callback(site.down)
            site.add_release(OLD)
            for name in pools["blue"]:
                site.put(name, OLD)
            edge = site.lay_down()
            closing.callback(edge.stop)
            running[place] = (site, edge)
        return running[place]

    with contextlib.ExitStack() as closing:
        yield place


@pytest.fixture
def telling(places: Places, tmp_path: pathlib.Path) -> collections.abc.Iterator[Telling]:
    """Gives a story on a kind of balancer."""
    with contextlib.ExitStack() as closing:

        def tell(balancer: str, pools: Pools | None = None) -> Story:
            story = Story(*places(balancer, pools), tmp_path)
            closing.callback(story.close)
            return story

        yield tell


@pytest.fixture
def story(telling: Telling) -> Story:
    """A story on HAProxy."""
    return telling("haproxy")


@pytest.fixture(params=KINDS)
def each_story(telling: Telling, request: pytest.FixtureRequest) -> Story:
    """The same story on HAProxy and on Caddy, which differ in nearly everything."""
    return telling(request.param)


@pytest.fixture(params=TAKE_OUT)
def wide_story(telling: Telling, request: pytest.FixtureRequest) -> Story:
    """The same story where four hosts of a pool can be changed in batches."""
    return telling(request.param, WIDE)
