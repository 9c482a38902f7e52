# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same work done twice in one play: by one task of ours, and by a loop of somebody else's module."""

from __future__ import annotations

import dataclasses
import statistics
import typing as t

OUR_RUNS = 3
"""How often our task runs; the median counts."""


@dataclasses.dataclass(frozen=True)
class Row:
    """One comparison.

    :param items: what our task did in one call
    :param seconds: the median of its runs
    :param rival_items: what the rival's loop went through in ``rival_seconds``
    :param hold: how many times faster we promise to be
    """

    what: str
    items: int
    seconds: float
    rival: str
    rival_items: int
    rival_seconds: float
    hold: int

    @property
    def rival_seconds_for_all(self) -> float:
        """What the loop takes for as many items as our task did; each takes it as long as the others."""
        return self.rival_seconds / self.rival_items * self.items

    @property
    def ratio(self) -> float:
        """How many times faster we are."""
        return self.rival_seconds_for_all / self.seconds


def ours(name: str, task: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """Our *task* as often as it is timed."""
    return [{"name": f"{name} {number}", **task} for number in range(OUR_RUNS)]


def median(seconds: dict[str, float], name: str) -> float:
    """The median of our task's runs."""
    return statistics.median(seconds[f"{name} {number}"] for number in range(OUR_RUNS))
