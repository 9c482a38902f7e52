# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judgement of an HTTP answer."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._health import http_answer
from ansible_collections.progressive.delivery.plugins.module_utils._health.http_answer import (
    Answer,
    Expectation,
    condition,
    problem,
)
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary


def problem_with(body: bytes, *expressions: str, complete: bool = True) -> str | None:
    conditions = tuple(condition(expression, "ready") for expression in expressions)
    return problem(Answer(200, {}, body, complete), Expectation(frozenset({200}), {}, conditions=conditions))


@pytest.mark.parametrize("value", [True, 0, 1.5, "down", [0], {"a": None}])
def test_a_condition_that_yields_something_holds(value) -> None:
    assert problem_with(json.dumps({"value": value}).encode(), "value") is None


@pytest.mark.parametrize("value", [False, None, "", [], {}])
def test_a_condition_that_yields_nothing_does_not(value) -> None:
    assert problem_with(json.dumps({"value": value}).encode(), "value") == (
        f"condition 'value' yields {json.dumps(value)}"
    )


def test_every_condition_must_hold() -> None:
    body = b'{"a": 1, "b": 2}'

    assert problem_with(body, "a == `1`", "b == `2`") is None
    assert problem_with(body, "a == `1`", "b == `3`") == "condition 'b == `3`' yields false"


def test_a_condition_on_the_wrong_type_does_not_hold() -> None:
    wrong = problem_with(b'{"a": null}', "length(a) > `0`")

    assert wrong.startswith("condition 'length(a) > `0`' cannot be applied: ")
    assert "\n" not in wrong


@pytest.mark.parametrize(
    ("body", "expression"),
    [
        (b'{"items": [1]}', "items[::0]"),
        (b'{"x": NaN}', "ceil(x)"),
        (b'{"x": 1e999}', "floor(x) > `0`"),
        (b'{"x": [1' + b"0" * 400 + b", 1]}", "avg(x)"),
    ],
)
def test_a_condition_that_python_cannot_work_out_does_not_hold(body, expression) -> None:
    wrong = problem_with(body, expression)

    assert wrong.startswith(f"condition {expression!r} cannot be applied: ")


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
    with pytest.raises(InvalidOption, match=re.escape(f"{expression!r} is not valid JMESPath: {wrong}")):
        condition(expression, "ready")


@pytest.mark.parametrize(
    "expression", ["merge(a, b, c)", "a[1:2:-1] | [0]", "length(a[::2])", "not_null(a, b)", '`{"lenght": 1}`', "@"]
)
def test_what_can_be_applied_is_taken(expression) -> None:
    assert condition(expression, "ready").expression == expression


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"{", b"[" * 100_000])
def test_a_body_that_is_not_json_meets_no_condition(body) -> None:
    assert problem_with(body, "a").startswith("the body is not JSON: ")


@given(body=st.binary(max_size=200), status=st.integers(100, 599))
def test_whatever_comes_back_is_judged(body, status) -> None:
    expectation = Expectation(frozenset({200}), {}, re.compile("x"), (condition("a.b", "ready"),))

    assert problem(Answer(status, {}, body), expectation) is not None or status == 200


def test_a_condition_without_jmespath_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_answer, "jmespath", None)

    with pytest.raises(MissingLibrary, match="jmespath"):
        condition("a", "ready")
