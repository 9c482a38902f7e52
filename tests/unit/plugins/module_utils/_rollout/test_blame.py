# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An alert takes back what may be why, once, and nothing else."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._rollout.blame import blame
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Entry, Kind, Rollout, Status


def intent(at: float, kind: Kind) -> Entry:
    return Entry(at, "intent", kind=kind.value)


DELIVERED = Rollout(
    id="r-1",
    app="shop",
    strategy="blue_green",
    old_pool="blue",
    new_pool="green",
    from_release="1.0",
    to_release="1.1",
    steps=(),
    created_at=1000.0,
    progress_at=1100.0,
    status=Status.SUCCEEDED,
    shifted=True,
    ended_at=1100.0,
    entries=(intent(1001.0, Kind.DEPLOY), intent(1020.0, Kind.SHIFT), intent(1090.0, Kind.DRAIN)),
)


def test_a_rollout_that_had_traffic_shortly_before_is_to_blame():
    found = blame(DELIVERED, 1200.0, 3600.0)
    assert (found.rollout, found.reason) == (
        "r-1",
        "rollout r-1 to 1.1 has had traffic since shortly before the alert began",
    )
    under_way = dataclasses.replace(DELIVERED, status=Status.RUNNING, ended_at=None)
    assert blame(under_way, 1050.0, 0.0).rollout == "r-1"
    assert blame(dataclasses.replace(under_way, status=Status.PAUSED), 9e9, 0.0).rollout == "r-1"
    without_balancer = dataclasses.replace(under_way, new_pool="blue", entries=(intent(1005.0, Kind.DEPLOY),))
    assert blame(without_balancer, 1006.0, 0.0).rollout == "r-1"


@pytest.mark.parametrize(
    ("changes", "began", "reason"),
    [
        ({"strategy": "rollback"}, 1200.0, "is a way back itself"),
        ({"status": Status.ROLLED_BACK}, 1200.0, "is rolled_back"),
        ({"status": Status.ABORTING, "ended_at": None}, 1200.0, "is aborting"),
        ({"status": Status.FROZEN, "ended_at": None, "reason": "stuck"}, 1200.0, "needs a person: stuck"),
        # the alert is of what a deployment disturbs, and the traffic came after it
        ({}, 1010.0, "no traffic before the alert began"),
        ({"status": Status.RUNNING, "ended_at": None, "shifted": False}, 1200.0, "no traffic before the alert began"),
        (
            {"status": Status.RUNNING, "ended_at": None, "shifted": False, "new_pool": "blue"},
            1200.0,
            "no traffic before",
        ),
        ({}, 1100.0 + 3660.0, "ended 61 minutes before"),
    ],
)
def test_one_that_cannot_be_why_is_not(changes, began, reason):
    found = blame(dataclasses.replace(DELIVERED, **changes), began, 3600.0)
    assert (found.rollout, reason in found.reason) == ("", True)


def test_where_nothing_was_delivered_nothing_is_to_blame():
    assert blame(None, 1.0, 1.0).rollout == ""


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.sampled_from(Status), st.floats(0, 1e6), st.floats(0, 1e5))
def test_the_way_back_ends_the_matter(created, began, status, ended, within):
    """Whatever an alert took back, the same alert takes nothing back again, and nothing that came after."""
    latest = dataclasses.replace(
        DELIVERED,
        created_at=created,
        status=status,
        ended_at=ended if status.ended else None,
        entries=(intent(created, Kind.SHIFT),),
    )
    if not blame(latest, began, within).rollout:
        return
    for after in (
        dataclasses.replace(latest, status=Status.ROLLED_BACK),
        dataclasses.replace(latest, strategy="rollback", created_at=began + 1, status=Status.SUCCEEDED),
        dataclasses.replace(latest, id="r-2", status=Status.SUCCEEDED, entries=(intent(began + 2, Kind.SHIFT),)),
    ):
        assert blame(after, began, within).rollout == ""
