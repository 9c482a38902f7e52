# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events in the form of CloudEvents 1.0 (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md).

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.model import Event

PREFIX = "progressive.delivery."
SOURCE = "urn:progressive.delivery:run"


def cloudevent(event: Event) -> dict[str, t.Any]:
    """The event as a JSON object.

    Its source and its id together are unique, so who gets it twice can tell. Its subject is the app, or the host, or
    missing where it is about neither.
    """
    subject = event.about.get("app") or event.about.get("host")
    return {
        "specversion": "1.0",
        "id": event.identifier,
        "source": SOURCE,
        "type": PREFIX + event.kind,
        "time": datetime.datetime.fromtimestamp(event.at, datetime.timezone.utc).isoformat().replace("+00:00", "Z"),
        **({"subject": subject} if subject else {}),
        "datacontenttype": "application/json",
        "data": {**event.about, **event.facts, "labels": dict(event.labels)},
    }
