# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an analysis that is made in parts hands from one part to the next.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import hashlib
import json
import math
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis import trace
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.metrics.interface import Metric
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.interface import Remembering
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.watch import Timetable
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.whole.interface import Whole
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

SCHEMA = 3


def dump(whole: Whole, timetable: Timetable, ended: bool) -> t.Dict[str, t.Any]:
    """All that was seen, as JSON has it.

    :param ended: whether there is a verdict, so that this part was the last unless people want to look longer
    """
    return {
        "schema": SCHEMA,
        "ended": ended,
        "elapsed": timetable.elapsed,
        "due": dict(timetable.due),
        "metrics": {metric.name: _kept(metric) for metric in whole.metrics},
        "whole": whole.state(),
    }


def restore(state: t.Mapping[str, t.Any], whole: Whole) -> Timetable:
    """Let all metrics go on from *state*; those that it does not know, or that ask something else now, begin anew.

    :returns: how far the analysis was
    :raises InvalidOption: it is no state that :func:`dump` wrote
    """
    if not state:
        return Timetable()
    try:
        if state["schema"] != SCHEMA:
            raise InvalidOption("state: it has schema {0}; this version reads {1}".format(state["schema"], SCHEMA))
        known = [
            metric
            for metric in whole.metrics
            if metric.name in state["metrics"] and state["metrics"][metric.name]["asks"] == _digest(metric)
        ]
        for metric in known:
            _restore(metric, state["metrics"][metric.name], bool(state["ended"]))
        whole.restore(state["whole"])
        names = {metric.name for metric in known}
        due = {name: _seconds(when) for name, when in state["due"].items() if name in names}
        return Timetable(_seconds(state["elapsed"]), due)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InvalidOption(
            "state: it is not what an earlier part of an analysis returned: {0!r}".format(error)
        ) from error


def _seconds(value: t.Any) -> float:
    seconds = float(value)
    if not 0 <= seconds < math.inf:
        raise ValueError("{0} s is no time".format(seconds))
    return seconds


def _kept(metric: Metric) -> t.Dict[str, t.Any]:
    """What is handed on of one metric, and of its provider."""
    kept = {"asks": _digest(metric), "seen": metric.state(), **metric.trace.as_data()}
    return {**kept, "memory": metric.provider.memory()} if isinstance(metric.provider, Remembering) else kept


def _restore(metric: Metric, kept: t.Mapping[str, t.Any], ended: bool) -> None:
    metric.restore(kept["seen"], ended)
    metric.trace = trace.restored(kept)
    # What happened since it ended, nobody watched.
    if isinstance(metric.provider, Remembering) and "memory" in kept and not ended:
        metric.provider.recall(kept["memory"])


def _digest(metric: Metric) -> str:
    """What tells a metric from one of its name that asks something else."""
    return hashlib.sha256(json.dumps([type(metric).__name__, *metric.asks]).encode("utf-8")).hexdigest()[:16]
