# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock: who may act, until when, and what others are told."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._rollout.errors import LockHeld, LockLost
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.lock import Lock, Owner, renew, take

ALICE = Lock(Owner("alice", "control", "job 42"), "token-a", since=100.0, seen=110.0, lease=60.0)


def bob(now: float) -> Lock:
    return Lock(Owner("bob", "laptop", "playbook"), "token-b", since=now, seen=now, lease=60.0)


@given(now=st.floats(0, 1000))
def test_only_the_end_of_the_lease_frees_a_held_lock(now: float) -> None:
    if now > 170.0:
        assert take(ALICE, bob(now), take_over=False).token == "token-b"
    else:
        with pytest.raises(LockHeld):
            take(ALICE, bob(now), take_over=False)


def test_who_holds_it_since_when_and_how_to_take_over_is_said() -> None:
    with pytest.raises(LockHeld) as refused:
        take(ALICE, bob(120.0), take_over=False)
    said = str(refused.value)
    assert "alice on control (job 42)" in said
    assert "since 1970-01-01T00:01:40Z" in said
    assert "last seen 10 s ago" in said
    assert "rollout_take_over=true" in said


def test_a_broken_lock_is_remembered() -> None:
    assert "alice" in take(ALICE, bob(120.0), take_over=True).broke
    assert take(ALICE, bob(120.0), take_over=True).broken == ALICE
    assert take(None, bob(120.0), take_over=False).broke == ""


def test_only_the_last_broken_lock_is_kept() -> None:
    bobs = take(ALICE, bob(120.0), take_over=True)
    carols = take(bobs, dataclasses.replace(bob(130.0), token="token-c"), take_over=True)
    assert carols.broken == dataclasses.replace(bobs, broken=None)


def test_the_holder_renews_even_after_its_lease_while_nobody_took_over() -> None:
    assert renew(ALICE, "token-a", 500.0) == dataclasses.replace(ALICE, seen=500.0)


@pytest.mark.parametrize("existing", [None, bob(120.0)])
def test_a_run_that_lost_its_lock_is_stopped(existing: Lock | None) -> None:
    with pytest.raises(LockLost):
        renew(existing, "token-a", 130.0)
