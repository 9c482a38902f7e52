# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sums in the forms in which Prometheus' world reads them.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import typing as t

try:
    from prometheus_client import exposition
    from prometheus_client.metrics_core import Metric as Family
except ImportError:
    CAN_EXPOSE = False
else:
    CAN_EXPOSE = True

from ansible_collections.progressive.delivery.plugins.module_utils._metrics.model import Distribution, Sum
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary


def families(sums: t.Iterable[Sum]) -> t.List[Family]:
    """One a metric, with its samples, in order of names.

    :raises MissingLibrary: prometheus_client is not installed
    """
    if not CAN_EXPOSE:
        raise MissingLibrary("prometheus_client")
    found: t.Dict[str, Family] = {}
    for each in sums:
        metric, labels = each.metric, dict(each.labels)
        base = metric.name[: -len("_total")] if metric.kind == "counter" else metric.name
        family = found.setdefault(metric.name, Family(base, metric.about, metric.kind))
        if isinstance(each.value, Distribution):
            for bound, count in each.value.cumulative:
                family.add_sample(base + "_bucket", {**labels, "le": bound}, count, each.at)
            family.add_sample(base + "_sum", labels, each.value.total, each.at)
            family.add_sample(base + "_count", labels, each.value.count, each.at)
        else:
            family.add_sample(metric.name, labels, each.value, each.at)
    return [found[name] for name in sorted(found)]


def text(sums: t.Iterable[Sum]) -> bytes:
    """In Prometheus' text format, without times, which whoever is scraped must not tell; raises MissingLibrary."""
    shown = []
    for family in families(sums):
        timeless = Family(family.name, family.documentation, family.type)
        for sample in family.samples:
            timeless.add_sample(sample.name, sample.labels, sample.value)
        shown.append(timeless)
    return exposition.generate_latest(t.cast(t.Any, _Collected(shown)))


class _Collected:
    """What prometheus_client takes for a registry."""

    def __init__(self, found: t.Sequence[Family]) -> None:
        self._found = found

    def collect(self) -> t.Sequence[Family]:
        return self._found
