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
    protected,
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
NOW = 1.79e9


def snapshot(identifier: str, taken: float, proven: bool = False, host: str = "db-1") -> Snapshot:
    proofs = (Proof(taken + 1, "restore"),) if proven else ()
    return Snapshot(identifier, taken, Labels("shop"), host, ("/srv",), proofs)


def at(text: str) -> float:
    return datetime.datetime.fromisoformat(text + "+00:00").timestamp()


HOSTS = ("db-1", "db-2")
SNAPSHOTS = st.lists(st.tuples(MOMENTS, st.booleans(), st.sampled_from(HOSTS)), max_size=12).map(
    lambda each: [snapshot(str(number), *told) for number, told in enumerate(each)]
)


def kept(reasons: t.Mapping[str, t.Sequence[str]]) -> t.Set[str]:
    return {identifier for identifier, why in reasons.items() if why}


@given(SNAPSHOTS, KEEPS, st.sets(st.sampled_from("0123456789")))
def test_the_newest_proven_and_the_protected_stay_whatever_is_asked(
    snapshots: t.List[Snapshot], keep: Keep, protect: t.Set[str]
) -> None:
    stays = kept(reasons_to_keep(snapshots, keep, NOW, protect))
    assert stays >= protect.intersection(each.identifier for each in snapshots)
    for host in HOSTS:
        proven = [each for each in snapshots if each.proof and each.host == host and each.taken <= NOW]
        if proven:
            newest = max(proven, key=lambda each: (each.taken, each.identifier))
            assert newest.identifier in stays


@given(SNAPSHOTS, KEEPS)
def test_what_one_host_has_saved_is_of_no_matter_to_what_stays_of_another(
    snapshots: t.List[Snapshot], keep: Keep
) -> None:
    alone = [kept(reasons_to_keep([each for each in snapshots if each.host == host], keep, NOW)) for host in HOSTS]
    assert kept(reasons_to_keep(snapshots, keep, NOW)) == set().union(*alone)


@given(SNAPSHOTS, MOMENTS, KEEPS)
def test_what_was_taken_just_now_stays_and_with_within_nothing_goes_for_its_sake(
    snapshots: t.List[Snapshot], taken: float, keep: Keep
) -> None:
    just_now = snapshot("just now", taken, True)
    stays = kept(reasons_to_keep([*snapshots, just_now], keep, taken, taken="just now"))
    assert "just now" in stays
    within = Keep(within=3600.0)
    before = reasons_to_keep(snapshots, within, taken)
    after = reasons_to_keep([*snapshots, just_now], within, taken, taken="just now")
    assert all("within" in after[identifier] for identifier, why in before.items() if "within" in why)


@given(SNAPSHOTS, st.floats(1.0, 1e9), KEEPS)
def test_one_whose_time_is_to_come_stays_and_takes_no_place(
    snapshots: t.List[Snapshot], ahead: float, keep: Keep
) -> None:
    if keep.everything:
        return
    wrong = snapshot("wrong", NOW + ahead, True)
    reasons = reasons_to_keep([*snapshots, wrong], keep, NOW)
    assert reasons.pop("wrong") == ["its time is still to come"]
    assert reasons == reasons_to_keep(snapshots, keep, NOW)


def test_one_that_was_not_proven_takes_no_place_of_one_that_was() -> None:
    day = [at("2026-03-0{0}T01:00:00".format(number)) for number in (1, 2, 3)]
    snapshots = [
        snapshot("good", day[0], True),
        snapshot("bad", day[0] + 60),
        snapshot("better", day[1], True),
        snapshot("only", day[2]),
    ]
    assert kept(reasons_to_keep(snapshots, Keep(daily=3), NOW)) == {"good", "better", "only"}
    assert kept(reasons_to_keep(snapshots, Keep(monthly=1), NOW)) == {"better"}
    assert kept(reasons_to_keep(snapshots, Keep(last=2), NOW)) == {"only", "better", "good"}


