# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An analysis in parts comes to what it would have come to in one."""

from __future__ import annotations

import itertools
import json
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.conditions import Limits, conditions
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import ProviderUnreachable
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.condition import ConditionMetric
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.interface import Metric, Schedule
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.rate import RateMetric, RateQueries
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.value import ValueMetric
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.evidence import Claim
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.pairs import Pairs
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.rates import Rates
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Series
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.state import dump, restore
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.watch import Timetable, watch
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.whole.by_worst import ByWorst
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.whole.interface import judge_all
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

SCHEDULE = Schedule(5.0, 2.0)
NUMBERS = st.integers(0, 300)
ANSWER = st.lists(st.tuples(NUMBERS, NUMBERS), max_size=3)
"""By host, what a query yields; the hosts come and go."""


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Recorded:
    """A provider that yields what was recorded, one answer after another; None is no answer."""

    def __init__(self, answers: t.Sequence[t.Optional[t.List[t.Tuple[int, int]]]]) -> None:
        self._answers = itertools.cycle(answers)

    def check(self, query: str) -> None:
        """Any will do."""

    def measure(self, queries: t.Sequence[str]) -> t.List[t.List[Series]]:
        return [self._answer() for _query in queries]

    def _answer(self) -> t.List[Series]:
        answer = next(self._answers)
        if answer is None:
            raise ProviderUnreachable("nobody there")
        return [Series(frozenset({("host", str(place))}), value) for place, (value, _other) in enumerate(answer)]


def metrics(answers: t.Sequence[t.Any]) -> t.List[Metric]:
    """One of each kind, asking one provider in turn."""
    provider = Recorded(answers)
    wanted = conditions("result < `100`", "result > `200`")
    limits = Limits(count=None, failure=5, inconclusive=9, consecutive_error=3)
    return [
        ConditionMetric("condition", SCHEDULE, False, provider, "q", wanted, limits, "max"),
        RateMetric(
            "rate", SCHEDULE, False, provider, RateQueries("a", "b"), RateQueries("c", "d"), 5, 3, Rates(Claim(1.5))
        ),
        ValueMetric("value", SCHEDULE, True, provider, "e", "f", 2, 3, Pairs(Claim(1.1))),
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(ANSWER, min_size=3, max_size=12), st.lists(st.floats(0.5, 20.0), min_size=1, max_size=6))
def test_parts_come_to_what_a_whole_does(answers: t.Sequence[t.Any], parts: t.List[float]) -> None:
    """A part hands on nothing but text; errors in a row are counted in each part anew."""
    whole = metrics(answers)
    end = watch(ByWorst(whole), sum(parts), Timetable(), Clock())

    in_parts = metrics(answers)
    provider = in_parts[0].provider
    clock, timetable = Clock(), Timetable()
    for duration in parts:
        timetable = watch(ByWorst(in_parts), duration, timetable, clock)
        text = json.dumps(dump(ByWorst(in_parts), timetable))
        in_parts = metrics(answers)
        for metric in in_parts:
            metric.provider = provider
        timetable = restore(json.loads(text), ByWorst(in_parts))

    assert judge_all(in_parts, over=True) == judge_all(whole, over=True)
    assert [metric.report() for metric in in_parts] == [metric.report() for metric in whole]
    assert timetable.elapsed == pytest.approx(end.elapsed)


def test_a_metric_that_is_new_begins_anew_and_one_that_is_gone_is_forgotten() -> None:
    answers = [[(50, 0)]]
    known = metrics(answers)
    timetable = watch(ByWorst(known[:2]), 20, Timetable(), Clock())
    state = dump(ByWorst(known[:2]), timetable)
    others = metrics(answers)[1:]
    resumed = restore(state, ByWorst(others))
    assert others[0].report() == known[1].report()
    assert others[1].report()["looks"] == 0
    assert set(resumed.due) == {"rate"}


@pytest.mark.parametrize(
    "broken",
    [
        {"schema": 2},
        {"schema": 2, "elapsed": 0, "due": {}, "metrics": {}},
        {"schema": 2, "whole": {}, "elapsed": 0, "due": [], "metrics": {}},
        {"schema": 2, "whole": {}, "elapsed": None, "due": {}, "metrics": {}},
        {
            "schema": 2,
            "whole": {},
            "elapsed": 0,
            "due": {},
            "metrics": {"rate": {"looks": [[1, 2]], "counted": {}, "seen_bad": True}},
        },
        {"schema": 2, "whole": {}, "elapsed": 0, "due": {}, "metrics": {"rate": {}}},
        {
            "schema": 2,
            "whole": {},
            "elapsed": 0,
            "due": {},
            "metrics": {"value": {"pairs": {"worse": 1}, "looks": 1, "read": [1, 1]}},
        },
        {
            "schema": 2,
            "whole": {},
            "elapsed": 0,
            "due": {},
            "metrics": {"condition": {"counts": {"many": 1}, "last": ""}},
        },
    ],
    ids=str,
)
def test_what_no_part_returned_is_refused(broken: t.Dict[str, t.Any]) -> None:
    with pytest.raises(InvalidOption, match="state: it is not what an earlier part of an analysis returned"):
        restore(broken, ByWorst(metrics([[(1, 1)]])))
