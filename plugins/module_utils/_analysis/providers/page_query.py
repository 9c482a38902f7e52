# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be asked of pages of metrics: values as they are, and what counters did between two looks.

PRIVATE to the collection. Pure. The forms are a few of Prometheus' language. There
is no window in brackets, as the time between two looks is the window:

    selector
    rate(selector)
    rate(selector) / rate(selector)
    histogram_quantile(0.99, selector)
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.selector import (
    Selector,
    parse_selector,
)
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

_SELECTOR = r"""([^{}()/,"']+(?:\{(?:[^{}"']|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')*\})?\s*(?:\[[^\]]*\])?\s*)"""
_RATE = r"\s*rate\({0}\)\s*".format(_SELECTOR)
_RATES = re.compile(r"{0}(?:/{0})?\Z".format(_RATE))
_QUANTILE = re.compile(r"\s*histogram_quantile\(\s*([0-9.]+)\s*,{0}\)\s*\Z".format(_SELECTOR))
_FORMS = "a selector, rate(selector), rate(selector) / rate(selector) or histogram_quantile(0.99, selector)"


@dataclasses.dataclass(frozen=True)
class Values:
    """Series as they are."""

    selector: Selector


@dataclasses.dataclass(frozen=True)
class Rate:
    """By how much a second counters rose, all together; divided by what others did, where there is such."""

    selector: Selector
    divisor: t.Optional[Selector] = None


@dataclasses.dataclass(frozen=True)
class Quantile:
    """What so large a part of what a histogram observed is at most, all its series together."""

    selector: Selector
    part: float


Query = t.Union[Values, Rate, Quantile]


def parse_query(text: str) -> Query:
    """Understand a query.

    :raises InvalidOption: it has none of the forms
    """
    rates, quantile = _RATES.match(text), _QUANTILE.match(text)
    if rates:
        divisor = rates.group(2)
        return Rate(_selector(rates.group(1)), _selector(divisor) if divisor else None)
    if quantile:
        return Quantile(_buckets(_selector(quantile.group(2))), _part(quantile.group(1)))
    if "(" in text.partition("{")[0]:
        raise InvalidOption("{0!r} is no query; it must be {1}".format(text, _FORMS))
    return Values(_selector(text))


def selectors_of(query: Query) -> t.List[Selector]:
    """The selectors that it names."""
    divisor = query.divisor if isinstance(query, Rate) else None
    return [query.selector] + ([divisor] if divisor else [])


def _selector(text: str) -> Selector:
    if text.rstrip().endswith("]"):
        raise InvalidOption("{0!r}: leave out the brackets; the window is the time between two looks".format(text))
    return parse_selector(text)


def _buckets(selector: Selector) -> Selector:
    if not selector.name.endswith("_bucket"):
        raise InvalidOption("{0} are no buckets of a histogram; their name ends in _bucket".format(selector.name))
    return selector


def _part(text: str) -> float:
    try:
        part = float(text)
    except ValueError:
        part = 0.0
    if not 0 < part < 1:
        raise InvalidOption("a quantile of {0} is not between 0 and 1".format(text))
    return part
