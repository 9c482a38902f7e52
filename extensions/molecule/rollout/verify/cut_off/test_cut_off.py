# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host was lost while the release went to it, and lost again while it took the traffic."""

from __future__ import annotations

import typing as t

from testinfra.host import Host


def test_the_old_release_serves_from_all_of_its_hosts(serving: dict[str, set[str]]) -> None:
    assert serving == {"1.0.0": {"green-1", "green-2"}}


def test_the_journal_says_what_was_put_back_and_which_host_was_lost(rollout: dict[str, t.Any]) -> None:
    assert rollout["status"] == "rolled_back"
    assert rollout["to_release"] == "1.1.0"
    assert "blue-2" in rollout["reason"]


def test_the_journal_of_the_first_attempt_names_the_lost_host_too(balancer: Host) -> None:
    told = balancer.check_output(
        "grep -l 'blue-2: no report' /var/lib/progressive.delivery/analyze-all/rollouts/*-1.1.0-*"
    )

    assert told
