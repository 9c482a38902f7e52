# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The instances' own metrics, read from each of them: no database of metrics is needed.

PRIVATE to the collection.
"""

from __future__ import annotations

import concurrent.futures
import functools
import typing as t
import urllib.parse

try:
    from prometheus_client.parser import text_string_to_metric_families
except ImportError:
    CAN_PARSE = False
else:
    CAN_PARSE = True

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import BadMeasurement
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.http_api import Access, HttpApi
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.selector import (
    Selector,
    parse_selector,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Series
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary

_AT_ONCE = 32
"""Instances that are read at the same time."""


class Scrape:
    """All instances of all pools; satisfies ``Provider``.

    A query is a selector. Each series has the labels ``pool`` and ``instance``, in place of
    its own of these names. For one look each instance is read once, whatever is asked.

    :param targets: by pool, where each instance shows its metrics
    """

    def __init__(self, targets: t.Mapping[str, t.Sequence[Access]]) -> None:
        if not CAN_PARSE:
            raise MissingLibrary("prometheus_client")
        if not targets or not all(targets.values()):
            raise InvalidOption("targets: each pool needs at least one address of its instances' metrics")
        self._instances = [_Instance(pool, access) for pool, accesses in targets.items() for access in accesses]

    def check(self, query: str) -> None:
        """Refuse what is no selector; raises InvalidOption."""
        parse_selector(query)

    def measure(self, queries: t.Sequence[str]) -> t.List[t.List[Series]]:
        """The series that each selector means, of all instances, which are read at the same time."""
        selectors = [parse_selector(query) for query in queries]
        with concurrent.futures.ThreadPoolExecutor(min(_AT_ONCE, len(self._instances))) as pool:
            read = list(pool.map(functools.partial(_Instance.read, selectors=selectors), self._instances))
        return [[series for found in read for series in found[place]] for place in range(len(queries))]


class _Instance:
    """One instance of a pool."""

    def __init__(self, pool: str, access: Access) -> None:
        url = urllib.parse.urlsplit(access.address)
        self._labels = {"pool": pool, "instance": url.netloc}
        self._api = HttpApi("{0} of pool {1}".format(url.netloc, pool), access)

    def read(self, selectors: t.Sequence[Selector]) -> t.List[t.List[Series]]:
        """The series that each selector means of this instance."""
        found: t.List[t.List[Series]] = [[] for _selector in selectors]
        for name, labels, value in samples(self._api.text("")):
            whole = {**labels, **self._labels}
            for place, selector in enumerate(selectors):
                if selector.selects(name, whole):
                    found[place].append(Series(frozenset(whole.items()), value))
        return found


def samples(text: str) -> t.Iterator[t.Tuple[str, t.Mapping[str, str], float]]:
    """The samples in Prometheus' text format: name, labels and value.

    :raises BadMeasurement: it is not of that format
    """
    try:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                yield sample.name, sample.labels, float(sample.value)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise BadMeasurement("what an instance shows is not Prometheus' text format: {0}".format(error)) from error
