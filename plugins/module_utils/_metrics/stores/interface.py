# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one interface behind which every place is that measurements are sent to.

PRIVATE to the collection. A driver a kind of place. To add another, write its
file and name it in ``registry.py``.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._metrics.model import Point, Sums


class Store(t.Protocol):
    """A place that measurements are sent to."""

    def put(self, sums: Sums, points: t.Sequence[Point]) -> None:
        """Let it have these; when this returns it has them, as far as it tells.

        :param sums: all so far, *points* among them, for what holds values
        :param points: those that are new, for what adds up by itself
        :raises StoreUnreachable: it does not answer
        :raises StoreRefused: it does not take them
        """
