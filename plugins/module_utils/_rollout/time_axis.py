# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One axis of time for a whole picture, on which a night at a gate is a gap and not the picture.

PRIVATE to the collection. Pure. Times are seconds since the epoch, places are
seconds from the left end of the axis.
"""

from __future__ import annotations

import dataclasses
import datetime
import math
import typing as t

LONG_WAIT = 0.25
"""Above this part of all other time a wait is cut."""
CUT_WIDTH = 0.06
"""What a cut wait is drawn as, as a part of all other time."""
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
_DAY = 86400


@dataclasses.dataclass(frozen=True)
class Cut:
    """A wait that is drawn shorter than it was.

    :param width: the seconds that it is drawn as
    """

    since: float
    until: float
    width: float


@dataclasses.dataclass(frozen=True)
class Tick:
    """A place on the axis that has a label."""

    place: float
    label: str


@dataclasses.dataclass(frozen=True)
class TimeAxis:
    """The time from *since* to *until*, less what is cut out of it.

    :param cuts: in order, and apart from each other
    """

    since: float
    until: float
    cuts: t.Tuple[Cut, ...] = ()

    @property
    def length(self) -> float:
        """The place of the right end."""
        return self.place(self.until)

    def place(self, at: float) -> float:
        """Where the time *at* is; times before and after the axis are at its ends."""
        at = min(max(at, self.since), self.until)
        left_out = 0.0
        for cut in self.cuts:
            inside = min(max(at - cut.since, 0.0), cut.until - cut.since)
            left_out += inside * (1 - cut.width / (cut.until - cut.since))
        return at - self.since - left_out

    def ticks(self, most: int) -> t.List[Tick]:
        """Round times in UTC outside the cuts, about *most*; the first of a further day says which day."""
        step = next((step for step in _STEPS if self._shown / step <= most), _STEPS[-1])
        step = step if self._shown / step <= most else _DAY * math.ceil(self._shown / most / _DAY)
        times = [step * number for number in range(math.ceil(self.since / step), math.floor(self.until / step) + 1)]
        shown = [at for at in times if not any(cut.since < at < cut.until for cut in self.cuts)]
        form = "%H:%M" if step >= 60 else "%H:%M:%S"
        days = [_day(self.since)] + [_day(at) for at in shown]
        return [
            Tick(self.place(at), utc(at, form) if day == before else utc(at, form + "\n%d %b"))
            for before, day, at in zip(days, days[1:], shown)
        ]

    @property
    def _shown(self) -> float:
        """Seconds that are not in a cut."""
        return self.until - self.since - sum(cut.until - cut.since for cut in self.cuts)


def time_axis(since: float, until: float, waits: t.Sequence[t.Tuple[float, float]]) -> TimeAxis:
    """The axis from *since* to *until*, on which long *waits* are cut.

    :param waits: times, from and to, in which nothing went on; in order, and apart from each other
    """
    until = max(until, since + 1.0)
    busy = until - since - sum(end - begin for begin, end in waits)
    busy = max(busy, 1.0)
    cuts = [Cut(begin, end, CUT_WIDTH * busy) for begin, end in waits if end - begin > LONG_WAIT * busy]
    return TimeAxis(since, until, tuple(cuts))


def utc(at: float, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """The time *at* in words, in UTC."""
    return datetime.datetime.fromtimestamp(at, datetime.timezone.utc).strftime(form)


def duration(seconds: float) -> str:
    """So many seconds in words: the two largest units."""
    left = round(seconds)
    units = (("d", _DAY), ("h", 3600), ("min", 60), ("s", 1))
    parts = []
    for name, size in units:
        count, left = divmod(left, size)
        parts.append((count, name))
    first = next((index for index, (count, _name) in enumerate(parts) if count), len(parts) - 1)
    said = ["{0} {1}".format(count, name) for count, name in parts[first : first + 2] if count]
    return " ".join(said) or "0 s"


def _day(at: float) -> int:
    return math.floor(at / _DAY)
