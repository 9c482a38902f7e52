# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a time that a task gives is one to wait.

PRIVATE to the collection. Pure: no I/O.
"""

from __future__ import annotations

import math

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption


def check_seconds(option: str, seconds: float) -> None:
    """Refuse a time below 0, without end, or that is not a number; raises InvalidOption."""
    if not 0 <= seconds < math.inf:
        raise InvalidOption("{0} is {1:g}; it must be a number of seconds, 0 or more".format(option, seconds))
