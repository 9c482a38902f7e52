# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an inventory says, and whether it can be meant.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption


def need_known(given: t.Any, known: t.Collection[str], where: str) -> None:
    """
    :raises InvalidOption: *given*, which stands at *where*, is no dictionary, or has what is not *known*
    """
    if not isinstance(given, dict):
        raise InvalidOption("{0}: it must have {1}".format(where, ", ".join(sorted(known))))
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise InvalidOption("{0}: there is no {1}; there are {2}".format(where, unknown[0], ", ".join(sorted(known))))


def name_of(given: t.Any, where: str) -> str:
    """
    :raises InvalidOption: *given*, which stands at *where*, is no name
    """
    if not isinstance(given, str) or not given:
        raise InvalidOption("{0}: {1!r} is no name".format(where, given))
    return given
