# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much an event matters to who reads logs.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.cloudevents import PREFIX

Severity = t.Literal["info", "warning", "error"]


_BY_FIELD: t.Mapping[str, tuple[str, t.Mapping[str, Severity]]] = {
    "alert.raised": ("severity", {"critical": "error", "warning": "warning"}),
    "host.failed": ("outcome", {"failed": "error", "unreachable": "error"}),
    "run.ended": ("outcome", {"failed": "error"}),
    "rollout.moved": (
        "status",
        {"frozen": "error", "rolled_back": "error", "aborting": "error", "paused": "warning"},
    ),
    "health.checked": ("status", {"unhealthy": "error", "degraded": "warning"}),
    "analysis.judged": ("verdict", {"failed": "error", "inconclusive": "warning"}),
}
"""By kind of event, the field that tells, and what it tells where that is not info."""


def severity_of(event: t.Mapping[str, t.Any]) -> Severity:
    """Of an event as :func:`cloudevent` makes it."""
    field, severities = _BY_FIELD.get(event["type"].removeprefix(PREFIX), ("", {}))
    return severities.get(event["data"].get(field, ""), "info")