def test_a_beginning_protects_and_what_names_none_is_refused_where_it_was_meant() -> None:
    snapshots = [snapshot("9f86d081884c7d65", 0.0), snapshot("aaaaaaaa", 1.0)]
    assert protected(snapshots, ["9f86d081"], ["aaaaaaaa", "gone"]) == {"9f86d081884c7d65", "aaaaaaaa"}
    for asked in ("9f86d08", "9f86d082", ""):
        with pytest.raises(InvalidOption, match="protect: '{0}' names no snapshot".format(asked)):
            protected(snapshots, [asked])


@given(SNAPSHOTS, KEEPS)
def test_what_stays_stays_when_asked_again(snapshots: t.List[Snapshot], keep: Keep) -> None:
    stays = kept(reasons_to_keep(snapshots, keep, NOW))
    left = [each for each in snapshots if each.identifier in stays]
    assert kept(reasons_to_keep(left, keep, NOW)) == stays


@given(SNAPSHOTS, KEEPS, st.sampled_from(["last", "hourly", "daily", "weekly", "monthly", "yearly"]))
def test_who_asks_for_more_keeps_no_less(snapshots: t.List[Snapshot], keep: Keep, name: str) -> None:
    if keep.everything:
        return
    more = Keep(**{**vars(keep), name: vars(keep)[name] + 1})
    assert kept(reasons_to_keep(snapshots, more, NOW)) >= kept(reasons_to_keep(snapshots, keep, NOW))


@given(SNAPSHOTS, st.permutations(range(12)), KEEPS)
def test_the_order_in_which_they_are_listed_is_of_no_matter(
    snapshots: t.List[Snapshot], order: t.List[int], keep: Keep
) -> None:
    shuffled = [snapshots[number] for number in order if number < len(snapshots)]
    assert kept(reasons_to_keep(shuffled, keep, NOW)) == kept(reasons_to_keep(snapshots, keep, NOW))


def test_of_each_period_the_newest_stays_and_periods_without_one_do_not_count() -> None:
    snapshots = [
        snapshot("old", at("2026-01-03T04:00:00")),
        snapshot("early", at("2026-03-01T01:00:00")),
        snapshot("late", at("2026-03-01T23:59:59")),
        snapshot("next", at("2026-03-02T00:00:00")),
    ]
    assert reasons_to_keep(snapshots, Keep(daily=3), NOW) == {
        "next": ["daily"],
        "late": ["daily"],
        "early": [],
        "old": ["daily"],
    }
    assert kept(reasons_to_keep(snapshots, Keep(monthly=1), NOW)) == {"next"}
    assert kept(reasons_to_keep(snapshots, Keep(weekly=2), NOW)) == {"next", "late"}


def test_a_time_is_counted_from_the_newest() -> None:
    snapshots = [snapshot("a", 0.0), snapshot("b", 3600.0), snapshot("c", 7200.0)]
    assert kept(reasons_to_keep(snapshots, Keep(within=3600.0), NOW)) == {"b", "c"}


def test_nothing_goes_when_nothing_is_asked() -> None:
    assert kept(reasons_to_keep([snapshot("a", 0.0), snapshot("b", 1.0)], Keep(), NOW)) == {"a", "b"}


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


def test_what_a_restore_saved_before_it_takes_the_place_of_no_other_that_was_proven() -> None:
    good = snapshot("good", at("2026-11-26T03:00:00"), proven=True)
    broken = Snapshot(
        "broken", good.taken + 60, Labels("shop", before_restore_of="good"), "db-1", ("/srv",), good.proofs
    )
    reasons = reasons_to_keep([good, broken], Keep(last=1, daily=1), good.taken + 120)
    assert reasons["good"] == [
        "the newest that was proven",
        "the newest that was proven by a restore",
        "last",
        "daily",
    ]
    assert reasons["broken"] == ["last"]
