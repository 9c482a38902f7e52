# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the last few seconds went: requests and errors in a sliding window."""

from __future__ import annotations

import collections
import dataclasses

SLOTS = 50
"""Into how many slots the window is cut. It slides by one slot at a time."""


@dataclasses.dataclass(frozen=True)
class RecentCount:
    """What a window held at one instant."""

    window_seconds: float
    total: int
    errors: int

    @property
    def error_ratio(self) -> float:
        """Errors per request, 0 to 1; no traffic is not a failure, so 0 without any."""
        return self.errors / self.total if self.total else 0.0


class RecentRequests:
    """Counts requests over the last ``window_seconds``, in constant memory.

    Time is given, in seconds of any clock that never goes back.
    """

    def __init__(self, window_seconds: float = 10.0) -> None:
        self._window_seconds = window_seconds
        # Each slot: its number, requests, errors. Newest last; slots without a request are left out.
        self._slots: collections.deque[list[int]] = collections.deque()

    def record(self, now: float, failed: bool) -> None:
        """Count a request that was answered at ``now``."""
        number = self._expire(now)
        if not self._slots or self._slots[-1][0] != number:
            self._slots.append([number, 0, 0])
        self._slots[-1][1] += 1
        self._slots[-1][2] += failed

    def count(self, now: float) -> RecentCount:
        """What happened in the window that ends at ``now``."""
        self._expire(now)
        return RecentCount(
            window_seconds=self._window_seconds,
            total=sum(slot[1] for slot in self._slots),
            errors=sum(slot[2] for slot in self._slots),
        )

    def _expire(self, now: float) -> int:
        number = int(now * SLOTS / self._window_seconds)
        while self._slots and self._slots[0][0] <= number - SLOTS:
            self._slots.popleft()
        return number
