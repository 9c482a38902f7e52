# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with settings, in words, by what the jsonschema library finds.

PRIVATE to the collection. Pure: no I/O. The library's own messages are never shown: they
hold the values that they are about, and a secret may be among those.
"""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments.keys import Path

Fault = t.Tuple[Path, str]
"""Where something is wrong, and what."""

UNKNOWN = "the schema knows no such key"
FORBIDDEN = "may not be set"
UNEVALUATED = "has a key that the schema allows in no combination such as this"
_SHOWN = 60
"""Characters of a value, or of a rule, that are told."""
_RULES: t.Mapping[str, str] = {
    "type": "must be {0}",
    "enum": "must be one of {0}",
    "const": "must be {0}",
    "minimum": "must be at least {0}",
    "maximum": "must be at most {0}",
    "exclusiveMinimum": "must be above {0}",
    "exclusiveMaximum": "must be below {0}",
    "multipleOf": "must be a multiple of {0}",
    "minLength": "must have at least {0} characters",
    "maxLength": "must have at most {0} characters",
    "pattern": "must match the pattern {0}",
    "format": "must be of the format {0}",
    "minItems": "must have at least {0} items",
    "maxItems": "must have at most {0} items",
    "uniqueItems": "must have no item twice",
    "contains": "must have an item that the schema asks for",
    "minContains": "must have more items that the schema asks for",
    "maxContains": "must have fewer items of a kind that the schema counts",
    "minProperties": "must have at least {0} keys",
    "maxProperties": "must have at most {0} keys",
    "not": "must not be what the schema excludes",
    "unevaluatedProperties": UNEVALUATED,
    "unevaluatedItems": "has an item that the schema allows in no combination such as this",
}


def faults_of(error: t.Any, secret: t.Callable[[Path], bool]) -> t.List[Fault]:
    """What one of the library's errors says, for each key that it is about.

    :param secret: whether the value at a path may not be shown
    """
    path = tuple(error.absolute_path)
    rule, instance = error.validator, error.instance
    if rule in {"anyOf", "oneOf"}:
        return _of_alternatives(error, path, secret)
    if rule == "required":
        return [((*path, name), "is missing") for name in error.validator_value if name not in instance]
    if rule == "dependentRequired":
        missing = {name: key for key, names in error.validator_value.items() if key in instance for name in names}
        return [
            ((*path, name), "is missing, and is needed where {0} is set".format(key))
            for name, key in missing.items()
            if name not in instance
        ]
    if rule == "additionalProperties":
        patterns = error.schema.get("patternProperties", {})
        named = error.schema.get("properties", {})
        strays = [key for key in instance if key not in named and not any(re.search(form, key) for form in patterns)]
        return [((*path, key), UNKNOWN) for key in strays]
    if _is_about_a_key(tuple(error.absolute_schema_path)):
        return [((*path, instance), "the key itself {0}".format(_broken(error)))]
    return [(path, _broken(error) + _found(error, secret(path)))]


def _is_about_a_key(rules: t.Tuple[t.Any, ...]) -> bool:
    """Whether what is wrong is a key itself; a schema may also have a property that is called so."""
    return any(
        rule == "propertyNames" and (not place or rules[place - 1] not in {"properties", "$defs", "dependentSchemas"})
        for place, rule in enumerate(rules)
    )


def _of_alternatives(error: t.Any, path: Path, secret: t.Callable[[Path], bool]) -> t.List[Fault]:
    """Of alternatives that all fail, those that go deepest were meant."""
    faults = [fault for below in error.context for fault in faults_of(below, secret)]
    if not faults:
        return [(path, "must fit one alternative of the schema, and fits several")]
    deepest = max(faults, key=lambda fault: len(fault[0]))[0]
    reasons = list(dict.fromkeys(reason for where, reason in faults if where == deepest))
    return [(deepest, "; or ".join(reasons))]


def _broken(error: t.Any) -> str:
    """The rule that is broken."""
    if error.validator is None:
        return FORBIDDEN
    rule = error.validator_value
    if error.validator == "enum":
        shown = _cut(", ".join(json.dumps(value, ensure_ascii=False) for value in rule))
    elif error.validator == "type" and isinstance(rule, list):
        shown = " or ".join(rule)
    else:
        shown = rule if isinstance(rule, str) else _cut(json.dumps(rule, ensure_ascii=False))
    return _RULES.get(error.validator, "breaks the rule {0} of the schema".format(error.validator)).format(shown)


def _found(error: t.Any, secret: bool) -> str:
    """What is there instead, where that may be shown and says something."""
    value = error.instance
    if secret or error.validator in {None, "not", "uniqueItems", "contains"}:
        return ""
    if isinstance(value, (dict, list)):
        return (
            ", and is a {0}".format("dictionary" if isinstance(value, dict) else "list")
            if error.validator == "type"
            else ""
        )
    return ", and is {0}".format(_cut(json.dumps(value, ensure_ascii=False)))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
