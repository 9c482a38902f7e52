# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one interface behind which every source of measurements is asked.

PRIVATE to the collection. To add a provider: see docs/add-a-metric-provider.md.
A provider asks and understands; it decides nothing.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Series

Memory = t.Dict[str, t.Any]
"""What a provider keeps from one look for the next, as JSON has it."""


class Provider(t.Protocol):
    """A source of measurements.

    A provider is built for one metric from a task's settings, without asking anything.
    """

    def check(self, query: str) -> None:
        """Refuse what can be no query, without asking; raises InvalidOption."""

    def check_counter(self, query: str) -> None:
        """Refuse a query that does not yield counters as they are, without asking; raises InvalidOption."""

    def measure(self, queries: t.Sequence[str]) -> t.List[t.List[Series]]:
        """What each of *queries* yields now, as nearly as may be at one instant; empty where there is no data.

        :raises ProviderUnreachable: it does not answer, after the retries
        :raises ProviderRefused: it answers that it cannot do what is asked
        :raises BadMeasurement: its answer is not of the published form
        :raises NothingYet: a query is about the time between two looks, and this is the first
        """


@t.runtime_checkable
class Remembering(t.Protocol):
    """A provider with something to hand to the next part of an analysis."""

    def memory(self) -> Memory:
        """What it keeps."""

    def recall(self, memory: Memory) -> None:
        """Go on from it; raises KeyError, TypeError, ValueError or AttributeError where it is no such memory."""


@t.runtime_checkable
class LookingBack(t.Protocol):
    """A provider whose queries say over which time they look back."""

    def looks_back(self, query: str) -> float:
        """Over how many seconds, without asking; 0 where it is an instant."""


class NothingYet(Exception):
    """No measurement could be made yet, and nothing is wrong: the look is not counted."""
