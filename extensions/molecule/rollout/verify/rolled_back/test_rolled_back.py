# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The earlier release was put back under load."""

from __future__ import annotations

import typing as t

from load import report


def test_the_whole_fleet_serves_the_earlier_release(serving: dict[str, set[str]]) -> None:
    assert serving == {"1.0.0": {"green-1", "green-2"}}


def test_the_journal_says_so(rollout: dict[str, t.Any]) -> None:
    assert (rollout["from_release"], rollout["to_release"], rollout["status"]) == ("1.1.0", "1.0.0", "succeeded")


def test_no_request_was_dropped(requests_sent: report.Records) -> None:
    assert [record for record in requests_sent if record.failed] == []
    assert set(report.by_release(requests_sent)) == {"1.0.0", "1.1.0"}
