# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Graphite, through its render API.

PRIVATE to the collection. What is asked and answered:
https://graphite.readthedocs.io/en/stable/render_api.html
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import BadMeasurement
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.kind import (
    ADDRESS,
    LOOK_BACK,
    Kind,
    need_text,
    seconds_back,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.provider_api import ProviderApi
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Series, newest
from ansible_collections.progressive.delivery.plugins.module_utils._http_api import Access
from ansible_collections.progressive.delivery.plugins.module_utils._http_options import HTTP, access_to


class Graphite:
    """A Graphite server; satisfies ``Provider``. A query is a target, of each of whose series the newest value counts.

    :param look_back: seconds in which that value must lie
    """

    def __init__(self, access: Access, look_back: float) -> None:
        self._api = ProviderApi("Graphite", access)
        self._from = "-{0:.0f}s".format(look_back)

    def check(self, query: str) -> None:
        """Leave it to Graphite, which alone knows its functions; raises InvalidOption where there is nothing."""
        need_text(query)

    def check_counter(self, query: str) -> None:
        """Any may be a counter, as far as anybody can see."""

    def measure(self, queries: t.Sequence[str]) -> t.List[t.List[Series]]:
        """The series that each target has, one target after the other."""
        when = {"from": self._from, "until": "now", "format": "json"}
        return [parse(self._api.json("/render", {"target": query, **when})) for query in queries]


def parse(answer: t.Any) -> t.List[Series]:
    """The series in an answer; one without a value is none.

    :raises BadMeasurement: it is of no known form
    """
    if not isinstance(answer, list):
        raise BadMeasurement("Graphite's answer cannot be understood: it is no list")
    try:
        found = [
            (
                {**{str(name): str(of) for name, of in one.get("tags", {}).items()}, "target": one["target"]},
                newest((when, value) for value, when in one["datapoints"]),
            )
            for one in answer
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadMeasurement("Graphite's answer cannot be understood: {0!r}".format(error)) from error
    return [Series(frozenset(labels.items()), value) for labels, value in found if value is not None]


KIND = Kind(
    build=lambda params: Graphite(access_to(params["address"], params), seconds_back(params)),
    options={**ADDRESS, **HTTP, **LOOK_BACK},
    needs=["address"],
)
