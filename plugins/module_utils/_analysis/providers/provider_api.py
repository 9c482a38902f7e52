# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API of a provider, with the failures of measurements.

PRIVATE to the collection.
"""

from __future__ import annotations

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import (
    BadMeasurement,
    ProviderRefused,
    ProviderUnreachable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._http_api import HttpApi


class ProviderApi(HttpApi):
    """What providers that speak HTTP are asked through."""

    UNREACHABLE = ProviderUnreachable
    REFUSED = ProviderRefused
    UNREADABLE = BadMeasurement
