# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many are needed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._quorum import needed

MEMBERS = st.integers(min_value=1, max_value=2000)
PERCENTAGES = st.decimals(min_value="0.01", max_value="100", places=2)


@pytest.mark.parametrize(
    ("quorum", "members", "expected"),
    [
        ("all", 7, 7),
        ("3", 7, 3),
        ("100%", 7, 7),
        ("60%", 5, 3),
        ("60 %", 5, 3),
        ("61%", 5, 4),
        ("0.1%", 5, 1),
        (" all ", 2, 2),
    ],
)
def test_a_quorum_asks_for(quorum: str, members: int, expected: int) -> None:
    assert needed(quorum, members) == expected


@pytest.mark.parametrize(
    "quorum", ["", "some", "0", "-1", "0%", "101%", "1.5", "50 percent", "%", "1e1", "²", "٣", "٣%"]
)
def test_what_is_no_quorum_is_refused(quorum: str) -> None:
    with pytest.raises(InvalidOption, match=r"must be 'all', a count"):
        needed(quorum, 5)


def test_a_count_beyond_the_members_is_refused() -> None:
    with pytest.raises(InvalidOption, match="quorum is 6, but there are only 5"):
        needed("6", 5)


@given(percentage=PERCENTAGES, members=MEMBERS)
def test_a_percentage_never_asks_for_less_than_it_says_nor_for_one_more_than_that(percentage, members) -> None:
    count = needed(f"{percentage}%", members)

    assert 1 <= count <= members
    assert count * 100 >= percentage * members
    assert (count - 1) * 100 < percentage * members


@given(one=PERCENTAGES, other=PERCENTAGES, members=MEMBERS)
def test_a_higher_percentage_never_asks_for_fewer(one, other, members) -> None:
    low, high = sorted((one, other))

    assert needed(f"{low}%", members) <= needed(f"{high}%", members)
