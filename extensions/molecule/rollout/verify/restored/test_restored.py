# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The earlier release serves with the settings that it had, and the data is as it was before the release that spoilt it."""

from __future__ import annotations

import json
import typing as t

import pytest
from testinfra.host import Host


def test_the_whole_fleet_serves_the_earlier_release(serving: dict[str, set[str]]) -> None:
    assert serving == {"1.0.0": {"green-1", "green-2"}}


@pytest.mark.parametrize("name", ["blue-1", "blue-2", "green-1", "green-2"])
def test_the_data_is_back_with_its_owner_and_its_mode(name: str, ask: t.Callable[[str], Host]) -> None:
    host = ask(name)
    folder = host.file("/var/lib/analyze-all")
    orders = host.file("/var/lib/analyze-all/orders")

    assert (folder.user, folder.mode) == ("analyze-all", 0o750)
    assert (orders.content_string, orders.user, orders.mode) == (f"orders of {name}", "analyze-all", 0o640)
    assert not host.file("/var/lib/analyze-all/more").exists


@pytest.mark.parametrize("name", ["green-1", "green-2"])
def test_the_settings_of_the_release_are_back(name: str, ask: t.Callable[[str], Host]) -> None:
    settings = ask(name).file("/etc/analyze-all.json")

    assert json.loads(settings.content_string) == {"greeting": "welcome"}
    assert (settings.user, settings.group, settings.mode) == ("root", "analyze-all", 0o640)
