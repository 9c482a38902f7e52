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


def severity_of(event: t.Mapping[str, t.Any]) -> Severity:
    """Of an event as :func:`cloudevent` makes it."""
    data = event["data"]
    kind = event["type"].removeprefix(PREFIX)
    if kind == "alert.raised":
        return "error" if data["severity"] == "critical" else "warning"
    if kind == "host.failed" or data.get("outcome") == "failed":
        return "error"
    if kind == "rollout.moved":
        return {"frozen": "error", "rolled_back": "error", "aborting": "error", "paused": "warning"}.get(
            data.get("status", ""), "info"
        )  # type: ignore[return-value]
    if kind == "health.checked":
        return {"unhealthy": "error", "degraded": "warning"}.get(data["status"], "info")  # type: ignore[return-value]
    if kind == "analysis.judged":
        return {"failed": "error", "inconclusive": "warning"}.get(data["verdict"], "info")  # type: ignore[return-value]
    return "info"
