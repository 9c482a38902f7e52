# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the callback's options mean, and what it says at its end.

PRIVATE to the collection.
"""

from __future__ import annotations

import collections.abc
import re
import time

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry import said
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.alerting.alerting import (
    Alerting,
    Settings,
)
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.backlog import Backlog
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.outlet import Outlet
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.shipping import Shipping
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.registry import sink_at

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_OF_AWX = {"JOB_ID": "job", "AWX_HOST": "controller", "PROJECT_REVISION": "project_revision"}
"""The variables that AWX sets in a job, and the labels that they become."""


def labels(given: collections.abc.Iterable[str], environment: collections.abc.Mapping[str, str]) -> dict[str, str]:
    """The labels of a run, those of AWX among them.

    :raises InvalidOption: one is not C(name=value)
    """
    found = {label: environment[name] for name, label in _OF_AWX.items() if environment.get(name)}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not _NAME.match(name):
            raise InvalidOption(
                "labels: {0!r} is not such as team=search, with a name of small letters, digits and _".format(text)
            )
        found[name] = value
    return found


def shipping(sinks: collections.abc.Iterable[str], backlog: str, limit: int, settings: Settings) -> Shipping:
    """The thread with its outlets.

    :param settings: of alerts
    :raises InvalidOption: a sink's address means none
    :raises MissingLibrary: a library that it needs is not installed
    """
    said.check()
    return Shipping(
        [
            Outlet(sink_at(address), Backlog(backlog, address, limit), time.monotonic)
            for address in dict.fromkeys(sinks)
        ],
        Alerting(settings),
    )


def summary(done: Shipping) -> list[str]:
    """What went where, a line a sink."""
    lines = []
    for outlet in done.outlets:
        tally = outlet.tally
        parts = ["{0} shipped".format(tally.shipped)]
        parts += ["{0} kept for the next run".format(tally.kept)] if tally.kept else []
        parts += ["{0} lost, as the backlog is full".format(tally.lost)] if tally.lost else []
        parts += ["{0} refused".format(tally.refused)] if tally.refused else []
        why = " ({0})".format(tally.why) if tally.why and (tally.kept or tally.lost or tally.refused) else ""
        lines.append("telemetry: {0}: {1}{2}".format(outlet.sink.name, ", ".join(parts), why))
    if done.unseen:
        lines.append("telemetry: {0} observations came too fast, and are missing".format(done.unseen))
    return lines
