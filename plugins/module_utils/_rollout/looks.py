# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which parts an action watches what it is about.

PRIVATE to the collection. Pure. Health and metrics are asked one after the
other, and a long action would have its health seen only at its beginning.
"""

from __future__ import annotations

import math
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._rollout.model import Action

LONGEST = 15.0
"""Seconds for which, at most, metrics are asked without a look at health."""


def looks(action: Action) -> t.Tuple[float, ...]:
    """The parts of the action's time, in seconds; one where nothing is asked but health, which is held all the time."""
    if not action.analysis and not action.background:
        return (action.seconds,)
    number = max(1, math.ceil(action.seconds / LONGEST))
    return (action.seconds / number,) * number
