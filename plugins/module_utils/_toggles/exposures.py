# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which users saw which variant of a toggle, out of what an app has told in OpenTelemetry's conventions.

PRIVATE to the collection. Pure: no I/O. What is read is OTLP's JSON form, an
export request a line, as apps and collectors write it to files
(https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/); in it the
events ``feature_flag.evaluation``
(https://opentelemetry.io/docs/specs/semconv/feature-flags/feature-flags-events/).
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import typing as t

EVENT = "feature_flag.evaluation"
TYPE = "progressive.delivery.toggle.exposed"
"""The type of the CloudEvents that are made of them."""

_VARIANT = ("feature_flag.result.variant", "feature_flag.variant")
_REASON = ("feature_flag.result.reason", "feature_flag.evaluation.reason")
"""The name that the conventions give it, and the one that they gave it before, which SDKs still use."""


@dataclasses.dataclass(frozen=True)
class Exposure:
    """One user who got one variant.

    :param at: nanoseconds since 1970
    :param user: what the app says in place of its name, a digest say
    :param reason: why, in OpenFeature's words, in lower case
    :param resource: what the app says of itself, by the names of OpenTelemetry's conventions
    """

    at: int
    toggle: str
    variant: str
    user: str
    reason: str
    resource: t.Mapping[str, str]


def exposures_in(line: str) -> t.List[Exposure]:
    """The exposures that a line tells of; whatever else it tells of is left out.

    :raises ValueError: it is no export request of logs, or was not written to its end
    """
    try:
        document = json.loads(line)
        return [
            exposure
            for resource in document["resourceLogs"]
            for scope in resource.get("scopeLogs", ())
            for record in scope.get("logRecords", ())
            if record.get("eventName") == EVENT
            for exposure in _exposure(record, _said(resource.get("resource", {})))
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("no export request of logs: {0}".format(error)) from error


def as_event(exposure: Exposure) -> t.Dict[str, t.Any]:
    """An exposure as a CloudEvent 1.0; the same exposure has the same id whenever it is read."""
    resource = exposure.resource
    app = resource.get("service.name", "unknown")
    parts = (exposure.toggle, exposure.variant, exposure.user, str(exposure.at))
    named = {
        "environment": resource.get("deployment.environment.name"),
        "release": resource.get("service.version"),
        "host": resource.get("service.instance.id"),
    }
    return {
        "specversion": "1.0",
        "id": hashlib.sha256("\0".join((app, *parts)).encode("utf-8")).hexdigest()[:32],
        "source": "/apps/{0}".format(app),
        "type": TYPE,
        "subject": exposure.toggle,
        "time": _utc(exposure.at),
        "datacontenttype": "application/json",
        "data": {
            "app": app,
            **{name: value for name, value in named.items() if value},
            "toggle": exposure.toggle,
            "variant": exposure.variant,
            "user": exposure.user,
            "reason": exposure.reason,
        },
    }


def counted(exposures: t.Iterable[Exposure]) -> t.Dict[str, t.Dict[str, t.Dict[str, int]]]:
    """By toggle, by variant, how many ``users`` saw it and how many ``exposures`` there were."""
    users: t.Dict[str, t.Dict[str, t.Set[str]]] = {}
    numbers: t.Dict[str, t.Dict[str, t.Dict[str, int]]] = {}
    for exposure in exposures:
        seen = users.setdefault(exposure.toggle, {}).setdefault(exposure.variant, set())
        seen.add(exposure.user)
        number = numbers.setdefault(exposure.toggle, {}).setdefault(exposure.variant, {"exposures": 0})
        number["exposures"] += 1
        number["users"] = len(seen)
    return numbers


def _exposure(record: t.Mapping[str, t.Any], resource: t.Mapping[str, str]) -> t.Iterator[Exposure]:
    """The exposure that a record tells of; none where it does not say who got which variant of what."""
    said = _said(record)
    variant = next((said[name] for name in _VARIANT if name in said), None)
    reason = next((said[name] for name in _REASON if name in said), "unknown")
    toggle, user = said.get("feature_flag.key"), said.get("feature_flag.context.id")
    if toggle and variant and user:
        at = int(record.get("timeUnixNano") or record.get("observedTimeUnixNano") or 0)
        yield Exposure(at, toggle, variant, user, reason, resource)


def _said(holder: t.Mapping[str, t.Any]) -> t.Dict[str, str]:
    """The attributes of a record, or a resource, that are text."""
    return {
        attribute["key"]: attribute["value"]["stringValue"]
        for attribute in holder.get("attributes", ())
        if "stringValue" in attribute.get("value", {})
    }


def _utc(at: int) -> str:
    moment = datetime.datetime.fromtimestamp(at // 10**9, datetime.timezone.utc)
    return "{0}.{1:06d}Z".format(moment.strftime("%Y-%m-%dT%H:%M:%S"), at % 10**9 // 1000)
