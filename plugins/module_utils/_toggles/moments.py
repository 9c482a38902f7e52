# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments as people write them and as flagd counts them, in seconds since 1970.

PRIVATE to the collection. Pure: no I/O.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def read(text: str, option: str) -> int:
    """A date and time in ISO 8601, with a zone; a part of a second is left out.

    :raises InvalidOption: it is none, or has no zone
    """
    try:
        # Python 3.8 knows no Z.
        moment = datetime.datetime.fromisoformat(text[:-1] + "+00:00" if text[-1:] in {"Z", "z"} else text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or moment <= EPOCH:
        raise InvalidOption(
            "{0}: '{1}' is no date and time with a zone, as 2027-01-31T08:00:00Z or 2027-01-31T08:00:00+01:00".format(
                option, text
            )
        )
    return int((moment - EPOCH).total_seconds())


def read_or_none(text: t.Any) -> t.Optional[int]:
    """The moment that *text* says; None when it says none."""
    try:
        return read(text, "") if isinstance(text, str) else None
    except InvalidOption:
        return None


def read_day(text: str, option: str) -> str:
    """A date in ISO 8601 as it is kept; raises InvalidOption."""
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise InvalidOption("{0}: '{1}' is no date, as 2027-01-31".format(option, text)) from error


def shown(moment: int) -> str:
    """A moment as :func:`read` reads it, in UTC."""
    return (EPOCH + datetime.timedelta(seconds=moment)).strftime("%Y-%m-%dT%H:%M:%SZ")
