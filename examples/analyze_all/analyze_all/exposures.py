# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which user saw which variant of a toggle, as OpenTelemetry's event ``feature_flag.evaluation``.

A line of the file is one export request in OTLP's JSON form, which a collector reads as it is
(https://opentelemetry.io/docs/specs/semconv/feature-flags/feature-flags-events/,
https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/). Users are in it by a digest of
their name only, and once for each variant that they saw.
"""

from __future__ import annotations

import collections
import hashlib
import json
import pathlib
import time
import typing as t

from openfeature.flag_evaluation import FlagEvaluationDetails
from openfeature.hook import Hook, HookContext, HookHints

EVENT = "feature_flag.evaluation"
MOST_KNOWN = 100_000
"""How many exposures are remembered; what was forgotten may be told again."""


class Exposures(Hook):
    """Appends each exposure to a file.

    :param resource: what the service says of itself, by the names of OpenTelemetry's conventions
    """

    def __init__(self, path: pathlib.Path, resource: t.Mapping[str, str]) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._resource = {"attributes": _attributes(resource)}
        self._known: collections.OrderedDict[tuple[str, ...], None] = collections.OrderedDict()

    def after(self, hook_context: HookContext, details: FlagEvaluationDetails[t.Any], hints: HookHints) -> None:
        """Tell of one evaluation, if it is new."""
        del hints
        user, variant = hook_context.evaluation_context.targeting_key, details.variant
        if user is None or variant is None or self._is_known((details.flag_key, variant, user)):
            return
        provider = hook_context.provider_metadata
        said = {
            "feature_flag.key": details.flag_key,
            "feature_flag.result.variant": variant,
            "feature_flag.result.reason": str(details.reason or "unknown").lower(),
            "feature_flag.context.id": hashlib.sha256(user.encode()).hexdigest(),
            "feature_flag.provider.name": provider.name if provider else "unknown",
        }
        record = {
            "timeUnixNano": str(time.time_ns()),
            "eventName": EVENT,
            "attributes": _attributes(said),
        }
        scope = {"scope": {"name": "analyze_all"}, "logRecords": [record]}
        line = {"resourceLogs": [{"resource": self._resource, "scopeLogs": [scope]}]}
        self._file.write(json.dumps(line, separators=(",", ":")) + "\n")

    def _is_known(self, exposure: tuple[str, ...]) -> bool:
        known = exposure in self._known
        self._known[exposure] = None
        self._known.move_to_end(exposure)
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return known


def _attributes(said: t.Mapping[str, str]) -> list[dict[str, t.Any]]:
    return [{"key": name, "value": {"stringValue": value}} for name, value in said.items()]
