# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments as others write them.

PRIVATE to the collection. Shared by the areas. Pure.
"""

from __future__ import annotations

import datetime
import re
import typing as t

_FORM = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2})(:\d{2})?(?:\.(\d{1,6})\d*)?([Zz]|[+-]\d{2}:?\d{2})\Z")


def moment(text: str) -> t.Optional[float]:
    """A moment of RFC 3339 in seconds since the epoch; None for what is none.

    It may have nanoseconds, of which those below a microsecond are left out, or no seconds, or a space in its middle.
    """
    found = _FORM.match(text)
    if found is None:
        return None
    day, minute, second, fraction, zone = found.groups()
    plain = "{0}T{1}{2}.{3}{4}".format(
        day, minute, second or ":00", fraction or "0", zone.upper().replace("Z", "+0000").replace(":", "")
    )
    try:
        return datetime.datetime.strptime(plain, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()
    except ValueError:
        return None
