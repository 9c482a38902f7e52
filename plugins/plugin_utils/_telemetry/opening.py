# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the callback's options mean, and what there is to say at the end.

PRIVATE to the collection.
"""

from __future__ import annotations

import time

from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.alerting.alerting import (
    Alerting,
    Settings,
)
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.alerting.working_hours import (
    working_hours,
)
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.backlog import Backlog
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.options import Options
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.outlet import Outlet
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.shipping import Shipping
from ansible_collections.progressive.delivery.plugins.plugin_utils._telemetry.sinks.registry import sink_at


def shipping(options: Options) -> Shipping:
    """The thread with its outlets.

    :raises InvalidOption: a sink's address means none, or working hours are none
    :raises MissingLibrary: a library that a sink needs is not installed
    """
    hours = working_hours(options.working_hours)
    outlets = [
        Outlet(sink_at(address), Backlog(options.backlog, address, options.backlog_bytes), time.monotonic)
        for address in dict.fromkeys(options.sinks)
    ]
    return Shipping(outlets, Alerting(Settings(hours, options.runbooks, options.inventory)))


def summary(done: Shipping) -> list[str]:
    """What went where, a line a sink."""
    lines = []
    for outlet in done.outlets:
        tally = outlet.tally
        parts = ["{0} shipped".format(tally.shipped)]
        parts += ["{0} kept for the next run".format(tally.kept)] if tally.kept else []
        parts += ["{0} lost, as {1}".format(tally.lost, tally.why_lost)] if tally.lost else []
        parts += ["{0} refused".format(tally.refused)] if tally.refused else []
        why = " ({0})".format(tally.why) if tally.why and (tally.kept or tally.lost or tally.refused) else ""
        lines.append("telemetry: {0}: {1}{2}".format(outlet.sink.name, ", ".join(parts), why))
    if done.unseen:
        lines.append("telemetry: {0} observations came too fast, and are missing".format(done.unseen))
    return lines
