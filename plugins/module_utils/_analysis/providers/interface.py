# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one interface behind which every source of measurements is asked.

PRIVATE to the collection. To add a provider: write ``<name>.py`` beside this
file with a class that satisfies :class:`Provider`, and name it in
``registry.py``. A provider asks and understands; it decides nothing.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Series


class Provider(t.Protocol):
    """A source of measurements.

    A provider is built from a task's settings, without I/O, and may be asked
    from several threads at once.
    """

    def check(self, query: str) -> None:
        """Refuse what can be no query, without asking; raises InvalidOption."""

    def measure(self, queries: t.Sequence[str]) -> t.List[t.List[Series]]:
        """What each of *queries* yields now, as nearly as may be at one instant; empty where there is no data.

        :raises ProviderUnreachable: it does not answer, after the retries
        :raises ProviderRefused: it answers that it cannot do what is asked
        :raises BadMeasurement: its answer is not of the published form
        """
