# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Misbehaves on purpose, as the release's manifest asks.

Only analyses suffer. Health, readiness and metrics go on telling the truth,
because a release whose health endpoint fails is the easy case.
"""

from __future__ import annotations

import asyncio
import random

from analyze_all.manifest import Faults


class InjectedError(Exception):
    """This analysis was chosen to fail."""


class FaultInjector:
    """Carries out a manifest's faults, one analysis at a time.

    :param faults: what to do
    :param seed: makes the choice of the analyses that fail repeatable, and where they begin when they come evenly
    """

    def __init__(self, faults: Faults, seed: int | None = None) -> None:
        self._faults = faults
        self._random = random.Random(seed)
        # Instances that begin together are not to fail together.
        self._owed = self._random.random() if faults.errors_evenly else 0.0
        self._leaked: list[bytes] = []

    async def strike(self, by_ai: bool = False) -> None:
        """Take the time, and the memory, that one analysis costs in this release.

        :param by_ai: whether it is on the AI path
        :raises InjectedError: this analysis is one of those that fail
        """
        if self._faults.leak_bytes_per_request:
            # Written, not merely reserved: untouched pages would not count as resident.
            self._leaked.append(b"\xff" * self._faults.leak_bytes_per_request)
        if self._faults.latency_ms:
            await asyncio.sleep(self._faults.latency_ms / 1000)
        if by_ai and self._random.random() < self._faults.ai_error_rate:
            raise InjectedError(f"this release fails {self._faults.ai_error_rate:.2%} of its AI's analyses on purpose")
        if self._fails():
            raise InjectedError(f"this release fails {self._faults.error_rate:.2%} of its analyses on purpose")

    def _fails(self) -> bool:
        """Whether this analysis is one of those that fail."""
        if not self._faults.errors_evenly:
            return self._random.random() < self._faults.error_rate
        self._owed += self._faults.error_rate
        if self._owed < 1:
            return False
        self._owed -= 1
        return True
