# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An analysis in parts comes to what it would have come to in one."""

from __future__ import annotations

import dataclasses
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
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.learned import LearnedMetric
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.rate import RateMetric, RateQueries
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.value import ValueMetric
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.evidence import Claim, Interval
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.pairs import Pairs
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.sequential.rates import Rates
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Series
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.state import dump, restore
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.watch import Timetable, watch
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.whole.by_worst import ByWorst
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.whole.interface import judge_all
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.tests.random_examples import examples

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

    def check_counter(self, query: str) -> None:
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


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(st.one_of(ANSWER, st.none()), min_size=3, max_size=12),
    st.lists(st.floats(0.5, 20.0), min_size=1, max_size=6),
)
def test_parts_come_to_what_a_whole_does(answers: t.Sequence[t.Any], parts: t.List[float]) -> None:
    """A part hands on nothing but text."""
    whole = metrics(answers)
    end = watch(ByWorst(whole), sum(parts), Timetable(), Clock())

    in_parts = metrics(answers)
    provider = in_parts[0].provider
    clock, timetable = Clock(), Timetable()
    for duration in parts:
        timetable = watch(ByWorst(in_parts), duration, timetable, clock)
        text = json.dumps(dump(ByWorst(in_parts), timetable, ended=False))
        in_parts = metrics(answers)
        for metric in in_parts:
            metric.provider = provider
        timetable = restore(json.loads(text), ByWorst(in_parts))

    assert judge_all(in_parts, over=True) == judge_all(whole, over=True)
    assert [metric.report() for metric in in_parts] == [metric.report() for metric in whole]
    assert [timeless(metric) for metric in in_parts] == [timeless(metric) for metric in whole]
    assert timetable.elapsed == pytest.approx(end.elapsed)


def timeless(metric: Metric) -> t.List[t.Dict[str, t.Any]]:
    """What was traced of a metric, but for when that was."""
    return [{**point, "at": None} for point in metric.trace.report()]


def test_a_source_that_is_gone_is_no_success_however_short_the_parts_are() -> None:
    """What was seen before it went would let the canary pass."""
    good = [[(0, 0)], [(0, 0)], [(1000, 0)], [(1000, 0)]]
    judged = metrics([*good, *[[(0, 0)], [(0, 0)], [(2000, 0)], [(2000, 0)]], *[None] * 9])[1:2]
    provider = judged[0].provider
    clock, timetable = Clock(), Timetable()
    for _part in range(9):
        timetable = watch(ByWorst(judged), 5, timetable, clock)
        state = json.loads(json.dumps(dump(ByWorst(judged), timetable, ended=False)))
        judged = metrics([None])[1:2]
        judged[0].provider = provider
        timetable = restore(state, ByWorst(judged))

    assert judged[0].report()["looks"] == 1
    assert judge_all(judged, over=True)["rate"].reason.startswith("4 looks in a row went wrong; the last: nobody there")
    longer = metrics([None])[1:2]
    restore({**state, "ended": True}, ByWorst(longer))
    assert longer[0].judgement(over=False).verdict is None


def test_a_metric_that_is_new_begins_anew_and_one_that_is_gone_is_forgotten() -> None:
    answers = [[(50, 0)]]
    known = metrics(answers)
    timetable = watch(ByWorst(known[:2]), 20, Timetable(), Clock())
    state = dump(ByWorst(known[:2]), timetable, ended=False)
    others = metrics(answers)[1:]
    resumed = restore(state, ByWorst(others))
    assert others[0].report() == known[1].report()
    assert others[1].report()["looks"] == 0
    assert set(resumed.due) == {"rate"}


def in_doubt(answers: t.Sequence[t.Any]) -> t.Tuple[t.Dict[str, t.Any], t.List[Metric]]:
    """What an analysis of a minute hands on that has ended, and its metrics."""
    seen = metrics(answers)
    timetable = watch(ByWorst(seen), 60, Timetable(), Clock())
    return json.loads(json.dumps(dump(ByWorst(seen), timetable, ended=True))), seen


def test_what_has_ended_and_is_looked_at_longer_keeps_its_evidence_and_counts_conditions_anew() -> None:
    answers = [[(50, 0)], [(60, 0)], [(90, 0)], [(110, 0)], [(140, 0)]]
    state, before = in_doubt(answers)
    longer = metrics(answers)
    restore(state, ByWorst(longer))
    condition, rate, value = longer
    assert condition.report()["successful"] == 0 < before[0].report()["successful"]
    assert rate.report() == before[1].report()
    assert value.report() == before[2].report()
    assert [metric.trace for metric in longer] == [metric.trace for metric in before]
    assert len(rate.trace.points) == rate.report()["looks"]
    assert rate.report()["looks"] > 0
    # What was counted while nobody watched is no look: the first reading is what the next is compared with.
    rate.look()
    assert rate.report() == before[1].report()


