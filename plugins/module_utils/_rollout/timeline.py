# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The course of a rollout, from its journal: what went on when, as a picture shows it.

PRIVATE to the collection. Pure. Nothing here knows how it is drawn.
"""

from __future__ import annotations

import dataclasses
import enum
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Rollout
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.observations import (
    Entry,
    Judged,
    Point,
    SplitSeen,
)
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.time_axis import TimeAxis, time_axis
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.words import judgement, label

_STOPS = ("pause", "freeze", "end")
"""Notes after which nothing goes on until somebody begins another run."""


class Tone(str, enum.Enum):
    """What a mark means to whoever looks at the picture."""

    GOOD = "good"
    BAD = "bad"
    DOUBT = "doubt"
    ERROR = "error"
    NEUTRAL = "neutral"


@dataclasses.dataclass(frozen=True)
class Span:
    """One step while it was carried out, or one action on the way back.

    :param step: its index in the plan
    :param back: whether that was on the way back
    """

    since: float
    until: float
    label: str
    kind: str
    step: t.Optional[int] = None
    back: bool = False

    def is_same(self, other: Span) -> bool:
        """Whether *other* is more of the same."""
        return (self.step, self.back, self.label) == (other.step, other.back, other.label)


@dataclasses.dataclass(frozen=True)
class Mark:
    """Something that happened at one time.

    :param label: in two or three words
    :param text: all of it
    """

    at: float
    label: str
    text: str
    tone: Tone


@dataclasses.dataclass(frozen=True)
class Course:
    """One metric over the whole rollout.

    :param margins: from when to when how many times as much was too little to matter
    :param traces: its course in each analysis
    """

    name: str
    margins: t.Tuple[t.Tuple[float, float, float], ...]
    traces: t.Tuple[t.Tuple[Point, ...], ...]

    def has(self, *fields: str) -> bool:
        """Whether any point has a value in any of *fields*."""
        points = [point for trace in self.traces for point in trace]
        return any(getattr(point, field) is not None for point in points for field in fields)


@dataclasses.dataclass(frozen=True)
class Timeline:
    """A rollout on one axis of time.

    :param pools: the old and the new one first, then any other that had traffic
    :param result: its status, in words
    """

    app: str
    id: str
    strategy: str
    from_release: str
    to_release: str
    pools: t.Tuple[str, ...]
    result: str
    tone: Tone
    reason: str
    axis: TimeAxis
    spans: t.Tuple[Span, ...]
    splits: t.Tuple[SplitSeen, ...]
    courses: t.Tuple[Course, ...]
    marks: t.Tuple[Mark, ...]


def timeline(rollout: Rollout) -> Timeline:
    """The timeline of *rollout*, as far as it is."""
    # Of what happened at one time the verdict comes first, as the rest follows from it.
    marks = sorted([*_verdicts(rollout.judged), *_noted(rollout)], key=lambda mark: mark.at)
    pools = dict.fromkeys([] if rollout.ramps else [rollout.old_pool, rollout.new_pool])
    for split in rollout.splits_seen:
        pools.update(dict.fromkeys(pool for pool in sorted(split.shares) if split.shares[pool]))
    return Timeline(
        rollout.app,
        rollout.id,
        rollout.strategy,
        rollout.from_release or "nothing",
        rollout.to_release,
        tuple(pools),
        rollout.status.value.replace("_", " "),
        _TONES.get(rollout.status.value, Tone.NEUTRAL),
        rollout.reason,
        _axis(rollout),
        tuple(_spans(rollout)),
        rollout.splits_seen,
        tuple(_courses(rollout.judged)),
        tuple(marks),
    )


_TONES = {
    "succeeded": Tone.GOOD,
    "successful": Tone.GOOD,
    "failed": Tone.BAD,
    "rolled_back": Tone.BAD,
    "aborting": Tone.BAD,
    "frozen": Tone.BAD,
    "paused": Tone.DOUBT,
    "inconclusive": Tone.DOUBT,
    "error": Tone.ERROR,
}
_MARKED: t.Mapping[str, t.Tuple[str, Tone]] = {
    "pause": ("paused", Tone.DOUBT),
    "abort": ("turned back", Tone.BAD),
    "freeze": ("frozen", Tone.BAD),
    "interrupted": ("run died", Tone.ERROR),
    "lock-broken": ("lock broken", Tone.NEUTRAL),
    "refused": ("request refused", Tone.NEUTRAL),
    "skip": ("skipped", Tone.NEUTRAL),
    "supersede": ("superseded another", Tone.NEUTRAL),
}
"""What the journal notes, as it is marked; a command, a request and the end by what they say."""


_IN_BACKGROUND = " (background)"
"""After the name of what an analysis in the background says."""


def _noted(rollout: Rollout) -> t.Iterator[Mark]:
    for entry in rollout.entries:
        if entry.what in _MARKED:
            said, tone = _MARKED[entry.what]
            yield Mark(entry.at, said, "{0}: {1}".format(said, entry.text) if entry.text else said, tone)
        elif entry.what == "command":
            yield Mark(entry.at, entry.text, "an operator ran {0}".format(entry.text), Tone.NEUTRAL)
        elif entry.what == "request":
            asked = entry.text.replace("_", " ")
            yield Mark(entry.at, "{0} asked for".format(asked), "an operator asked: {0}".format(asked), Tone.NEUTRAL)
        elif entry.what == "end":
            said = rollout.status.value.replace("_", " ")
            yield Mark(entry.at, said, entry.text.replace("_", " "), _TONES.get(rollout.status.value, Tone.NEUTRAL))
        elif entry.what == "outcome" and entry.text.startswith("error"):
            yield Mark(entry.at, "not checked", "{0}: {1}".format(entry.kind, entry.text), Tone.ERROR)


def _verdicts(judged: t.Sequence[Judged]) -> t.Iterator[Mark]:
    for one in judged:
        if one.verdict is None:
            continue
        said = "{0}{1} {2}".format(one.analysis, _IN_BACKGROUND if one.background else "", one.verdict)
        numbers = "; ".join(judgement(metric) for metric in one.metrics)
        yield Mark(one.until, said, numbers, _TONES.get(one.verdict, Tone.NEUTRAL))


def _spans(rollout: Rollout) -> t.Iterator[Span]:
    """The steps as they were carried out; the actions of one step that follow each other are one span."""
    # The first version of the journal did not say which step an action belonged to.
    knows_steps = any(entry.step is not None for entry in rollout.entries)
    begun: t.Optional[Entry] = None
    last: t.Optional[Span] = None
    for entry in rollout.entries:
        if entry.what == "intent":
            begun = entry
        elif begun is not None and entry.seq == begun.seq and entry.what in ("outcome", "interrupted"):
            # What died is known to have ended only by the next run, which may be much later.
            until = entry.at if entry.what == "outcome" else begun.at
            span = _span(rollout, begun, until, knows_steps and begun.step is None)
            begun = None
            if last is not None and last.is_same(span):
                last = dataclasses.replace(last, until=until)
                continue
            if last is not None:
                yield last
            last = span
    if last is not None:
        yield last


def _span(rollout: Rollout, begun: Entry, until: float, back: bool) -> Span:
    if begun.step is None or begun.step >= len(rollout.steps):
        return Span(begun.at, until, begun.text, begun.kind, back=back)
    step = rollout.steps[begun.step]
    return Span(begun.at, until, label(step), step.kind.value, begun.step)


def _courses(judged: t.Sequence[Judged]) -> t.List[Course]:
    """The metrics by name, in the order in which they were first asked for, those that have a course."""
    courses: t.Dict[str, Course] = {}
    for one in judged:
        for metric in one.metrics:
            if not metric.trace:
                continue
            # What goes along may ask the same as the steps do.
            name = metric.name + (_IN_BACKGROUND if one.background else "")
            known = courses.get(name, Course(name, (), ()))
            margins = known.margins
            if metric.margin is not None:
                margins += ((one.since, one.until, metric.margin),)
            courses[name] = Course(name, margins, known.traces + (metric.trace,))
    return list(courses.values())


def _axis(rollout: Rollout) -> TimeAxis:
    times = [rollout.created_at, *(entry.at for entry in rollout.entries), *(one.until for one in rollout.judged)]
    return time_axis(min(times), max(times), _waits(rollout.entries))


def _waits(entries: t.Sequence[Entry]) -> t.List[t.Tuple[float, float]]:
    """When nobody was at work: between two runs, be it after a pause or after a death."""
    waits: t.List[t.Tuple[float, float]] = []
    # A clock that was set back would have one wait lie in another.
    latest = entries[0].at if entries else 0.0
    for before, after in zip(entries, entries[1:]):
        latest = max(latest, before.at)
        woke = after.what in ("command", "interrupted", "lock-broken")
        if (woke or before.what in _STOPS) and after.at > latest:
            waits.append((latest, after.at))
    return waits
