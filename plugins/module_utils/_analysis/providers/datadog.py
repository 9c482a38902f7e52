# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Datadog, through version 1 of its API for timeseries, in which a query may calculate.

PRIVATE to the collection. What is asked and answered:
https://docs.datadoghq.com/api/latest/metrics/#query-timeseries-points
"""

from __future__ import annotations

import time
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import (
    BadMeasurement,
    ProviderRefused,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.kind import (
    ADDRESS,
    LOOK_BACK,
    Kind,
    need_text,
    seconds_back,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.provider_api import ProviderApi
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Series, newest
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._http_api import Access
from ansible_collections.progressive.delivery.plugins.module_utils._http_options import HTTP, access_to

_KEYS = ("DD-API-KEY", "DD-APPLICATION-KEY")


class Datadog:
    """One of Datadog's sites; satisfies ``Provider``. Of each series that a query yields the newest value counts.

    :param look_back: seconds in which that value must lie
    :param clock: what time it is, in seconds since 1970
    :raises InvalidOption: a key is not among the headers
    """

    def __init__(self, access: Access, look_back: float, clock: t.Callable[[], float] = time.time) -> None:
        sent = {name.upper() for name in access.headers}
        for key in _KEYS:
            if key not in sent:
                raise InvalidOption("provider: type datadog needs the header {0}; give it as a secret".format(key))
        self._api = ProviderApi("Datadog", access)
        self._look_back = look_back
        self._clock = clock

    def check(self, query: str) -> None:
        """Leave it to Datadog, which alone knows its language; raises InvalidOption where there is nothing."""
        need_text(query)

    def check_counter(self, query: str) -> None:
        """Refuse all: its counts are of an interval each, and begin anew with the next."""
        raise InvalidOption(
            "{0!r} is no counter, as Datadog counts each interval anew; compare with value".format(query)
        )

    def measure(self, queries: t.Sequence[str]) -> t.List[t.List[Series]]:
        """The series that each query yields, one query after the other."""
        now = self._clock()
        span = {"from": "{0:.0f}".format(now - self._look_back), "to": "{0:.0f}".format(now)}
        return [parse(self._api.json("/api/v1/query", {**span, "query": query})) for query in queries]


def parse(answer: t.Any) -> t.List[Series]:
    """The series in an answer; one without a value is none.

    :raises ProviderRefused: it says that the query is wrong
    :raises BadMeasurement: it is of no known form
    """
    try:
        if answer.get("status", "ok") != "ok" or answer.get("error"):
            raise ProviderRefused("Datadog refused the query: {0}".format(answer.get("error") or "no reason given"))
        found = [
            ({"metric": one["metric"], "scope": one["scope"]}, newest(map(tuple, one["pointlist"])))
            for one in answer["series"]
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadMeasurement("Datadog's answer cannot be understood: {0!r}".format(error)) from error
    return [Series(frozenset(labels.items()), value) for labels, value in found if value is not None]


KIND = Kind(
    build=lambda params: Datadog(access_to(params["address"], params), seconds_back(params)),
    options={**ADDRESS, **HTTP, **LOOK_BACK},
    needs=["address"],
)
