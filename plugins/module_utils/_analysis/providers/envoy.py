# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Envoy's statistics: its admin interface shows them in Prometheus' format, over a port or a socket.

PRIVATE to the collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.balancer_pages import (
    LocalSocket,
    kind_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.pages import Sample, samples

_PAGE = "/stats/prometheus"


def _read(place: LocalSocket) -> t.Iterator[Sample]:
    return samples(place.get(_PAGE))


KIND = kind_of("Envoy", _PAGE, _read)
