# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task may say of one type of provider: a table for the registry, so that none of it is said twice.

PRIVATE to the collection.
"""

from __future__ import annotations

import dataclasses
import math
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.interface import Provider
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._http_options import Options, Params

ADDRESS: Options = {"address": {"type": "str"}}
LOOK_BACK: Options = {"look_back": {"type": "float"}}
"""For what answers with values over a time, of which the newest counts."""
_LOOK_BACK = 300.0


@dataclasses.dataclass(frozen=True)
class Kind:
    """One type of provider.

    :param build: makes it from what a task says
    :param options: those that it takes, beside ``PATIENCE``
    :param needs: those of them that it cannot do without
    """

    build: t.Callable[[Params], Provider]
    options: Options
    needs: t.Sequence[str] = ()


def need_text(query: str) -> None:
    """Refuse a query of nothing; raises InvalidOption."""
    if not query.strip():
        raise InvalidOption("there is no query")


def seconds_back(params: Params) -> float:
    """How long a query looks back; raises InvalidOption."""
    seconds = _LOOK_BACK if params["look_back"] is None else params["look_back"]
    if not 1 <= seconds < math.inf:
        raise InvalidOption("look_back: {0:g} is not a number of seconds, 1 or more".format(seconds))
    return float(seconds)
