# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""InfluxDB, through the query API that all its versions have, 1.x, 2.x and 3.x, with InfluxQL.

PRIVATE to the collection. What is asked and answered:
https://docs.influxdata.com/influxdb/v1/tools/api/#query-http-endpoint
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import (
    BadMeasurement,
    ProviderRefused,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.kind import ADDRESS, Kind
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.provider_api import ProviderApi
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Series, newest
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._http_api import Access
from ansible_collections.progressive.delivery.plugins.module_utils._http_options import HTTP, access_to

_TIME = "time"
_QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
_SELECT = re.compile(r"SELECT\b", re.IGNORECASE)
_INTO = re.compile(r"\bINTO\b", re.IGNORECASE)


class InfluxDB:
    """One database of a server; satisfies ``Provider``.

    A query is InfluxQL. Of each series, which ``GROUP BY`` makes by tags, the newest value counts; each further
    column is a series of its own.
    """

    def __init__(self, access: Access, database: str) -> None:
        self._api = ProviderApi("InfluxDB", access)
        self._database = database

    def check(self, query: str) -> None:
        """Refuse what is no SELECT, or one that writes: InfluxDB 1.x carries out whatever it is asked; raises InvalidOption."""
        statement = _QUOTED.sub("", query).strip()
        if not _SELECT.match(statement) or _INTO.search(statement) or ";" in statement.rstrip(";"):
            raise InvalidOption("{0!r} must be one SELECT, without INTO".format(query))

    def check_counter(self, query: str) -> None:
        """Any may be a counter, as far as anybody can see."""

    def measure(self, queries: t.Sequence[str]) -> t.List[t.List[Series]]:
        """The series that each query yields, one query after the other."""
        common = {"db": self._database, "epoch": "ns"}
        return [parse(self._api.json("/query", {**common, "q": query})) for query in queries]


def parse(answer: t.Any) -> t.List[Series]:
    """The series in an answer; one without a value is none.

    :raises ProviderRefused: it says that the query is wrong
    :raises BadMeasurement: it has no column of times, or is of no known form
    """
    try:
        results = answer["results"]
        said = next((result["error"] for result in results if "error" in result), None)
        if said is not None:
            raise ProviderRefused("InfluxDB refused the query: {0}".format(said))
        shown = [one for result in results for one in result.get("series", [])]
        return [series for one in shown for series in _columns(one)]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadMeasurement("InfluxDB's answer cannot be understood: {0!r}".format(error)) from error


def _columns(shown: t.Mapping[str, t.Any]) -> t.Iterator[Series]:
    """The series of each column but that of the times."""
    columns = shown["columns"]
    if _TIME not in columns:
        raise BadMeasurement("the query yields no times, but {0}; it must be a SELECT".format(", ".join(columns)))
    time = columns.index(_TIME)
    for place, column in enumerate(columns):
        value = None if place == time else newest((row[time], row[place]) for row in shown["values"])
        if value is not None:
            labels = {**shown.get("tags", {}), "name": shown.get("name", ""), "column": column}
            yield Series(frozenset(labels.items()), value)


KIND = Kind(
    build=lambda params: InfluxDB(access_to(params["address"], params), params["database"]),
    options={**ADDRESS, **HTTP, "database": {"type": "str"}},
    needs=["address", "database"],
)
