# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prometheus, and what speaks its query API: Thanos, Mimir, VictoriaMetrics.

PRIVATE to the collection.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import (
    BadMeasurement,
    ProviderRefused,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.kind import (
    ADDRESS,
    Kind,
    need_text,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.provider_api import ProviderApi
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.selector import parse_selector
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Series
from ansible_collections.progressive.delivery.plugins.module_utils._http_api import Access
from ansible_collections.progressive.delivery.plugins.module_utils._http_options import HTTP, access_to

_QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`""")
_WINDOW = re.compile(r"\[([^\]:]*)")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdwy]?)")
_UNITS = {"ms": 0.001, "": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}
"""Of durations, https://prometheus.io/docs/prometheus/latest/querying/basics/#float-literals-and-time-durations."""


class Prometheus:
    """A Prometheus server; satisfies ``Provider`` and ``LookingBack``. A query is PromQL that yields a vector or a scalar."""

    def __init__(self, access: Access) -> None:
        self._api = ProviderApi("Prometheus", access)

    def check(self, query: str) -> None:
        """Leave it to Prometheus, which alone knows its language; raises InvalidOption where there is nothing."""
        need_text(query)

    def check_counter(self, query: str) -> None:
        """Refuse what is no selector: a sum or a rate hides that a process began anew; raises InvalidOption."""
        parse_selector(query)

    def looks_back(self, query: str) -> float:
        """The longest of its windows in brackets."""
        windows = _WINDOW.findall(_QUOTED.sub("", query))
        return max(
            (sum(float(of) * _UNITS[unit] for of, unit in _DURATION.findall(one)) for one in windows), default=0.0
        )

    def measure(self, queries: t.Sequence[str]) -> t.List[t.List[Series]]:
        """The series that each query yields at one instant, the server's now; a scalar is one without labels."""
        found: t.List[t.List[Series]] = []
        instant: t.Optional[str] = None
        for query in queries:
            # The first answer that has anything says which instant that was: the clock here may be another one.
            at = {"query": query} if instant is None else {"query": query, "time": instant}
            answer = self._api.json("/api/v1/query", at)
            found.append(parse(answer))
            instant = instant or instant_of(answer)
        return found


def parse(answer: t.Any) -> t.List[Series]:
    """The series in an answer to an instant query, as Prometheus' HTTP API documents it.

    :raises ProviderRefused: it says that it failed
    :raises BadMeasurement: it is a matrix or a string, or of no known form
    """
    try:
        if answer["status"] != "success":
            raise ProviderRefused("Prometheus refused the query: {0}".format(answer.get("error", "no reason given")))
        kind, result = answer["data"]["resultType"], answer["data"]["result"]
        if kind == "scalar":
            return [Series(frozenset(), float(result[1]))]
        if kind == "vector":
            return [Series(frozenset(one["metric"].items()), float(one["value"][1])) for one in result]
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise BadMeasurement("Prometheus' answer cannot be understood: {0!r}".format(error)) from error
    raise BadMeasurement("the query yields a {0}; it must yield a vector or a scalar".format(kind))


def instant_of(answer: t.Any) -> t.Optional[str]:
    """When the query of an answer that :func:`parse` takes was evaluated, in seconds since the epoch; None where it has no series.

    :raises BadMeasurement: that is no time
    """
    data = answer["data"]
    values = [data["result"]] if data["resultType"] == "scalar" else [one["value"] for one in data["result"]]
    try:
        return "{0:.3f}".format(float(values[0][0])) if values else None
    except (TypeError, ValueError) as error:
        raise BadMeasurement("Prometheus' answer cannot be understood: {0!r}".format(error)) from error


KIND = Kind(
    build=lambda params: Prometheus(access_to(params["address"], params)),
    options={**ADDRESS, **HTTP},
    needs=["address"],
)
