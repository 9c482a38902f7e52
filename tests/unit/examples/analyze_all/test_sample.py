# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyze_all.document import fill, take_apart
from analyze_all.sample import InvalidSample, Sample, parse


def parse_json(content: object) -> Sample:
    return parse(json.dumps(content).encode())


def test_a_text() -> None:
    assert parse_json({"text": "All is well."}) == Sample(take_apart("All is well."), "text")


def test_a_template_with_values_of_any_plain_kind() -> None:
    sample = parse_json({"template": "{{ a }} {{ b }} {{ c }}", "values": {"a": "x", "b": 2, "c": 0.5}})

    assert sample == Sample(fill("{{ a }} {{ b }} {{ c }}", {"a": "x", "b": "2", "c": "0.5"}), "template")
    assert sample.document.text == "x 2 0.5"


def test_a_template_needs_no_values() -> None:
    assert parse_json({"template": "{{ a }}"}).document.unresolved == ("a",)


def test_a_labelled_sample() -> None:
    assert parse_json({"text": "All is well.", "expected": "fair"}).expected == "fair"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([], "must be a JSON object"),
        ({}, "either text, or template"),
        ({"text": "a", "template": "b"}, "either text, or template"),
        ({"text": ""}, "text must be a string with something in it"),
        ({"text": " \n"}, "text must be a string with something in it"),
        ({"template": 1}, "template must be a string"),
        ({"text": "a", "values": {}}, "values belong to a template"),
        ({"template": "a", "values": []}, "values must be an object"),
        ({"template": "a", "values": {"x": None}}, "the value of 'x' must be"),
        ({"template": "a", "values": {"x": True}}, "the value of 'x' must be"),
        ({"text": "a", "expected": "great"}, "expected is 'great'; it must be one of good, fair, poor"),
        ({"text": "a", "expected": ["good"]}, "expected is"),
        ({"text": "a", "txet": "b"}, "unknown key 'txet'; known are text"),
    ],
)
def test_what_is_no_sample_is_refused_with_a_reason(content: object, said: str) -> None:
    with pytest.raises(InvalidSample, match=said):
        parse_json(content)


@given(st.binary())
def test_no_body_does_anything_but_parse_or_be_refused(body: bytes) -> None:
    with contextlib.suppress(InvalidSample):
        parse(body)


def test_a_body_nested_beyond_reason_is_refused() -> None:
    with pytest.raises(InvalidSample):
        parse(b"[" * 60_000)


@pytest.mark.parametrize(
    "body",
    [rb'{"\ud800": 1}', rb'{"template": "a", "values": {"\ud800": null}}', rb'{"text": "a", "expected": "\ud800"}'],
)
def test_a_reason_can_be_sent_back_whatever_it_quotes(body: bytes) -> None:
    with pytest.raises(InvalidSample) as caught:
        parse(body)

    assert str(caught.value).encode()
