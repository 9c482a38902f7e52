# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments in queries: ``{{ app }}``, ``{{ pool }}``, ``{{ release }}``, ``{{ window }}`` and those that a task gives.

PRIVATE to the collection. Pure. They are filled in before anything is asked,
and one that has no value is refused: a query with a hole in it would measure
something else, or nothing, for ever.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

_PLACE = re.compile(r"\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")


def filled(query: str, arguments: t.Mapping[str, str], option: str) -> str:
    """*query* with each argument's value in its places.

    :param option: where the query was given, for the message
    :raises InvalidOption: an argument has no value, or a place holds something else than a name
    """

    def value(place: t.Match[str]) -> str:
        name = place.group(1)
        if not _NAME.match(name):
            raise InvalidOption("{0}: {1!r} is no name of an argument".format(option, name))
        if name not in arguments:
            known = ", ".join(sorted(arguments)) or "none"
            raise InvalidOption("{0}: the argument {1} has no value; there are {2}".format(option, name, known))
        return arguments[name]

    whole = _PLACE.sub(value, query)
    left = _PLACE.sub("", query)
    if "{{" in left or "}}" in left:
        raise InvalidOption("{0}: {1!r} has braces that are not closed".format(option, query))
    return whole
