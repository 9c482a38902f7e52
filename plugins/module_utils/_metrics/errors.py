# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong where measurements are sent to.

PRIVATE to the collection.
"""

from __future__ import annotations

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError
from ansible_collections.progressive.delivery.plugins.module_utils._http_api import HttpApi


class StoreUnreachable(DeliveryError):
    """What measurements are sent to does not answer."""

    code = "metric-store-unreachable"
    remedy = "see that it runs and can be reached from the machine that sends, and run again"


class StoreRefused(DeliveryError):
    """What measurements are sent to answers that it does not take them."""

    code = "metric-store-refused"
    remedy = "look at what it says, and at what it lets this user do"


class StoreUnreadable(DeliveryError):
    """What measurements are sent to answers as nothing does that takes them."""

    code = "metric-store-unreadable"
    remedy = "see that the address is right"


class StoreApi(HttpApi):
    """What stores that speak HTTP are asked through."""

    UNREACHABLE = StoreUnreachable
    REFUSED = StoreRefused
    UNREADABLE = StoreUnreadable
