# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be asked of pages of metrics, and what cannot."""

from __future__ import annotations

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.page_query import (
    Quantile,
    Rate,
    Values,
    parse_query,
    selectors_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption


@pytest.mark.parametrize(
    ("text", "kind", "names"),
    [
        ("up", Values, ["up"]),
        ('up{pool="a"}', Values, ["up"]),
        ('requests_total{path="/a(b)",code=~"5.."}', Values, ["requests_total"]),
        ("rate(requests_total)", Rate, ["requests_total"]),
        (' rate( requests_total{code=~"(4|5).."} ) ', Rate, ["requests_total"]),
        ('rate(bad_total{path="a/b"})/rate(all_total)', Rate, ["bad_total", "all_total"]),
        ("rate(seconds_sum{a='}'}) / rate(seconds_count{ })", Rate, ["seconds_sum", "seconds_count"]),
        ('histogram_quantile(0.99, seconds_bucket{pool="a",le!="1"})', Quantile, ["seconds_bucket"]),
        ("histogram_quantile( .5 ,seconds_bucket )", Quantile, ["seconds_bucket"]),
    ],
)
def test_what_a_query_asks(text: str, kind: type, names: list[str]) -> None:
    query = parse_query(text)
    assert isinstance(query, kind)
    assert [selector.name for selector in selectors_of(query)] == names


def test_the_matchers_of_each_selector_are_its_own() -> None:
    query = parse_query('rate(r{code="5",pool="a"}) / rate(r{pool="a"})')
    bad, whole = selectors_of(query)
    assert whole.selects("r", {"code": "2", "pool": "a"})
    assert not bad.selects("r", {"code": "2", "pool": "a"})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sum(rate(requests_total))", "it must be a selector, rate(selector), rate(selector) / rate(selector)"),
        ("rate(requests_total", "it must be a selector, rate"),
        ("rate()", "it must be a selector, rate"),
        ("rate(a) + rate(b)", "it must be a selector, rate"),
        ("rate(a) / b", "it must be a selector, rate"),
        ("rate(a)/rate(b)/rate(c)", "it must be a selector, rate"),
        ("a / b", "'a / b' is no selector"),
        ("requests_total[5m]", "leave out the brackets; the window is the time between two looks"),
        ("rate(requests_total[5m])", "leave out the brackets"),
        ('rate(requests_total{code="5"}[5m])', "leave out the brackets"),
        ('rate(requests_total{code="5})', "is no query"),
        ("rate(requests_total{code})", "is no selector, from 'code' on"),
        ("histogram_quantile(0.99, seconds)", "seconds are no buckets of a histogram"),
        ("histogram_quantile(99, seconds_bucket)", "a quantile of 99 is not between 0 and 1"),
        ("histogram_quantile(1.0, seconds_bucket)", "a quantile of 1.0 is not between"),
        ("histogram_quantile(0, seconds_bucket)", "a quantile of 0 is not between"),
        ("histogram_quantile(0.9.9, seconds_bucket)", "a quantile of 0.9.9 is not between"),
        ("histogram_quantile(seconds_bucket)", "it must be a selector, rate"),
        ("", "is no selector"),
    ],
)
def test_what_is_no_query_is_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidOption) as refusal:
        parse_query(text)
    assert says in refusal.value.message
