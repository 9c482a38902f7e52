# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which providers there are.

PRIVATE to the collection.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.http_api import Access
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.interface import Provider
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.prometheus import Prometheus

PROVIDERS: t.Mapping[str, t.Callable[[Access], Provider]] = {
    "prometheus": Prometheus,
}
