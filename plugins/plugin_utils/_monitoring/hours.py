# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hours of the week, as people write them and as Alertmanager has them.

PRIVATE to the collection. Pure. See
https://prometheus.io/docs/alerting/latest/configuration/#time_interval.
"""

from __future__ import annotations

import re
import typing as t
import zoneinfo

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.alerting.working_hours import (
    WorkingHours,
    working_hours,
)

_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ZONED = re.compile(r"(.*\d{2}:\d{2})(?: (\S+))?\Z")


def time_interval(name: str, text: str) -> dict[str, t.Any]:
    """Hours such as ``Mon-Fri 08:00-18:00 Europe/Berlin``, without a time zone those of UTC, by their name.

    :raises InvalidOption: they are of another form, or the time zone is not known here
    """
    found = _ZONED.match(str(text))
    try:
        hours = working_hours(found[1]) if found else None
    except InvalidOption:
        hours = None
    if found is None or hours is None:
        raise InvalidOption("hours: {0}: {1!r} is not such as Mon-Fri 08:00-18:00 Europe/Berlin".format(name, text))
    zone = found[2] or "UTC"
    if zone != "UTC" and zone not in zoneinfo.available_timezones():
        raise InvalidOption("hours: {0}: there is no time zone {1}".format(name, zone))
    return {"name": name, "time_intervals": [{**part, "location": zone} for part in _parts(hours)]}


def _parts(hours: WorkingHours) -> list[dict[str, t.Any]]:
    """As parts that end on the day on which they begin."""
    first, after = hours.minutes
    if first < after:
        return [_part(hours.days, first, after)]
    evening = _part(hours.days, first, 24 * 60)
    days = ((hours.days[0] + 1) % 7, (hours.days[1] + 1) % 7)
    return [evening, _part(days, 0, after)] if after else [evening]


def _part(days: tuple[int, int], first: int, after: int) -> dict[str, t.Any]:
    first_day, last_day = days
    # One by one, as a week of Alertmanager's begins on Sunday and none of its ranges may go over its end.
    weekdays = [_WEEK[(first_day + number) % 7] for number in range((last_day - first_day) % 7 + 1)]
    return {
        "weekdays": weekdays,
        "times": [{"start_time": _clock(first), "end_time": _clock(after)}],
    }


def _clock(minute: int) -> str:
    return "{0:02d}:{1:02d}".format(*divmod(minute, 60))
