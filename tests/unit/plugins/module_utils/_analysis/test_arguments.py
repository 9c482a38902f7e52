# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments that are filled into queries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._analysis.arguments import filled
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption

ARGUMENTS = {"app": "shop", "pool": "canary", "window": "30s"}


def test_every_place_is_filled_and_other_braces_are_left() -> None:
    query = 'sum(rate(errors{app="{{ app }}",pool="{{pool}}"}[{{ window }}])) / sum(rate(all{pool="{{ pool }}"}[{{window}}]))'
    assert filled(query, ARGUMENTS, "query") == (
        'sum(rate(errors{app="shop",pool="canary"}[30s])) / sum(rate(all{pool="canary"}[30s]))'
    )


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("up{{ release }}", "query of errors: the argument release has no value; there are app, pool, window"),
        ("up{{ args.pool }}", "'args.pool' is no name of an argument"),
        ("up{{ }}", "'' is no name of an argument"),
        ("up{{ pool", "has braces that are not closed"),
        ("up pool }}", "has braces that are not closed"),
        ("up{{ {{ pool }} }}", "is no name of an argument"),
    ],
)
def test_what_has_no_value_is_refused(query: str, says: str) -> None:
    with pytest.raises(InvalidOption) as refusal:
        filled(query, ARGUMENTS, "query of errors")
    assert says in refusal.value.message


@given(st.text(max_size=30), st.text(max_size=30))
def test_values_are_taken_as_they_are(value: str, around: str) -> None:
    """Also one that looks like a place, or like a pattern's group."""
    around = around.replace("{", "").replace("}", "")
    assert filled(around + "{{ pool }}" + around, {"pool": value}, "query") == around + value + around
