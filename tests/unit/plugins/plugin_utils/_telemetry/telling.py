# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events of a delivery, as the callback makes them."""

from __future__ import annotations

import types
import typing as t

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.alerting.alerting import Alerting
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.cloudevents import cloudevent
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.model import (
    HostEnded,
    PlayBegan,
    RunBegan,
    RunEnded,
    TaskBegan,
)
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.recording import Recording

LABELS = types.MappingProxyType(
    {"environment": "production", "team": "search", "job": "42", "controller": "https://awx.example.com"}
)
ABOUT = {"app": "shop", "rollout": "shop-7", "release": "1.1.0"}
ROLLOUT = {"strategy": "canary", "from": "1.0.0", "to": "1.1.0", "pool": "green", "created_at": 1002.0}


def said(kind: str, about: t.Mapping[str, str] | None = None, **facts: t.Any) -> dict[str, t.Any]:
    """What a module said."""
    return {"kind": kind, "about": about or {}, "facts": facts}


def moved(status: str, action: str = "", **more: t.Any) -> dict[str, t.Any]:
    """What the module rollout said."""
    return said("rollout.moved", ABOUT, status=status, next=action, **ROLLOUT, **more)


def told(
    *sayings: t.Mapping[str, t.Any],
    run: str = "r1",
    labels: t.Mapping[str, str] = LABELS,
    at: float = 1000.0,
    failed: bool = False,
    alerting: Alerting | None = None,
) -> list[dict[str, t.Any]]:
    """The events of a run with one task for each of *sayings*, of a second each, the last of which may fail."""
    seen: list[t.Any] = [RunBegan(run, at, "canary.yml", False, labels), PlayBegan(at + 1, "Deliver")]
    for number, each in enumerate(sayings):
        began = at + 2 + number
        outcome = "failed" if failed and number == len(sayings) - 1 else "changed"
        seen += [
            TaskBegan(began, f"t{number}", each["kind"], "progressive.delivery.rollout", "rollout"),
            HostEnded(began + 1, f"t{number}", "web1", outcome, began, said=(each,)),
        ]
    seen.append(RunEnded(at + 10, {"web1": {"ok": len(sayings), "failures": int(failed)}}))
    recording = Recording()
    made = (event for each in seen for event in recording.events(each))
    return [cloudevent(each) for event in made for each in (event, *(alerting.events(event) if alerting else ()))]
