# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a series of attempts is a verdict: counts in a row, times, quorum.

PRIVATE to the collection.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._health.validation import require_seconds

_LEEWAY = 1.0
"""Seconds for attempts that end a little late, as on a busy machine."""


@dataclass(frozen=True)
class Policy:
    """How attempts become a verdict. Times are in seconds.

    :param rise: passes in a row that make a check healthy
    :param fall: failures in a row that make it unhealthy
    :param interval: from the start of an attempt to the start of the next one of the same check
    :param deadline: how long the targets have to become healthy
    :param hold: how long they must then stay healthy
    :param quorum: how many targets must be healthy
    :param wait: whether to go on asking while they are unhealthy
    :param timeout: how long any attempt may take
    :raises InvalidOption: for values that cannot mean anything, alone or together
    """

    rise: int = 1
    fall: int = 1
    interval: float = 1.0
    deadline: float = 60.0
    hold: float = 0.0
    quorum: int = 1
    wait: bool = True
    timeout: float = 5.0

    def __post_init__(self) -> None:
        for option in ("rise", "fall"):
            if getattr(self, option) < 1:
                raise InvalidOption("{0} is {1}; it must be at least 1.".format(option, getattr(self, option)))
        for option in ("interval", "deadline", "timeout"):
            require_seconds(getattr(self, option), option)
        if not 0 <= self.hold < math.inf:
            raise InvalidOption("hold is {0}; it must be a number of seconds, 0 or more.".format(self.hold))
        self._require_time_to_rise()
        self._require_time_to_fall()

    @property
    def settling(self) -> float:
        """How long after the hold a target that only begins to fail can take until it has fallen."""
        return self.fall * max(self.interval, self.timeout) + _LEEWAY

    def _require_time_to_rise(self) -> None:
        least = (self.rise - 1) * self.interval
        if least >= self.deadline:
            raise InvalidOption(
                "rise is {0} with an interval of {1:g} s, which takes at least {2:g} s; the deadline of {3:g} s would always come first.".format(
                    self.rise, self.interval, least, self.deadline
                )
            )

    def _require_time_to_fall(self) -> None:
        least = self.fall * self.interval
        if 0 < self.hold < least:
            raise InvalidOption(
                "fall is {0} with an interval of {1:g} s, so it takes at least {2:g} s to see a target fall; a hold of {3:g} s is too short.".format(
                    self.fall, self.interval, least, self.hold
                )
            )