@pytest.mark.parametrize(
    "other",
    [
        {"rates": Rates(Claim(2.0))},
        {"rates": Rates(Claim(1.5, offset=Interval(0.9, 1.1)))},
        {"canary": RateQueries("x", "d")},
    ],
    ids=str,
)
def test_what_asks_something_else_begins_anew(other: t.Dict[str, t.Any]) -> None:
    answers = [[(50, 0)], [(60, 0)], [(90, 0)], [(110, 0)], [(140, 0)]]
    state, _before = in_doubt(answers)
    changed = [dataclasses.replace(metric, **other) if metric.name == "rate" else metric for metric in metrics(answers)]
    timetable = restore(state, ByWorst(changed))
    assert changed[1].report()["looks"] == 0
    assert changed[2].report()["looks"] > 0
    assert set(timetable.due) == {"condition", "value"}


class Reminded(Recorded):
    """A provider that remembers how often it was asked."""

    asked = 0

    def measure(self, queries: t.Sequence[str]) -> t.List[t.List[Series]]:
        self.asked += 1
        return super().measure(queries)

    def memory(self) -> t.Dict[str, t.Any]:
        return {"asked": self.asked}

    def recall(self, memory: t.Dict[str, t.Any]) -> None:
        self.asked = int(memory["asked"])


def reminded(answers: t.Sequence[t.Any]) -> t.List[Metric]:
    """Metrics with a provider each, the comparison of values as one that learns."""
    condition, rate, value = (dataclasses.replace(metric, provider=Reminded(answers)) for metric in metrics(answers))
    return [condition, rate, LearnedMetric.of(value)]


def asked(seen: t.Sequence[t.Any]) -> t.List[int]:
    return [metric.provider.asked for metric in seen]


def test_what_a_provider_remembers_is_handed_on_with_its_metric_alone() -> None:
    answers = [[(50, 0)], [(60, 0)], [(90, 0)], [(110, 0)], [(140, 0)]]
    before = reminded(answers)
    timetable = watch(ByWorst(before), 60, Timetable(), Clock())
    state, ended = (json.loads(json.dumps(dump(ByWorst(before), timetable, ended=ended))) for ended in (False, True))
    assert min(asked(before)) > 0

    same = reminded(answers)
    restore(state, ByWorst(same))
    assert asked(same) == asked(before)

    other = reminded(answers)
    other[1] = dataclasses.replace(other[1], rates=Rates(Claim(2.0)))
    restore(state, ByWorst(other))
    assert asked(other) == [asked(before)[0], 0, asked(before)[2]]

    longer = reminded(answers)
    restore(ended, ByWorst(longer))
    assert asked(longer) == [0, 0, 0], "what happened since it ended, nobody watched"

    forgetful = metrics(answers)[:2]
    restore(state, ByWorst(forgetful))
    assert forgetful[1].report() == before[1].report()

    new = reminded(answers)
    restore(dump(ByWorst(forgetful), timetable, ended=False), ByWorst(new))
    assert new[1].report() == before[1].report()
    assert asked(new) == [0, 0, 0]


def test_what_no_provider_remembered_is_refused() -> None:
    answers = [[(50, 0)]]
    state = dump(ByWorst(reminded(answers)), Timetable(), ended=False)
    state["metrics"]["rate"]["memory"] = {"asked": "often"}
    with pytest.raises(InvalidOption, match="state: it is not what an earlier part of an analysis returned"):
        restore(state, ByWorst(reminded(answers)))


BROKEN: t.Sequence[t.Tuple[t.Tuple[str, ...], t.Any]] = (
    (("ended",), None),
    (("elapsed",), "long"),
    (("elapsed",), float("inf")),
    (("elapsed",), -1),
    (("due", "rate"), float("nan")),
    (("metrics", "rate", "seen", "rates", "looks"), float("inf")),
    (("metrics", "rate", "seen", "faults"), {}),
    (("metrics", "value", "seen", "faults"), None),
    (("due",), []),
    (("due", "rate"), "soon"),
    (("metrics",), None),
    (("whole",), None),
    (("metrics", "rate"), {}),
    (("metrics", "rate", "seen", "rates", "totals"), [1]),
    (("metrics", "rate", "seen", "rates", "likelihood"), "AAAA"),
    (("metrics", "rate", "seen", "counted"), [[], []]),
    (("metrics", "rate", "trace"), []),
    (("metrics", "rate", "traced", "every"), 0),
    (("metrics", "value", "trace"), [{"at": 0}]),
    (("metrics", "value", "seen", "read"), [1]),
    (("metrics", "value", "seen", "pairs"), {"worse": 1}),
    (("metrics", "condition", "seen", "counts"), {"many": 1}),
)


@pytest.mark.parametrize(("place", "value"), BROKEN, ids=str)
def test_what_no_part_returned_is_refused(place: t.Tuple[str, ...], value: t.Any) -> None:
    answers = [[(50, 0)], [(60, 0)], [(90, 0)]]
    state, _metrics = in_doubt(answers)
    state["ended"] = False
    part = state
    for name in place[:-1]:
        part = part[name]
    assert place[-1] in part
    part[place[-1]] = value
    if value is None:
        del part[place[-1]]
    with pytest.raises(InvalidOption, match="state: it is not what an earlier part of an analysis returned"):
        restore(state, ByWorst(metrics(answers)))
