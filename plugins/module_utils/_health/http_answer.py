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

try:
    import jmespath
    from jmespath import functions
    from jmespath.exceptions import JMESPathError
except ImportError:
    jmespath = functions = None
    JMESPathError = ValueError

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._health.validation import of_check
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary

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
class Condition:
    """A JMESPath expression that must not yield false, null or something empty."""

    expression: str
    search: t.Callable[[t.Any], t.Any]


@dataclass(frozen=True)
class Expectation:
    """What an answer must be like; patterns are searched for, not matched in full."""

    status: t.FrozenSet[int]
    headers: t.Mapping[str, t.Pattern[str]]
    body_regex: t.Optional[t.Pattern[str]] = None
    conditions: t.Tuple[Condition, ...] = ()


def condition(expression: str, check: str) -> Condition:
    """Compile an expression.

    :param check: the check's name, for the message
    :raises InvalidOption: when it is not valid JMESPath
    :raises MissingLibrary: when jmespath is not installed
    """
    if jmespath is None:
        raise MissingLibrary("jmespath")
    try:
        compiled = jmespath.compile(expression)
        wrong = _wrong_call(compiled.parsed)
    except JMESPathError as error:
        wrong = _first_line(error)
    if wrong:
        raise InvalidOption(
            "{0}: {1!r} is not valid JMESPath: {2}".format(of_check("conditions", check), expression, wrong)
        )
    return Condition(expression, compiled.search)


def _wrong_call(node: t.Any) -> t.Optional[str]:
    """What is wrong with the first call of a function that cannot be made, which JMESPath itself would tell only when it makes it.

    :param node: of the parsed expression
    """
    if not isinstance(node, dict):  # the bounds of a slice
        return None
    called = _wrong_arguments(node["value"], len(node["children"])) if node["type"] == "function_expression" else None
    return called or next(filter(None, map(_wrong_call, node["children"])), None)


def _wrong_arguments(name: str, given: int) -> t.Optional[str]:
    table = functions.Functions.FUNCTION_TABLE
    if name not in table:
        return "there is no function {0}(); there are {1}".format(name, ", ".join(sorted(table)))
    signature = table[name]["signature"]
    endless = bool(signature) and signature[-1].get("variadic", False)
    if given == len(signature) or (endless and given > len(signature)):
        return None
    return "{0}() takes {1}{2} argument{3}, not {4}".format(
        name, "at least " if endless else "", len(signature), "" if len(signature) == 1 else "s", given
    )


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


def _problem_with_json(answer: Answer, conditions: t.Sequence[Condition]) -> t.Optional[str]:
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
            value = wanted.search(document)
        except Exception as error:  # noqa: BLE001 - JMESPath lets through whatever Python says of the answer's values
            return "condition {0!r} cannot be applied: {1}".format(wanted.expression, _first_line(error))
        if value is False or value is None or value in ("", [], {}):
            return "condition {0!r} yields {1}".format(wanted.expression, json.dumps(value))
    return None


def _alternatives(status: t.FrozenSet[int]) -> str:
    return " or ".join(str(code) for code in sorted(status))


def _shown(value: str) -> str:
    return repr(value if len(value) <= _SHOWN else value[:_SHOWN] + "...")


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
