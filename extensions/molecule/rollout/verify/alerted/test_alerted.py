# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An alert was delivered, and took back the release that it was about."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path


def test_the_earlier_release_serves_again(serving: dict[str, set[str]], rollout: dict[str, t.Any]) -> None:
    assert list(serving) == ["1.0.0"]
    assert (rollout["strategy"], rollout["status"], rollout["from_release"]) == ("rollback", "succeeded", "1.1.0")


def test_one_run_did_it(rollout: dict[str, t.Any]) -> None:
    said = (Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "rulebook.log").read_text()
    assert said.count("analyze-all is rolled back: rollout") == 1
    assert "is a way back itself" in said


def test_the_rollout_was_seen(ask_prometheus: t.Callable[[str], dict[str, float]]) -> None:
    assert sum(ask_prometheus('progressive_delivery_run_seconds{playbook=~".*blue_green.*"}').values()) > 0
    assert (
        sum(
            ask_prometheus(
                'sum(max_over_time(progressive_delivery_traffic_ratio{app="analyze-all"}[1h])) by (job)'
            ).values()
        )
        > 0
    )
