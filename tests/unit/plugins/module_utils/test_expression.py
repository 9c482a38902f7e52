# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Expressions that can never be applied, and those that do not fit."""

from __future__ import annotations

import re

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils import _expression
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._expression import CannotApply, compiled
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary


@pytest.mark.parametrize(
    ("expression", "wrong"),
    [
        ("lenght(a)", "there is no function lenght(); there are abs, avg, "),
        ("a[?lenght(b) > `0`]", "there is no function lenght()"),
        ("{x: lenght(a)}", "there is no function lenght()"),
        ("sort_by(a, &lenght(b))", "there is no function lenght()"),
        ("length(a, b)", "length() takes 1 argument, not 2"),
        ("contains(a)", "contains() takes 2 arguments, not 1"),
        ("a || not_null()", "not_null() takes at least 1 argument, not 0"),
        ("a =", ""),
    ],
)
def test_what_can_never_be_applied_is_refused(expression, wrong) -> None:
    with pytest.raises(InvalidOption, match=re.escape(f"success: {expression!r} is not valid JMESPath: {wrong}")):
        compiled(expression, "success")


@pytest.mark.parametrize(
    "expression", ["merge(a, b, c)", "a[1:2:-1] | [0]", "length(a[::2])", "not_null(a, b)", '`{"lenght": 1}`', "@"]
)
def test_what_can_be_applied_is_taken(expression) -> None:
    assert compiled(expression, "success").text == expression


def test_what_it_yields_and_what_it_does_not_fit() -> None:
    assert compiled("a.b", "success").apply({"a": {"b": 3}}) == 3
    with pytest.raises(CannotApply, match="^In function length"):
        compiled("length(a)", "success").apply({"a": None})


def test_an_expression_without_jmespath_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_expression, "jmespath", None)

    with pytest.raises(MissingLibrary, match="jmespath"):
        compiled("a", "success")
