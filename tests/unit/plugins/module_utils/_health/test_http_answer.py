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

from ansible_collections.progressive.delivery.plugins.module_utils._expression import compiled
from ansible_collections.progressive.delivery.plugins.module_utils._health.http_answer import (
    Answer,
    Expectation,
    problem,
)


def problem_with(body: bytes, *expressions: str, complete: bool = True) -> str | None:
    conditions = tuple(compiled(expression, "conditions") for expression in expressions)
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


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"{", b"[" * 100_000])
def test_a_body_that_is_not_json_meets_no_condition(body) -> None:
    assert problem_with(body, "a").startswith("the body is not JSON: ")


@given(body=st.binary(max_size=200), status=st.integers(100, 599))
def test_whatever_comes_back_is_judged(body, status) -> None:
    expectation = Expectation(frozenset({200}), {}, re.compile("x"), (compiled("a.b", "conditions"),))

    assert problem(Answer(status, {}, body), expectation) is not None or status == 200
