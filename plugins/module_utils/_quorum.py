# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many of a number must be healthy: C(all), a count or a percentage.

PRIVATE to the collection. Shared by the areas, so that every option ``quorum`` means the same.
"""

from __future__ import annotations

import re
from fractions import Fraction

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

_COUNT = re.compile(r"[0-9]+")
_PERCENTAGE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?%")


def needed(quorum: str, members: int, option: str = "quorum") -> int:
    """How many of ``members`` the quorum asks for, at least one; a part of a member counts as a whole one.

    :param quorum: ``all``, a count such as ``3``, or a percentage such as ``60%``
    :param option: the option's name, for the message
    :raises InvalidOption: for anything else, and for a count that can never be reached
    """
    text = quorum.strip()
    percentage = _PERCENTAGE.fullmatch(text)
    if text == "all":
        return members
    if percentage and 0 < Fraction(percentage.group(1)) <= 100:
        share = Fraction(percentage.group(1)) * members / 100
        return -(-share.numerator // share.denominator)
    if _COUNT.fullmatch(text) and int(text) > 0:
        if int(text) > members:
            raise InvalidOption("{0} is {1}, but there are only {2} to count.".format(option, text, members))
        return int(text)
    raise InvalidOption(
        "{0} is {1!r}; it must be 'all', a count of at least 1 such as '3', or a percentage above 0 and up to 100 such as '60%'.".format(
            option, quorum
        )
    )
