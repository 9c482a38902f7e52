# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON as settings: each key once.

PRIVATE to the collection.
"""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import UnreadableDocument

_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*")([ \t\r\n]*:)?|[{}]')


def parse(text: str, source: str = "JSON") -> t.Any:
    """The value of a JSON text.

    :param source: what the text is called in messages
    :raises UnreadableDocument: naming the line
    """
    try:
        found = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise UnreadableDocument(source, error.msg, error.lineno) from error
    except ValueError as error:
        raise UnreadableDocument(source, "it holds NaN, Infinity or a number that is too long") from error
    except RecursionError as error:
        raise UnreadableDocument(source, "it is nested too deeply") from error
    _check_keys(text, source)
    return found


def _check_keys(text: str, source: str) -> None:
    """Refuse a key that one object says twice; what reads JSON takes the last, and says nothing."""
    objects: t.List[t.Set[str]] = []
    for token in _TOKEN.finditer(text):
        string, colon = token.groups()
        if token.group() == "{":
            objects.append(set())
        elif token.group() == "}":
            objects.pop()
        elif colon:
            key = json.loads(string)
            if key in objects[-1]:
                line = text.count("\n", 0, token.start()) + 1
                raise UnreadableDocument(source, "{0} is said twice".format(key), line)
            objects[-1].add(key)


def _refuse(constant: str) -> t.NoReturn:
    raise ValueError(constant)
