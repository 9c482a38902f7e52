# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two contents have the same facts when they are the same, in whatever order."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Facts
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.facts import Multiset, unlike

ROWS = st.lists(st.lists(st.binary(max_size=2), max_size=3).map(tuple), max_size=6)


def summed(rows: list[tuple[bytes, ...]]) -> tuple[int, str]:
    multiset = Multiset()
    for row in rows:
        multiset.add(row)
    return multiset.result()


@given(rows=ROWS, data=st.data())
def test_the_order_says_nothing(rows: list[tuple[bytes, ...]], data: st.DataObject) -> None:
    assert summed(rows) == summed(data.draw(st.permutations(rows)))


@given(one=ROWS, other=ROWS)
def test_everything_else_does(one: list[tuple[bytes, ...]], other: list[tuple[bytes, ...]]) -> None:
    assume(sorted(one) != sorted(other))

    assert summed(one) != summed(other)


def test_where_a_part_ends_and_how_often_it_is_there_counts() -> None:
    sums = [summed(rows)[1] for rows in ([(b"ab",)], [(b"a", b"b")], [(b"b", b"a")], [(b"ab",)] * 2, [], [()])]

    assert len(set(sums)) == 6


def test_differences_are_told_by_table() -> None:
    saved = Facts({"same": (1, "a"), "gone": (1, "a"), "fewer": (3, "a"), "other": (2, "a")})
    found = Facts({"same": (1, "a"), "fewer": (2, "b"), "other": (2, "b"), "new": (0, "0")})

    assert unlike(saved, found) == [
        "table 'fewer' has 2 rows, and 3 were saved",
        "table 'gone' is missing",
        "table 'new' was not saved",
        "table 'other' has other content than was saved",
    ]
    assert unlike(saved, saved) == []


def test_of_many_differences_ten_are_told() -> None:
    words = unlike(Facts({f"{number:02}": (1, "a") for number in range(25)}), Facts())

    assert words[9:] == ["table '09' is missing", "15 more"]
