# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills C({placeholders}) in a check's options with a target's values.

PRIVATE to the collection.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._health.interface import Check, Target
from ansible_collections.progressive.delivery.plugins.module_utils._health.validation import of_check

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")

RESERVED = ("name", "address", "port")


def fill(text: str, check: Check, target: Target, option: str) -> str:
    """``text`` with each ``{key}`` replaced; other braces are left alone.

    :raises InvalidOption: for a key that the target has not got
    """
    return _fill(text, target.address, check, target, option)


def fill_url(text: str, check: Check, target: Target, option: str) -> str:
    """As :func:`fill`, with an IPv6 address in the brackets that a URL wants."""
    address = "[{0}]".format(target.address) if ":" in target.address else target.address
    return _fill(text, address, check, target, option)


def _fill(text: str, address: str, check: Check, target: Target, option: str) -> str:
    values: t.Dict[str, str] = dict(target.variables, name=target.name, address=address)
    if target.port is not None:
        values["port"] = str(target.port)

    def value_of(match: t.Match[str]) -> str:
        key = match.group(1)
        if key not in values:
            raise InvalidOption(
                "{0} names {{{1}}}, which target {2!r} has not got; it has {3}.".format(
                    of_check(option, check.name), key, target.name, ", ".join(sorted(values))
                )
            )
        return values[key]

    return _PLACEHOLDER.sub(value_of, text)
