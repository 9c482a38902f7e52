# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Expressions of JMESPath, found wrong before they are used.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import dataclasses
import typing as t

try:
    import jmespath
    from jmespath import functions
    from jmespath.exceptions import JMESPathError
except ImportError:
    jmespath = functions = None
    JMESPathError = ValueError

from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary


class CannotApply(Exception):
    """An expression does not fit a document; says why in one line."""


@dataclasses.dataclass(frozen=True)
class Expression:
    """A compiled expression and its text."""

    text: str
    search: t.Callable[[t.Any], t.Any]

    def apply(self, document: t.Any) -> t.Any:
        """What it yields of *document*.

        :raises CannotApply: when it does not fit
        """
        try:
            return self.search(document)
        except Exception as error:  # JMESPath lets through whatever Python says of the document's values
            raise CannotApply(_first_line(error)) from error


def compiled(text: str, option: str) -> Expression:
    """Compile *text*.

    :param option: where it was given, for the message
    :raises InvalidOption: when it is not valid JMESPath, or calls a function that cannot be called so
    :raises MissingLibrary: when jmespath is not installed
    """
    if jmespath is None:
        raise MissingLibrary("jmespath")
    try:
        parsed = jmespath.compile(text)
        wrong = _wrong_call(parsed.parsed)
    except JMESPathError as error:
        wrong = _first_line(error)
    if wrong:
        raise InvalidOption("{0}: {1!r} is not valid JMESPath: {2}".format(option, text, wrong))
    return Expression(text, parsed.search)


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


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
