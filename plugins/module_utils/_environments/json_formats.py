# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What JSON Schema's formats ask of a text, checked here, so that it does not depend on what else is installed.

PRIVATE to the collection. Pure: no I/O. Formats that are not named here say something to
people only.
"""

from __future__ import annotations

import datetime
import ipaddress
import re
import typing as t
import urllib.parse

_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PART = r"(?:[0-9]+[{0}])?"
_DAYS = "".join(_PART.format(unit) for unit in "YMD")
_HOURS = "(?:T(?=[0-9]){0})?".format("".join(_PART.format(unit) for unit in "HMS"))


def _date(text: str) -> bool:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    datetime.date(*map(int, text.split("-")))
    return True


def _date_time(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9-]{10}[Tt]" + _TIME, text)) and _date(text[:10])


def _email(text: str) -> bool:
    return bool(re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,255}", text))


def _hostname(text: str) -> bool:
    return len(text) <= 253 and bool(re.fullmatch(r"{0}(?:\.{0})*".format(_LABEL), text))


def _ipv4(text: str) -> bool:
    return text.isascii() and ipaddress.ip_address(text).version == 4


def _ipv6(text: str) -> bool:
    return "%" not in text and ipaddress.ip_address(text).version == 6


def _uri(text: str) -> bool:
    place = urllib.parse.urlsplit(text)
    _port = place.port
    return bool(re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+", text)) and not re.search(r'[<>"{}|\\^`]', text)


def _regex(text: str) -> bool:
    re.compile(text)
    return True


_CHECKS: t.Mapping[str, t.Callable[[str], t.Any]] = {
    "date": _date,
    "date-time": _date_time,
    "duration": lambda text: re.fullmatch(r"P(?=[0-9T])(?:{0}{1}|[0-9]+W)".format(_DAYS, _HOURS), text),
    "email": _email,
    "hostname": _hostname,
    "ipv4": _ipv4,
    "ipv6": _ipv6,
    "regex": _regex,
    "time": lambda text: re.fullmatch(_TIME, text),
    "uri": _uri,
    "uuid": lambda text: re.fullmatch(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text),
}
FORMATS = frozenset(_CHECKS)


def is_of_format(value: t.Any, name: str) -> bool:
    """Whether a value is of a format; what is no text, and a format that is none of :data:`FORMATS`, is let pass."""
    if name not in FORMATS or not isinstance(value, str):
        return True
    try:
        return bool(_CHECKS[name](value))
    except (ValueError, re.error):
        return False
