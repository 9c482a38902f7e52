# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Selectors, which mean what they mean to Prometheus."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.providers.selector import parse_selector
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

LABELS = {"code": "500", "method": "GET", "path": '/a"b'}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("requests_total", True),
        (" requests_total {} ", True),
        ("requests", False),
        ('requests_total{code="500"}', True),
        ('requests_total{code="50"}', False),
        ('requests_total{code=~"5.."}', True),
        ('requests_total{code=~"5."}', False),
        ('requests_total{code=~"4..|5.."}', True),
        ('requests_total{code!="200",method="GET"}', True),
        ('requests_total{code!="500"}', False),
        ('requests_total{code!~"2.."}', True),
        ('requests_total{code!~"[45].."}', False),
        ("requests_total{ code = '500' , method = 'GET' , }", True),
        ('requests_total{path="/a\\"b"}', True),
        ('requests_total{host=""}', True),
        ('requests_total{host!=""}', False),
        ('requests_total{code="5.."}', False),
        ('requests_total{code="500",code=~".*"}', True),
    ],
)
def test_what_a_selector_means(text: str, expected: bool) -> None:
    assert parse_selector(text).selects("requests_total", LABELS) is expected


@given(st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), st.text(max_size=8)))
def test_labels_that_are_written_out_are_selected(labels: dict) -> None:
    quoted = (
        '{0}="{1}"'.format(name, re.sub(r'(["\\])', r"\\\1", value).replace("\n", "\\n"))
        for name, value in labels.items()
    )
    assert parse_selector("up{" + ",".join(quoted) + "}").selects("up", labels)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is no selector: it must be a name"),
        ("sum(requests_total)", "is no selector: it must be a name"),
        ("requests_total[5m]", "is no selector: it must be a name"),
        ('requests_total{code="500"', "is no selector: it must be a name"),
        ('{code="500"}', "is no selector: it must be a name"),
        ("requests_total{code}", "from 'code' on"),
        ("requests_total{code=500}", "from 'code=500' on"),
        ('requests_total{code="500" method="GET"}', "from 'method=\"GET\"' on"),
        ('requests_total{code=~"["}', "holds '[', which is no pattern"),
    ],
)
def test_what_is_no_selector_is_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidOption) as refusal:
        parse_selector(text)
    assert says in refusal.value.message
