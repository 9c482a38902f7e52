# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong with a measurement or a verdict.

PRIVATE to the collection.
"""

from __future__ import annotations

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError


class BadMeasurement(DeliveryError):
    """What a provider returned is not what the metric asks for."""

    code = "bad-measurement"
    remedy = "look at the metric's query; it is counted as an error of the measurement, not of the release"


class ProviderUnreachable(DeliveryError):
    """A source of measurements does not answer."""

    code = "provider-unreachable"
    remedy = "see that it runs and can be reached from the machine that asks; it is no verdict on the release"


class ProviderRefused(DeliveryError):
    """A source of measurements answers that it cannot do what is asked."""

    code = "provider-refused"
    remedy = "look at the query, and at what the provider lets this user do; it is no verdict on the release"
