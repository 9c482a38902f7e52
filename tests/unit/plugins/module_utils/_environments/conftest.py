# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host in a folder, and configurations for it."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._environments.applying import (
    Host,
    Occasion,
    Proposal,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Configuration
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.files import (
    Render,
    configuration_hash,
    rendered,
)


class Site:
    """The host, the folder of its files, and what it is told."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "etc").mkdir()
        self.host = Host(str(folder / "state"), "shop", "staging", timeout=0.2)

    def path(self, name):
        return self.folder / "etc" / name

    def render(self, name="app.env", form="dotenv", **fields):
        return Render("renders[0]", str(self.path(name)), form, **fields)

    def proposal(self, settings, *renders, environment="staging"):
        configuration = Configuration("shop", environment, settings, dict.fromkeys(settings, "base.yml"))
        renders = renders or (self.render(),)
        return Proposal(configuration, rendered(configuration, renders), configuration_hash(configuration, renders))

    def apply(self, settings, *renders, check_mode=False, **occasion):
        return self.host.apply(self.proposal(settings, *renders), Occasion(**occasion), check_mode)

    def go_back(self, revision=None, release=None, check_mode=False, **occasion):
        return self.host.go_back(revision, release, Occasion(**occasion), check_mode)

    def tree(self):
        """All files and links, with what is in them, but for the lock."""
        return {
            str(path.relative_to(self.folder)): path.readlink() if path.is_symlink() else path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_symlink() or (path.is_file() and path.name != "lock")
        }


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)
