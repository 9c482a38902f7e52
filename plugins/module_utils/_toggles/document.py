# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file of flagd's holds, and whether it is one.

PRIVATE to the collection. Pure: no I/O.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import (
    ToggleFileUnreadable,
    WrongToggleEnvironment,
)

EVALUATORS = "$evaluators"
Document = t.Dict[str, t.Any]


def parsed(text: str, place: str, environment: t.Optional[str] = None) -> Document:
    """The document that *text* is.

    :param place: where it stands, for messages
    :param environment: whose it is to be, where that is known
    :raises ToggleFileUnreadable: it is no JSON object with an object of flags
    :raises WrongToggleEnvironment: it is another environment's
    """
    try:
        document = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ToggleFileUnreadable("{0} cannot be read: {1}".format(place, error)) from error
    flags = document.get("flags") if isinstance(document, dict) else None
    if not isinstance(flags, dict) or not all(isinstance(flag, dict) for flag in flags.values()):
        raise ToggleFileUnreadable("{0} is not a JSON object with an object of flags".format(place))
    for field in (EVALUATORS, "metadata"):
        if not isinstance(document.get(field, {}), dict):
            raise ToggleFileUnreadable("{0}: {1} is not a JSON object".format(place, field))
    whose = document.get("metadata", {}).get("environment")
    if None not in (whose, environment) and whose != environment:
        raise WrongToggleEnvironment("environment: {0} is that of {1}, not of {2}".format(place, whose, environment))
    return t.cast(Document, document)


def _unique(pairs: t.List[t.Tuple[str, t.Any]]) -> t.Dict[str, t.Any]:
    """A JSON object; one of two equal names would be lost on writing."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _value in pairs]
        raise ValueError("it says {0!r} twice".format(next(name for name in names if names.count(name) > 1)))
    return found


def _refuse(constant: str) -> t.NoReturn:
    raise ValueError("{0} is no JSON".format(constant))
