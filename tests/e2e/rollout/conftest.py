# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A site for each kind of balancer, kept for the session; a story for each test."""

from __future__ import annotations

import collections.abc
import pathlib

import pytest
from loopback.site import Site

from .story import Story

INSTANCES = {"haproxy": 2, "caddy": 2}
"""How many instances a pool has where it matters that there is another one."""


class Sites:
    """Sites by balancer, started when first asked for."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self._sites: dict[str, Site] = {}

    def __getitem__(self, balancer: str) -> Site:
        if balancer not in self._sites:
            self._sites[balancer] = Site(self._folder / balancer, balancer, instances=INSTANCES.get(balancer, 1))
            self._sites[balancer].build_releases()
        site = self._sites[balancer]
        if not (site.directory / "ready").exists():
            laid_down = site.run("balancer")
            assert laid_down.code == 0, laid_down.output
            (site.directory / "ready").touch()
        return site

    def down(self) -> None:
        for site in self._sites.values():
            site.down()


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Sites]:
    sites = Sites(tmp_path_factory.mktemp("s"))
    yield sites
    sites.down()


@pytest.fixture
def story(sites: Sites) -> collections.abc.Iterator[Story]:
    """A story on HAProxy."""
    story = Story(sites["haproxy"])
    yield story
    story.close()
