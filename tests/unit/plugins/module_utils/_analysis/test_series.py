# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values by series, and counters from one reading to the next."""

from __future__ import annotations

import itertools
import math
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import BadMeasurement
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import (
    Series,
    counters,
    increase,
    result,
)

COUNTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=20)


def series(value: t.Any, **labels: str) -> Series:
    return Series(frozenset(labels.items()), value)


def reading(**values: float) -> dict:
    return counters([series(value, host=name) for name, value in values.items()])


@pytest.mark.parametrize(("reduction", "expected"), [("sum", 6.0), ("max", 3.0), ("min", 1.0), ("mean", 2.0)])
def test_several_series_become_one_number(reduction: str, expected: float) -> None:
    assert result([series(1, host="a"), series(2, host="b"), series(3, host="c")], reduction) == expected


@pytest.mark.parametrize(("reduction", "expected"), [("sum", 3.0), ("max", 2.0), ("min", 1.0), ("mean", 1.5)])
@pytest.mark.parametrize("order", list(itertools.permutations([1.0, 2.0, math.nan])))
def test_a_series_of_nan_is_none_wherever_it_stands(reduction: str, expected: float, order: tuple) -> None:
    assert result([series(list(order))], reduction) == expected
    assert result([series(math.nan, host="a"), series(math.nan, host="b")], reduction) is None


@pytest.mark.parametrize("values", [[math.inf, -math.inf], [1e308, 1e308]])
def test_what_has_no_sum_is_a_bad_measurement(values: list[float]) -> None:
    with pytest.raises(BadMeasurement, match=r"the sum of \[.*\] is no number"):
        result([series(values)], "sum")


def test_a_number_that_is_too_large_is_a_bad_measurement() -> None:
    with pytest.raises(BadMeasurement, match="a number is too large, of the series: host=a"):
        result([series(10**400, host="a")], "sum")
    with pytest.raises(BadMeasurement, match=r"1e\+308 is no value of a counter"):
        increase(reading(a=0, b=0), reading(a=1e308, b=1e308))


def test_one_series_is_taken_as_it_is_and_none_is_no_data() -> None:
    assert result([series({"a": 1})], None) == {"a": 1}
    assert result([], None) is None
    assert result([], "sum") is None


def test_several_series_are_not_guessed_about() -> None:
    with pytest.raises(BadMeasurement) as refusal:
        result([series(1, host="a"), series(2)], None)
    assert refusal.value.message == (
        "the query has 2 series where one is wanted: host=a; one without labels; "
        "sum them up in the query, or give a reduction"
    )


def test_a_list_of_numbers_is_as_several_series_to_a_reduction() -> None:
    assert result([series([1, 5.5], host="a"), series(2, host="b")], "max") == 5.5
    assert result([series([])], "sum") is None
    assert result([series([1, 2])], None) == [1, 2]


@pytest.mark.parametrize("value", ["1", None, True, ["1"], [None], [[1]]])
def test_what_is_no_number_is_not_reduced(value: t.Any) -> None:
    with pytest.raises(BadMeasurement, match="is no number, of the series: host=a"):
        result([series(value, host="a"), series(1, host="b")], "sum")


@given(COUNTS)
def test_counters_rise_by_what_is_counted(counts: list[int]) -> None:
    path = [sum(counts[:length]) for length in range(len(counts) + 1)]
    steps = [increase(reading(a=before), reading(a=after)) for before, after in itertools.pairwise(path)]
    assert steps == counts


@pytest.mark.parametrize(
    ("before", "after", "new_within", "expected"),
    [
        (reading(a=10, b=5), reading(a=12, b=5), 0, 2),
        (reading(a=10, b=5), reading(a=3, b=6), 0, 4),
        (reading(a=10), reading(a=11, b=7), 0, 1),
        (reading(a=10), reading(a=11, b=7), 7, 8),
        (reading(a=10), reading(a=11, b=7), 6, 1),
        (reading(a=10, b=5), reading(a=11), 0, 1),
        (reading(a=10), {}, 0, 0),
        ({}, reading(a=3), 5, 3),
    ],
    ids=["rise", "reset", "new", "new and young", "new and old", "gone", "all gone", "first of its kind"],
)
def test_resets_and_instances_that_come_and_go(before: dict, after: dict, new_within: float, expected: int) -> None:
    assert increase(before, after, new_within) == expected


@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
def test_what_no_counter_can_be_is_refused(value: float) -> None:
    with pytest.raises(BadMeasurement, match="is no value of a counter"):
        increase(reading(a=1), reading(a=value))


def test_two_series_of_one_name_are_refused() -> None:
    with pytest.raises(BadMeasurement, match="the same labels"):
        counters([series(1, host="a"), series(2, host="a")])
