# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times as the programs of repositories write them.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import re
from calendar import timegm
from datetime import datetime

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(?:Z|([+-])(\d\d):(\d\d))?\Z")


def seconds(time: str) -> float:
    """Seconds since the epoch of an ISO 8601 time with any number of digits after the point; UTC where it names no zone."""
    parts = _TIME.match(time)
    if parts is None:
        raise ValueError("{0!r} is not a time".format(time))
    whole, fraction, sign, hours, minutes = parts.groups()
    offset = 0 if sign is None else (int(hours) * 3600 + int(minutes) * 60) * (1 if sign == "+" else -1)
    parsed = datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S")  # noqa: DTZ007 (the zone is taken off below)
    return timegm(parsed.timetuple()) - offset + float(fraction or 0)
