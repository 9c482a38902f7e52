# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an analysis that is made in parts hands from one part to the next.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.watch import Timetable
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.whole.interface import Whole
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

SCHEMA = 2


def dump(whole: Whole, timetable: Timetable) -> t.Dict[str, t.Any]:
    """All that was seen, as JSON has it."""
    return {
        "schema": SCHEMA,
        "elapsed": timetable.elapsed,
        "due": dict(timetable.due),
        "metrics": {metric.name: metric.state() for metric in whole.metrics},
        "whole": whole.state(),
    }


def restore(state: t.Mapping[str, t.Any], whole: Whole) -> Timetable:
    """Let all metrics go on from *state*; those that it does not know begin anew.

    :returns: how far the analysis was
    :raises InvalidOption: it is no state that :func:`dump` wrote
    """
    if not state:
        return Timetable()
    try:
        if state["schema"] != SCHEMA:
            raise InvalidOption("state: it has schema {0}; this version reads {1}".format(state["schema"], SCHEMA))
        for metric in whole.metrics:
            if metric.name in state["metrics"]:
                metric.restore(state["metrics"][metric.name])
        whole.restore(state["whole"])
        known = {metric.name for metric in whole.metrics}
        due = {name: float(when) for name, when in state["due"].items() if name in known}
        return Timetable(float(state["elapsed"]), due)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidOption(
            "state: it is not what an earlier part of an analysis returned: {0!r}".format(error)
        ) from error
