# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong with alerts and silences.

PRIVATE to the collection.
"""

from __future__ import annotations

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError


class AlertmanagerUnreachable(DeliveryError):
    """No Alertmanager of those that were named answers."""

    code = "alertmanager-unreachable"
    remedy = "see that it runs and can be reached from the machine that asks, and run again"


class AlertmanagerRefused(DeliveryError):
    """Alertmanager answers that it does not do it."""

    code = "alertmanager-refused"
    remedy = "look at what it says; nothing was changed there"


class AlertmanagerUnreadable(DeliveryError):
    """What answers in place of an Alertmanager does not speak version 2 of its API."""

    code = "alertmanager-unreadable"
    remedy = "see that the address is right, up to the path before /api/v2"


class NotTaken(DeliveryError):
    """Alertmanager said yes, and does not show afterwards what it was given."""

    code = "alert-not-taken"
    remedy = "look at its log and its clock, and run again"


class NotNotified(DeliveryError):
    """A notification could not be delivered."""

    code = "not-notified"
    remedy = "look at the address of the service, and at what it says of this account"
