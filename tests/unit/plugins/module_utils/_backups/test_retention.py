# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Retention: what stays, whatever was taken when."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Labels, Proof, Snapshot
from ansible_collections.progressive.delivery.plugins.module_utils._backups.retention import (
    Keep,
    reasons_to_keep,
    seconds_within,
)
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

COUNTS = st.integers(0, 4)
KEEPS = st.builds(
    Keep,
    last=COUNTS,
    hourly=COUNTS,
    daily=COUNTS,
    weekly=COUNTS,
    monthly=COUNTS,
    yearly=COUNTS,
    within=st.sampled_from([0.0, 3600.0, 86400.0 * 30]),
)
MOMENTS = st.floats(1.6e9, 1.8e9)


def snapshot(identifier: str, taken: float, proven: bool = False) -> Snapshot:
    proofs = (Proof(taken + 1, "restore"),) if proven else ()
    return Snapshot(identifier, taken, Labels("shop"), "db-1", ("/srv",), proofs)


def at(text: str) -> float:
    return datetime.datetime.fromisoformat(text + "+00:00").timestamp()


SNAPSHOTS = st.lists(st.tuples(MOMENTS, st.booleans()), max_size=12).map(
    lambda pairs: [snapshot(str(number), taken, proven) for number, (taken, proven) in enumerate(pairs)]
)


def kept(reasons: t.Mapping[str, t.Sequence[str]]) -> t.Set[str]:
    return {identifier for identifier, why in reasons.items() if why}


@given(SNAPSHOTS, KEEPS, st.sets(st.sampled_from("0123456789")))
def test_the_newest_proven_and_the_protected_stay_whatever_is_asked(
    snapshots: t.List[Snapshot], keep: Keep, protect: t.Set[str]
) -> None:
    stays = kept(reasons_to_keep(snapshots, keep, protect))
    assert stays >= protect.intersection(each.identifier for each in snapshots)
    proven = [each for each in snapshots if each.proof]
    if proven:
        newest = max(proven, key=lambda each: (each.taken, each.identifier))
        assert newest.identifier in stays


@given(SNAPSHOTS, KEEPS)
def test_what_stays_stays_when_asked_again(snapshots: t.List[Snapshot], keep: Keep) -> None:
    stays = kept(reasons_to_keep(snapshots, keep))
    left = [each for each in snapshots if each.identifier in stays]
    assert kept(reasons_to_keep(left, keep)) == stays


@given(SNAPSHOTS, KEEPS, st.sampled_from(["last", "hourly", "daily", "weekly", "monthly", "yearly"]))
def test_who_asks_for_more_keeps_no_less(snapshots: t.List[Snapshot], keep: Keep, name: str) -> None:
    if keep.everything:
        return
    more = Keep(**{**vars(keep), name: vars(keep)[name] + 1})
    assert kept(reasons_to_keep(snapshots, more)) >= kept(reasons_to_keep(snapshots, keep))


@given(SNAPSHOTS, st.permutations(range(12)), KEEPS)
def test_the_order_in_which_they_are_listed_is_of_no_matter(
    snapshots: t.List[Snapshot], order: t.List[int], keep: Keep
) -> None:
    shuffled = [snapshots[number] for number in order if number < len(snapshots)]
    assert kept(reasons_to_keep(shuffled, keep)) == kept(reasons_to_keep(snapshots, keep))


def test_of_each_period_the_newest_stays_and_periods_without_one_do_not_count() -> None:
    snapshots = [
        snapshot("old", at("2026-01-03T04:00:00")),
        snapshot("early", at("2026-03-01T01:00:00")),
        snapshot("late", at("2026-03-01T23:59:59")),
        snapshot("next", at("2026-03-02T00:00:00")),
    ]
    assert reasons_to_keep(snapshots, Keep(daily=3)) == {
        "next": ["daily"],
        "late": ["daily"],
        "early": [],
        "old": ["daily"],
    }
    assert kept(reasons_to_keep(snapshots, Keep(monthly=1))) == {"next"}
    assert kept(reasons_to_keep(snapshots, Keep(weekly=2))) == {"next", "late"}


def test_a_time_is_counted_from_the_newest() -> None:
    snapshots = [snapshot("a", 0.0), snapshot("b", 3600.0), snapshot("c", 7200.0)]
    assert kept(reasons_to_keep(snapshots, Keep(within=3600.0))) == {"b", "c"}


def test_nothing_goes_when_nothing_is_asked() -> None:
    assert kept(reasons_to_keep([snapshot("a", 0.0), snapshot("b", 1.0)], Keep())) == {"a", "b"}


@pytest.mark.parametrize(
    ("text", "seconds"), [("36h", 129600), ("14d", 1209600), ("1y6m", 365 * 86400 + 180 * 86400), ("2w", 1209600)]
)
def test_a_time_is_read(text: str, seconds: int) -> None:
    assert seconds_within(text) == seconds


@pytest.mark.parametrize("text", ["", "14", "14 days", "d14", "-1d", "1.5d"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidOption, match="keep.within"):
        seconds_within(text)


def test_less_than_nothing_is_refused() -> None:
    with pytest.raises(InvalidOption, match="keep.daily is -1"):
        Keep(daily=-1)
