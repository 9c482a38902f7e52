# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A release was delivered with a backup and with other settings, and the data was spoilt."""

from __future__ import annotations

import json
import typing as t

from testinfra.host import Host

HOSTS = ("blue-1", "blue-2", "green-1", "green-2")


def test_the_release_serves_with_its_settings_everywhere(
    serving: dict[str, set[str]], ask: t.Callable[[str], Host]
) -> None:
    assert serving == {"1.1.0": {"blue-1", "blue-2"}}
    for name in HOSTS:
        assert json.loads(ask(name).file("/etc/analyze-all.json").content_string) == {"greeting": "spoilt"}


def test_the_data_of_all_hosts_was_saved_and_proven_before_it_was_spoilt(
    rollout: dict[str, t.Any], ask: t.Callable[[str], Host]
) -> None:
    assert {name: backup["proven"]["how"] for name, backup in rollout["backups"].items()} == dict.fromkeys(
        HOSTS, "restore"
    )
    for name in HOSTS:
        assert ask(name).file("/var/lib/analyze-all/orders").content_string == "spoilt"
