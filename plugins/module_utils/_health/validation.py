# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses values of options that cannot mean anything.

PRIVATE to the collection.
"""

from __future__ import annotations

import math
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption


def require_seconds(value: float, option: str) -> None:
    """Refuse what is not a positive, finite number of seconds.

    :raises InvalidOption: naming the option and its value
    """
    if not 0 < value < math.inf:
        raise InvalidOption("{0} is {1}; it must be a number of seconds above 0.".format(option, value))


def require_percentage(value: float, option: str) -> None:
    """Refuse what is not a percentage from 0 to 100.

    :raises InvalidOption: naming the option and its value
    """
    if not 0 <= value <= 100:
        raise InvalidOption("{0} is {1}; it must be a percentage from 0 to 100.".format(option, value))


def require_port(value: int, option: str) -> None:
    """Refuse what is not a TCP port.

    :raises InvalidOption: naming the option and its value
    """
    if not 1 <= value <= 65535:
        raise InvalidOption("{0} is {1}; it must be a port from 1 to 65535.".format(option, value))


def require_host(value: str, option: str) -> None:
    """Refuse what can be neither a host name nor an IP address.

    :raises InvalidOption: naming the option and its value
    """
    try:
        proper = bool(value) and value == value.strip() and value.encode("idna").isascii()
    except UnicodeError:
        proper = False
    if not proper:
        raise InvalidOption("{0} is {1!r}, which is neither a host name nor an IP address.".format(option, value))


def pattern(text: str, option: str) -> t.Pattern[str]:
    """Compile a regular expression.

    :raises InvalidOption: naming the option and what is wrong with the expression
    """
    try:
        return re.compile(text)
    except re.error as error:
        raise InvalidOption(
            "{0} is {1!r}, which is not a regular expression: {2}.".format(option, text, error)
        ) from error


def of_check(option: str, check: str) -> str:
    """How messages name an option of a check."""
    return "Option {0} of check {1!r}".format(option, check)
