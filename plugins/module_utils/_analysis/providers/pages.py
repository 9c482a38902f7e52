# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of metrics, read from each source at every look: no database of metrics is needed.

PRIVATE to the collection. Who shows them and how is said by ``scrape.py``,
``haproxy.py`` and ``envoy.py``; what can be asked, by ``page_query.py``.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import functools
import time
import typing as t

try:
    from prometheus_client.parser import text_string_to_metric_families
except ImportError:
    CAN_PARSE = False
else:
    CAN_PARSE = True

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.errors import BadMeasurement
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.interface import (
    Memory,
    NothingYet,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.page_query import (
    Quantile,
    Query,
    Rate,
    Values,
    parse_query,
    selectors_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.rises import (
    Reading,
    quantile,
    rises,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.selector import (
    Selector,
    parse_selector,
)
from ansible_collections.progressive.delivery.plugins.module_utils._analysis.series import Series, counters
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary

_AT_ONCE = 32
"""Sources that are read at the same time."""

Sample = t.Tuple[str, t.Mapping[str, str], float]
"""Name, labels and value."""

Readings = t.Dict[str, t.Dict[str, Reading]]
"""Counters by the text of the selector, and by source."""


@dataclasses.dataclass(frozen=True)
class Source:
    """What shows one page.

    :param labels: what all its series are labelled with, in place of their own labels of these names
    :param read: the samples that it shows now
    """

    labels: t.Mapping[str, str]
    read: t.Callable[[], t.Iterable[Sample]]

    @property
    def name(self) -> str:
        """What tells it from the others."""
        return " ".join(self.labels[label] for label in sorted(self.labels))


@dataclasses.dataclass(frozen=True)
class _Found:
    """What one selector means on one page.

    :param akin: whether the page has series of that name with the labels that the selector names, whatever their values
    """

    series: t.List[Series]
    akin: bool


class Pages:
    """All sources together; satisfies ``Provider`` and ``Remembering``. For one look each is read once, whatever is asked.

    The time of a look is that since the last one in which every query measured something.

    :param clock: what time it is, in seconds, by a clock that the machines of all parts of an analysis share
    :raises MissingLibrary: prometheus_client is not installed
    :raises InvalidOption: two sources cannot be told apart, so that one would not be seen
    """

    def __init__(self, sources: t.Sequence[Source], clock: t.Callable[[], float] = time.time) -> None:
        if not CAN_PARSE:
            raise MissingLibrary("prometheus_client")
        names = [source.name for source in sources]
        for name in names:
            if names.count(name) > 1:
                said = "provider: two of those that are read are {0}; each needs a host or a port of its own"
                raise InvalidOption(said.format(name))
        self._sources = sources
        self._clock = clock
        self._since: t.Optional[float] = None
        self._counted: Readings = {}

    def check(self, query: str) -> None:
        """Refuse what has none of the forms; raises InvalidOption."""
        parse_query(query)

    def check_counter(self, query: str) -> None:
        """Refuse what is no selector: a rate hides that a process began anew; raises InvalidOption."""
        parse_selector(query)

    def measure(self, queries: t.Sequence[str]) -> t.List[t.List[Series]]:
        """What each query yields of all sources, which are read at the same time."""
        asked = [parse_query(query) for query in queries]
        selectors = [selector for query in asked for selector in selectors_of(query)]
        now = self._clock()
        with concurrent.futures.ThreadPoolExecutor(min(_AT_ONCE, len(self._sources))) as pool:
            pages = list(pool.map(functools.partial(_read, selectors=selectors), self._sources))
        found = {
            selector.text: {source.name: page[place] for source, page in zip(self._sources, pages)}
            for place, selector in enumerate(selectors)
        }
        counted: Readings = {
            selector.text: {source: counters(one.series) for source, one in found[selector.text].items()}
            for query in asked
            if not isinstance(query, Values)
            for selector in selectors_of(query)
        }
        if counted and (self._since is None or now <= self._since or counted.keys() - self._counted.keys()):
            self._since, self._counted = now, counted
            raise NothingYet
        look = _Look(found, counted, self._counted, 0.0 if self._since is None else now - self._since)
        answers = [look.answer(query) for query in asked]
        if all(answers):
            self._since, self._counted = now, counted
        else:
            # The look goes on; a source that is new counts from what it shows now.
            self._counted = {text: {**counted[text], **self._counted[text]} for text in counted}
        return answers

    def memory(self) -> Memory:
        return {
            "since": self._since,
            "counted": {
                text: {
                    source: [[sorted(labels), value] for labels, value in reading.items()]
                    for source, reading in sources.items()
                }
                for text, sources in self._counted.items()
            },
        }

    def recall(self, memory: Memory) -> None:
        since = memory["since"]
        self._since = None if since is None else float(since)
        self._counted = {
            text: {
                source: {frozenset((name, of) for name, of in labels): float(value) for labels, value in reading}
                for source, reading in sources.items()
            }
            for text, sources in memory["counted"].items()
        }


@dataclasses.dataclass(frozen=True)
class _Look:
    """One look at all sources.

    :param found: what is shown, by the text of the selector and by source
    :param counted: of that, the counters
    :param before: what these were when the time of the look began
    :param seconds: how long ago that is
    """

    found: t.Mapping[str, t.Mapping[str, _Found]]
    counted: Readings
    before: Readings
    seconds: float

    def answer(self, query: Query) -> t.List[Series]:
        """What a query yields."""
        if isinstance(query, Values):
            return [series for one in self.found[query.selector.text].values() for series in one.series]
        value = self._quantile(query) if isinstance(query, Quantile) else self._rate(query)
        return [] if value is None else [Series(frozenset(), value)]

    def _quantile(self, query: Quantile) -> t.Optional[float]:
        text = query.selector.text
        return quantile(rises(self.before[text], self.counted[text]), query.part)

    def _rate(self, query: Rate) -> t.Optional[float]:
        risen = self._rise(query.selector)
        if query.divisor is None:
            return None if risen is None else risen / self.seconds
        whole = self._rise(query.divisor)
        if not whole:
            return None
        if risen is None and any(one.akin for one in self.found[query.selector.text].values()):
            # What has never happened has no counter yet, an error of a kind say.
            return 0.0
        return None if risen is None else risen / whole

    def _rise(self, selector: Selector) -> t.Optional[float]:
        """By how much all of its counters rose together, None where there are none."""
        risen = rises(self.before[selector.text], self.counted[selector.text])
        return sum(risen.values()) if risen else None


def _read(source: Source, selectors: t.Sequence[Selector]) -> t.List[_Found]:
    """What each selector means of a source."""
    found: t.List[t.List[Series]] = [[] for _selector in selectors]
    akin = [False] * len(selectors)
    for name, labels, value in source.read():
        whole = {**labels, **source.labels}
        for place, selector in enumerate(selectors):
            if selector.selects(name, whole):
                found[place].append(Series(frozenset(whole.items()), value))
            akin[place] = akin[place] or selector.is_akin_to(name, whole)
    return [_Found(*one) for one in zip(found, akin)]


def samples(text: str) -> t.Iterator[Sample]:
    """The samples in Prometheus' text format.

    :raises BadMeasurement: it is not of that format
    """
    # The parser gives a counter, if it is told that it is one, a name that ends in _total; here the name counts that is shown.
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#")) + "\n"
    try:
        for family in text_string_to_metric_families(lines):
            for sample in family.samples:
                yield sample.name, sample.labels, float(sample.value)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise BadMeasurement("what is shown is not Prometheus' text format: {0}".format(error)) from error
