# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When requests are due. The load is an open one: it does not slow down because answers do."""

from __future__ import annotations


class Pace:
    """Hands out instants ``1 / rate`` seconds apart, beginning at ``start``.

    :param rate: requests a second
    :param start: the first instant, in seconds of any clock
    :param limit: how many there are; None is for ever
    """

    def __init__(self, rate: float, start: float, limit: int | None = None) -> None:
        self._rate = rate
        self._start = start
        self._limit = limit
        self._taken = 0

    def take(self) -> float | None:
        """The next instant; None when there are no more."""
        if self._taken == self._limit:
            return None
        # From the start each time: adding up intervals would add up their rounding.
        due = self._start + self._taken / self._rate
        self._taken += 1
        return due
