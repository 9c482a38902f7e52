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
from ansible_collections.progressive.delivery.tests.e2e.canary.site import Site
from ansible_collections.progressive.delivery.tests.e2e.canary.story import OLD, Story

KINDS = ("haproxy", "caddy")
Telling = collections.abc.Callable[[str], Story]


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Telling]:
    """Gives the site with a kind of balancer, started when first asked for, and its balancer."""
    running: dict[str, tuple[Site, LaidDown]] = {}

    def place(balancer: str) -> tuple[Site, LaidDown]:
        if balancer not in running:
            site = Site.plan(tmp_path_factory.mktemp("c") / balancer, balancer)
            closing.callback(site.down)
            site.add_release(OLD)
            for name in ("blue-1", "blue-2"):
                site.put(name, OLD)
            edge = site.lay_down()
            closing.callback(edge.stop)
            running[balancer] = (site, edge)
        return running[balancer]

    with contextlib.ExitStack() as closing:
        yield place


@pytest.fixture
def telling(
    places: collections.abc.Callable[[str], tuple[Site, LaidDown]], tmp_path: pathlib.Path
) -> collections.abc.Iterator[Telling]:
    """Gives a story on a kind of balancer."""
    with contextlib.ExitStack() as closing:

        def tell(balancer: str) -> Story:
            story = Story(*places(balancer), tmp_path)
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
