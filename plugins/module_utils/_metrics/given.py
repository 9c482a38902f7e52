# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measurements as a task gives them.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import math
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._metrics.model import (
    SECONDS,
    Metric,
    Point,
    labels_of,
)

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")
_LABEL = re.compile(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*\Z")


def points_of(given: t.Sequence[t.Mapping[str, t.Any]], at: float) -> t.List[Point]:
    """The points of the option ``metrics``, all of one moment.

    :raises InvalidOption: one cannot be meant, which is told by its place
    """
    if not given:
        raise InvalidOption("metrics: there are none")
    points: t.List[Point] = []
    known: t.Dict[str, Metric] = {}
    for place, each in enumerate(given, start=1):
        where = "metrics: number {0}, {1}".format(place, each["name"])
        metric = _metric(each, where)
        if known.setdefault(metric.name, metric) != metric:
            raise InvalidOption("{0}: another of them has the name {1} and is not the same".format(where, metric.name))
        labels = {name: str(value) for name, value in each["labels"].items()}
        odd = [name for name in labels if not _LABEL.match(name) or name == "le"]
        if odd:
            raise InvalidOption("{0}: {1!r} is no name of a label".format(where, odd[0]))
        points += [Point(metric, value, at, labels_of(labels)) for value in _values(each, where)]
    return points


def _metric(each: t.Mapping[str, t.Any], where: str) -> Metric:
    kind, name = each["kind"], each["name"]
    for ending in (each["unit"], "total" if kind == "counter" else None):
        if ending and not name.endswith("_" + ending):
            name += "_" + ending
    if not _NAME.match(name):
        raise InvalidOption("{0}: {1!r} is no name: letters, digits and _, and no digit first".format(where, name))
    bounds: t.Tuple[float, ...] = ()
    if kind == "histogram":
        bounds = SECONDS if each["buckets"] is None else tuple(each["buckets"])
        if not bounds or list(bounds) != sorted(set(bounds)) or not all(map(math.isfinite, bounds)):
            raise InvalidOption("{0}: buckets: {1} do not rise from number to number".format(where, list(bounds)))
    elif each["buckets"] is not None:
        raise InvalidOption("{0}: buckets are for a histogram".format(where))
    return Metric(name, kind, each["about"] or name, bounds)


def _values(each: t.Mapping[str, t.Any], where: str) -> t.List[float]:
    wanted, other = ("observations", "value") if each["kind"] == "histogram" else ("value", "observations")
    if each[wanted] is None or each[other] is not None:
        raise InvalidOption("{0}: a {1} takes {2}, and not {3}".format(where, each["kind"], wanted, other))
    values = each[wanted] if wanted == "observations" else [each[wanted]]
    if each["kind"] == "counter" and not values[0] >= 0:
        raise InvalidOption("{0}: a counter does not fall, and {1:g} is below 0".format(where, values[0]))
    if each["kind"] == "histogram" and not values:
        raise InvalidOption("{0}: observations: there are none".format(where))
    if not all(map(math.isfinite, values)):
        raise InvalidOption("{0}: {1} must be numbers".format(where, wanted))
    return list(values)
