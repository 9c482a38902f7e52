# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Selectors of series, in the form of Prometheus': ``name{label="value", other=~"pattern"}``.

PRIVATE to the collection. Pure. Of the query language of Prometheus this is the
instant vector selector (https://prometheus.io/docs/prometheus/latest/querying/basics/),
without functions; a pattern must match the whole value.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

_NAME = re.compile(r"\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*")
_MATCHER = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\')\s*')
_ESCAPED = re.compile(r"\\(.)")
_MEANT = {"n": "\n", "t": "\t", "r": "\r"}


@dataclasses.dataclass(frozen=True)
class Matcher:
    """One condition on a label; a label that is not there is as one that is empty."""

    label: str
    negated: bool
    pattern: t.Pattern[str]

    def holds(self, labels: t.Mapping[str, str]) -> bool:
        """Whether *labels* meet it."""
        return (self.pattern.fullmatch(labels.get(self.label, "")) is None) == self.negated


@dataclasses.dataclass(frozen=True)
class Selector:
    """Which series are meant."""

    text: str
    name: str
    matchers: t.Tuple[Matcher, ...]

    def selects(self, name: str, labels: t.Mapping[str, str]) -> bool:
        """Whether it means the series with this *name* and these *labels*."""
        return name == self.name and all(matcher.holds(labels) for matcher in self.matchers)

    def is_akin_to(self, name: str, labels: t.Mapping[str, str]) -> bool:
        """Whether a series has the name and the labels that it names, whatever their values."""
        return name == self.name and all(matcher.label in labels for matcher in self.matchers)


def parse_selector(text: str) -> Selector:
    """Understand a selector.

    :raises InvalidOption: it is none, or a pattern in it is none
    """
    named = _NAME.match(text)
    rest = text[named.end() :] if named else text
    if named is None or not (rest == "" or (rest.startswith("{") and rest.rstrip().endswith("}"))):
        raise InvalidOption("{0!r} is no selector: it must be a name and, perhaps, labels in braces".format(text))
    return Selector(text, named.group(1), tuple(_matchers(rest.rstrip()[1:-1], text)))


def _matchers(rest: str, text: str) -> t.Iterator[Matcher]:
    while rest.strip():
        found = _MATCHER.match(rest)
        if found is None:
            raise InvalidOption("{0!r} is no selector, from {1!r} on".format(text, rest.strip()))
        label, operator, quoted = found.groups()
        yield Matcher(label, operator.startswith("!"), _pattern(operator, quoted, text))
        rest = rest[found.end() :]
        if rest.strip() and not rest.startswith(","):
            raise InvalidOption("{0!r} is no selector, from {1!r} on".format(text, rest.strip()))
        rest = rest[1:]


def _pattern(operator: str, quoted: str, text: str) -> t.Pattern[str]:
    value = _ESCAPED.sub(lambda escape: _MEANT.get(escape.group(1), escape.group(1)), quoted[1:-1])
    try:
        return re.compile(value if operator.endswith("~") else re.escape(value), re.DOTALL)
    except re.error as error:
        raise InvalidOption("{0!r} holds {1!r}, which is no pattern: {2}".format(text, value, error)) from error
