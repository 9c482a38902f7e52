# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a health check cannot be made at all, as against a target in bad health.

PRIVATE to the collection.
"""

from __future__ import annotations

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError


class CannotCheckHere(DeliveryError):
    """A check needs something of the checking machine that is not there: a command, a file of the system."""

    code = "cannot-check-here"
    remedy = "run the module on the machine that the check is about, or leave the check out"
