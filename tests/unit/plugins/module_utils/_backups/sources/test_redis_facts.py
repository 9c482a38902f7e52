# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that have expired between two looks are no difference; any other key is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Facts
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.facts import Multiset
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.redis_facts import (
    _name,
    edges_of,
    new_edges,
    unlike_at,
)

DUMPED = 1_700_000_000.0
EXPIRY = st.one_of(
    st.just(-1),
    st.integers(1, 40_000).map(lambda left: int(DUMPED * 1000) + left),
    st.just(int(DUMPED * 1000) + 10**11),
)
KEYS = st.dictionaries(st.tuples(st.integers(0, 1), st.binary(min_size=1, max_size=2)), EXPIRY, max_size=12)


def seen(keys: dict[tuple[int, bytes], int], edges: list[int], now: float) -> Facts:
    """The facts of a server that has those of *keys* which have not expired."""
    tables: dict[str, Multiset] = {}
    for (database, key), expiry in keys.items():
        if expiry < 0 or expiry > now * 1000:
            tables.setdefault(_name(database, expiry, edges), Multiset()).add((key, b"%d" % expiry))
    return Facts({name: multiset.result() for name, multiset in tables.items()})


@given(keys=KEYS, later=st.floats(0, 100))
def test_the_same_content_is_found_again_however_much_of_it_has_expired(
    keys: dict[tuple[int, bytes], int], later: float
) -> None:
    saved = seen(keys, new_edges(DUMPED), DUMPED)

    assert unlike_at(saved, seen(keys, edges_of(saved), DUMPED + later), DUMPED + later) == []


@given(keys=KEYS, later=st.floats(0, 100), data=st.data())
def test_a_key_that_is_missing_is_noticed_unless_its_span_has_begun(
    keys: dict[tuple[int, bytes], int], later: float, data: st.DataObject
) -> None:
    saved = seen(keys, new_edges(DUMPED), DUMPED)
    now = DUMPED + later
    spans = [int(name.split(" ")[2]) for name in saved.tables if " " in name]
    begins = {
        key: max([edge for edge in spans if edge <= expiry], default=0) for key, expiry in keys.items() if expiry > 0
    }
    lasting = [key for key in keys if keys[key] < 0 or begins[key] > now * 1000]
    if lasting:
        lost = data.draw(st.sampled_from(sorted(lasting)))
        found = seen({key: keys[key] for key in keys if key != lost}, edges_of(saved), now)
        assert len(unlike_at(saved, found, now)) == 1


def test_more_keys_than_were_saved_are_a_difference_in_a_span_that_has_begun_too() -> None:
    saved, found = (Facts({"0 expiring 0 to 5000": (count, "a")}) for count in (1, 2))

    assert unlike_at(saved, found, 3.0) == ["database '0 expiring 0 to 5000' has 2 keys, and 1 were saved"]
    assert unlike_at(found, saved, 3.0) == []


def test_another_time_of_expiry_is_a_difference() -> None:
    saved = seen({(0, b"a"): int(DUMPED * 1000) + 20_000}, new_edges(DUMPED), DUMPED)
    found = seen({(0, b"a"): int(DUMPED * 1000) + 20_001}, edges_of(saved), DUMPED)

    assert len(unlike_at(saved, found, DUMPED)) == 1


def test_spans_double_and_reach_further_than_anybody_waits() -> None:
    edges = new_edges(DUMPED)

    assert [edge - int(DUMPED * 1000) for edge in edges[1:4]] == [1000, 2000, 4000]
    assert edges == sorted(edges)
    assert edges[-1] - DUMPED * 1000 > 60_000 * 365 * 24 * 3600
