# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a provider measured: values by series.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import dataclasses
import math
import statistics
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import BadMeasurement

Labels = t.FrozenSet[t.Tuple[str, str]]
"""What tells one series of a measurement from the others."""

REDUCTIONS: t.Mapping[str, t.Callable[[t.Sequence[float]], float]] = {
    "sum": math.fsum,
    "max": max,
    "min": min,
    "mean": lambda values: math.fsum(values) / len(values),
}
"""How several series become one number."""


_UNCOUNTABLE = 2.0**63
"""From here on nothing is a counter any more; sums stay numbers below."""


@dataclasses.dataclass(frozen=True)
class Series:
    """One value of a measurement, as JSON has it: a number, mostly."""

    labels: Labels
    value: t.Any


def numbers(measured: t.Sequence[Series]) -> t.List[float]:
    """The values of all series, of which one may be a list of numbers; NaN is none.

    :raises BadMeasurement: one is no number
    """
    values = (
        _number(value, series)
        for series in measured
        for value in (series.value if isinstance(series.value, list) else [series.value])
    )
    return [value for value in values if not math.isnan(value)]


def middle(measured: t.Sequence[Series]) -> t.Optional[float]:
    """The median of a side's values, None where there are none.

    They share what happens to their pool, so together they are one measurement.

    :raises BadMeasurement: one is no number
    """
    values = numbers(measured)
    return statistics.median(values) if values else None


def result(measured: t.Sequence[Series], reduction: t.Optional[str]) -> t.Any:
    """What conditions are asked about: the value of the only series, or what *reduction* makes of all; None without data.

    :param reduction: one of :data:`REDUCTIONS`
    :raises BadMeasurement: there are several series and no reduction, or a value to reduce is no number, or all together are none
    """
    if not measured:
        return None
    if reduction is not None:
        values = numbers(measured)
        try:
            return REDUCTIONS[reduction](values) if values else None
        except (OverflowError, ValueError) as error:
            raise BadMeasurement("the {0} of {1} is no number".format(reduction, values[:5])) from error
    if len(measured) > 1:
        shown = "; ".join(sorted(map(_name, measured))[:5])
        raise BadMeasurement(
            "the query has {0} series where one is wanted: {1}; sum them up in the query, or give a reduction".format(
                len(measured), shown
            )
        )
    return measured[0].value


def newest(points: t.Iterable[t.Tuple[t.Any, t.Any]]) -> t.Any:
    """The value with the latest time of those that are no gap, which is None; None where there are none but gaps."""
    known = [(when, value) for when, value in points if value is not None]
    return max(known, key=lambda point: point[0])[1] if known else None


def increase(before: t.Mapping[Labels, float], after: t.Mapping[Labels, float], new_within: float = 0.0) -> int:
    """By how much counters rose from one reading to the next, all series together.

    A counter that fell was reset, as its process began anew; what it counts now
    is what it rose by, at least. A series that is not there any more rose by nothing.

    :param new_within: one that was not there before counts when it is at most this, as what began since can be; more
        than that it has counted before anybody looked
    :raises BadMeasurement: a counter is negative or no number, or beyond what can be counted
    """
    risen = []
    for labels, value in after.items():
        if not 0 <= value < _UNCOUNTABLE:
            raise BadMeasurement("{0!r} is no value of a counter".format(value))
        if labels in before:
            risen.append(value - before[labels] if value >= before[labels] else value)
        elif value <= new_within:
            risen.append(value)
    return round(math.fsum(risen))


def counters(measured: t.Sequence[Series]) -> t.Dict[Labels, float]:
    """A reading of counters by their labels.

    :raises BadMeasurement: two series have the same labels, or a value is no number
    """
    reading = {series.labels: _number(series.value, series) for series in measured}
    if len(reading) != len(measured):
        raise BadMeasurement("several series have the same labels")
    return reading


def _number(value: t.Any, series: Series) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadMeasurement("{0!r} is no number, of the series: {1}".format(value, _name(series)))
    try:
        return float(value)
    except OverflowError as error:
        raise BadMeasurement("a number is too large, of the series: {0}".format(_name(series))) from error


def _name(series: Series) -> str:
    return ", ".join("{0}={1}".format(*label) for label in sorted(series.labels)) or "one without labels"
