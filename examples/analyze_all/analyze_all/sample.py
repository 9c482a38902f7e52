# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a caller may send to be analysed: a text, or a template with values."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from analyze_all.document import Document, fill, take_apart
from analyze_all.scoring import LEAST_SCORE, Verdict

_KEYS = ("text", "template", "values", "expected")


class InvalidSample(Exception):
    """A request body that is not a sample; the message says what would be one."""


@dataclasses.dataclass(frozen=True)
class Sample:
    """One document to analyse.

    :param kind: what it was made from
    :param expected: the verdict that a person gave it, when it is a labelled sample
    """

    document: Document
    kind: t.Literal["text", "template"]
    expected: Verdict | None = None


def parse(body: bytes) -> Sample:
    """The sample in the body of a request.

    :raises InvalidSample: the body is not JSON, or not a sample
    """
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidSample(f"the body is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise InvalidSample("the body must be a JSON object")
    unknown = sorted(content.keys() - set(_KEYS))
    if unknown:
        raise InvalidSample(f"unknown key {', '.join(map(repr, unknown))}; known are {', '.join(_KEYS)}")
    expected = content.get("expected")
    if expected is not None and expected not in tuple(LEAST_SCORE):
        raise InvalidSample(f"expected is {expected!r}; it must be one of {', '.join(LEAST_SCORE)}")
    if ("text" in content) == ("template" in content):
        raise InvalidSample("send either text, or template with values")
    if "text" in content:
        if "values" in content:
            raise InvalidSample("values belong to a template, and this is a text")
        return Sample(take_apart(_prose(content, "text")), "text", expected)
    document = fill(_prose(content, "template"), _values(content.get("values", {})))
    return Sample(document, "template", expected)


def _prose(content: dict[str, t.Any], key: str) -> str:
    prose = content[key]
    if not isinstance(prose, str) or not prose.strip():
        raise InvalidSample(f"{key} must be a string with something in it")
    return prose


def _values(content: object) -> dict[str, str]:
    if not isinstance(content, dict):
        raise InvalidSample("values must be an object of placeholder names and their values")
    for name, value in content.items():
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise InvalidSample(f"the value of {name!r} must be a string or a number")
    return {name: str(value) for name, value in content.items()}
