# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges an HTTP answer: status, headers, text, conditions on JSON.

Pure. PRIVATE to the collection.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._expression import CannotApply, Expression

_SHOWN = 80


@dataclass(frozen=True)
class Answer:
    """What came back.

    :param headers: by lower-case name
    :param complete: False when the body was longer than what was read of it
    """

    status: int
    headers: t.Mapping[str, str]
    body: bytes
    complete: bool = True


@dataclass(frozen=True)
class Expectation:
    """What an answer must be like; patterns are searched for, not matched in full.

    :param conditions: expressions on its JSON that must not yield false, null or something empty
    """

    status: t.FrozenSet[int]
    headers: t.Mapping[str, t.Pattern[str]]
    body_regex: t.Optional[t.Pattern[str]] = None
    conditions: t.Tuple[Expression, ...] = ()


def problem(answer: Answer, expectation: Expectation) -> t.Optional[str]:
    """The first thing that is wrong with the answer, None when nothing is."""
    if answer.status not in expectation.status:
        return "status {0}, expected {1}".format(answer.status, _alternatives(expectation.status))
    for name, pattern in expectation.headers.items():
        value = answer.headers.get(name.lower())
        if value is None:
            return "no header {0}".format(name)
        if not pattern.search(value):
            return "header {0} is {1}, which does not match {2!r}".format(name, _shown(value), pattern.pattern)
    return _problem_with_text(answer, expectation.body_regex) or _problem_with_json(answer, expectation.conditions)


def _problem_with_text(answer: Answer, pattern: t.Optional[t.Pattern[str]]) -> t.Optional[str]:
    if pattern is None or pattern.search(answer.body.decode("utf-8", "replace")):
        return None
    return "the body does not match {0!r}{1}".format(
        pattern.pattern, "" if answer.complete else " in its first {0} bytes".format(len(answer.body))
    )


def _problem_with_json(answer: Answer, conditions: t.Sequence[Expression]) -> t.Optional[str]:
    if not conditions:
        return None
    if not answer.complete:
        return "the body is longer than {0} bytes, too long to read as JSON".format(len(answer.body))
    try:
        document = json.loads(answer.body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        return "the body is not JSON: {0}".format(_first_line(error))
    for wanted in conditions:
        try:
            value = wanted.apply(document)
        except CannotApply as error:
            return "condition {0!r} cannot be applied: {1}".format(wanted.text, error)
        if value is False or value is None or value in ("", [], {}):
            return "condition {0!r} yields {1}".format(wanted.text, json.dumps(value))
    return None


def _alternatives(status: t.FrozenSet[int]) -> str:
    return " or ".join(str(code) for code in sorted(status))


def _shown(value: str) -> str:
    return repr(value if len(value) <= _SHOWN else value[:_SHOWN] + "...")


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
