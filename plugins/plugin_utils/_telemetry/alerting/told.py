# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alert events as Alertmanager and people get them.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._alerts.model import SEVERITIES, Alert, ended
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.cloudevents import PREFIX
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.metrics import moment

_OF_RUNS = frozenset(("job", "controller", "project_revision"))
"""Labels that another run has others of, and so may not tell an alert from others."""
_Event = t.Mapping[str, t.Any]
_Key = tuple[tuple[str, str], ...]
SOURCE = "progressive.delivery"
"""The label by which our alerts are known."""


def is_raised(event: _Event) -> bool:
    """Whether it raises an alert."""
    return bool(event["type"] == PREFIX + "alert.raised")


def is_resolved(event: _Event) -> bool:
    """Whether it ends one."""
    return bool(event["type"] == PREFIX + "alert.resolved")


def explained(event: _Event) -> dict[str, str]:
    """What there is to say of an alert that is raised."""
    data = event["data"]
    told = {name: data[name] for name in ("summary", "description", "runbook") if data.get(name)}
    if data["commands"]:
        told["command"] = "\n".join(data["commands"])
    told |= {name: data["labels"][name] for name in sorted(_OF_RUNS) if data["labels"].get(name)}
    return told


def labels(event: _Event) -> dict[str, str]:
    """What tells the alert from others, but for its severity."""
    data = event["data"]
    found = {name: value for name, value in data["labels"].items() if name not in _OF_RUNS}
    found |= {"alertname": data["alert"], "source": SOURCE, **data["by"]}
    return found | ({"app": data["app"]} if data.get("app") else {})


def to_tell(shipment: t.Iterable[_Event], known: t.Iterable[Alert]) -> list[Alert]:
    """What Alertmanager is to be told, of which *known* are those that it has.

    A trouble that is over ends its alert in whatever severity it was raised, by whichever run, and so does one that is
    raised in another severity.
    """
    lasting = {_key(alert.labels): alert for alert in known}
    told: dict[_Key, Alert] = {}
    for event in shipment:
        if not (is_raised(event) or is_resolved(event)):
            continue
        base, at = labels(event), moment(event)
        wanted = _key({**base, "severity": event["data"]["severity"]}) if is_raised(event) else None
        for severity in SEVERITIES:
            key = _key({**base, "severity": severity})
            if key in lasting and key != wanted:
                told[key] = ended(lasting.pop(key), at)
        if wanted is not None:
            lasting[wanted] = told[wanted] = Alert(dict(wanted), explained(event), at, event["data"]["ends"])
    return list(told.values())


def _key(found: t.Mapping[str, str]) -> _Key:
    return tuple(sorted(found.items()))
