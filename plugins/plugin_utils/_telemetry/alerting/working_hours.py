# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hours in which somebody is there to look, as the option ``working_hours`` names them.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import dataclasses
import datetime
import re

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FORM = re.compile(r"(?:([A-Z][a-z]{2})-([A-Z][a-z]{2}) )?(\d{2}):(\d{2})-(\d{2}):(\d{2})\Z")


@dataclasses.dataclass(frozen=True)
class WorkingHours:
    """Such as ``Mon-Fri 08:00-18:00``.

    :param days: the first and the last, from 0 for Monday; a week may begin on any day
    :param minutes: of the day, the first and the one after the last; they may go over midnight
    """

    days: tuple[int, int]
    minutes: tuple[int, int]

    def hold(self, at: datetime.datetime) -> bool:
        """Whether *at* is in them, by its own clock; after midnight a day goes on that began before."""
        first, after = self.minutes
        minute = 60 * at.hour + at.minute
        if first < after:
            return first <= minute < after and self._is_day(at.weekday())
        if minute >= first:
            return self._is_day(at.weekday())
        return minute < after and self._is_day((at.weekday() - 1) % 7)

    def _is_day(self, day: int) -> bool:
        first, last = self.days
        return first <= day <= last if first <= last else day >= first or day <= last


def working_hours(text: str) -> WorkingHours | None:
    """What *text* names; None for nothing, by which all hours are.

    :raises InvalidOption: it is of another form
    """
    if not text:
        return None
    found = _FORM.match(text)
    if found is not None:
        first, last, *numbers = found.groups()
        hours = [int(number) for number in numbers]
        minutes = 60 * hours[0] + hours[1], 60 * hours[2] + hours[3]
        days = (first or "Mon", last or "Sun")
        if (
            set(days) <= set(DAYS)
            and max(minutes) <= 24 * 60
            and max(hours[1], hours[3]) < 60
            and minutes[0] != minutes[1]
        ):
            return WorkingHours((DAYS.index(days[0]), DAYS.index(days[1])), minutes)
    raise InvalidOption("working_hours: {0!r} is not such as Mon-Fri 08:00-18:00".format(text))
