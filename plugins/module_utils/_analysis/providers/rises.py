# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counters and histograms did between two readings of them.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import collections
import math
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import BadMeasurement
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Labels

Reading = t.Mapping[Labels, float]
"""Counters at one instant, as one source shows them."""

_BOUND = "le"
"""The label that tells the buckets of a histogram apart."""


def rises(before: t.Mapping[str, Reading], now: t.Mapping[str, Reading]) -> t.Dict[Labels, float]:
    """By how much each counter rose, by source.

    A counter that fell was reset, as its process began anew, and with it the other buckets of its histogram: what it counts
    now is what it rose by, at least. So is what a new counter counts, unless its source is new as well: that was counting
    before anybody looked.

    :raises BadMeasurement: a counter is negative or no number
    """
    risen: t.Dict[Labels, float] = {}
    for source, reading in now.items():
        for value in reading.values():
            if not 0 <= value < math.inf:
                raise BadMeasurement("{0!r} is no value of a counter".format(value))
        if source not in before:
            continue
        was = before[source]
        reset = {_histogram(labels) for labels, value in reading.items() if value < was.get(labels, 0.0)}
        for labels, value in reading.items():
            risen[labels] = value - (0.0 if _histogram(labels) in reset else was.get(labels, 0.0))
    return risen


def quantile(risen: t.Mapping[Labels, float], part: float) -> t.Optional[float]:
    """What *part* of all that was observed is at most, as Prometheus estimates it: evenly spread within a bucket.

    What is above the highest bound counts as that bound. None where too little was observed: a quantile of 0.99 needs a
    hundred observations, else it would be the largest of them.

    :param risen: by how much the buckets of one or more histograms rose
    :raises BadMeasurement: they are no buckets, or the histograms have different ones
    """
    buckets = _together(risen)
    total = buckets[-1][1] if buckets else 0.0
    if round(total * min(part, 1 - part), 6) < 1:
        return None
    rank = part * total
    below, lower = 0.0, min(0.0, buckets[0][0])
    for bound, count in buckets:
        if count >= rank and count > below:
            if bound == math.inf:
                return lower
            return lower + (bound - lower) * (rank - below) / (count - below)
        below, lower = max(count, below), bound if bound < math.inf else lower
    return lower


def _together(risen: t.Mapping[Labels, float]) -> t.List[t.Tuple[float, float]]:
    """Bounds in order, with how much was observed up to each."""
    histograms: t.Dict[Labels, t.Dict[float, float]] = collections.defaultdict(dict)
    for labels, value in risen.items():
        histograms[_histogram(labels)][_bound(labels)] = value
    if len({frozenset(bounds) for bounds in histograms.values()}) > 1:
        raise BadMeasurement("the histograms have different buckets, so that they cannot be put together")
    whole: t.Dict[float, float] = collections.defaultdict(float)
    for bounds in histograms.values():
        for bound, value in bounds.items():
            whole[bound] += value
    if whole and (math.inf not in whole or len(whole) < 2):
        raise BadMeasurement("the histogram needs a bucket without an upper bound, +Inf, and another one")
    return sorted(whole.items())


def _histogram(labels: Labels) -> Labels:
    return frozenset(label for label in labels if label[0] != _BOUND)


def _bound(labels: Labels) -> float:
    text = dict(labels).get(_BOUND)
    try:
        return float(text or "")
    except ValueError as error:
        raise BadMeasurement("what is no bucket has been selected: {0} is {1!r}".format(_BOUND, text)) from error
