# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether flagd's readers would understand a flag.

PRIVATE to the collection. Pure: no I/O. By the JSON schema that flagd
publishes, and what it cannot say: a reader in one language drops the whole
file for a field that it does not know, and a variant that is named must be
there.
"""

from __future__ import annotations

import typing as t

try:
    import jsonschema
except ImportError:
    # The types of what may be missing are not looked at; see pyproject.toml.
    jsonschema = None

from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import InvalidDefinition
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.schema.flags import FLAGS
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.schema.targeting import TARGETING

FIELDS = ("state", "variants", "defaultVariant", "targeting", "metadata")
"""What a flag may have; the schema allows more, and readers do not."""

KINDS: t.Mapping[type, str] = {
    bool: "booleanFlag",
    int: "numberFlag",
    float: "numberFlag",
    str: "stringFlag",
    dict: "objectFlag",
}
"""The schema of a flag, by the type of its variants."""


def check(definition: t.Any, option: str = "") -> None:
    """Refuse a flag that a reader would.

    :param option: where the flag was given whole, to begin each field's name with
    :raises InvalidDefinition: naming the field
    :raises MissingLibrary: where jsonschema is not installed
    """
    if jsonschema is None:
        raise MissingLibrary("jsonschema")
    fault = _fault(definition)
    if fault:
        where, what = fault
        raise InvalidDefinition("{0}: {1}".format(".".join(filter(None, (option, where))) or "the flag", what))


def _fault(definition: t.Any) -> t.Optional[t.Tuple[str, str]]:
    """The field that is wrong, and what is wrong with it; None for a good flag."""
    unknown = sorted(set(definition) - set(FIELDS))
    if unknown:
        return unknown[0], "a flag has only {0}".format(", ".join(FIELDS))
    variants = definition.get("variants")
    sample = next(iter(variants.values()), None) if isinstance(variants, dict) else None
    broken = _broken(KINDS.get(type(sample), "anyFlag"), definition)
    if broken:
        return broken
    default = definition.get("defaultVariant")
    if default is not None and default not in variants:
        return "defaultVariant", none_of(default, variants)
    strays = sorted(outcomes(definition.get("targeting")) - set(variants))
    return ("targeting", none_of(strays[0], variants)) if strays else None


def check_rule(rule: t.Any, option: str, whole: bool = False) -> None:
    """Refuse JsonLogic that flagd's readers would not understand.

    :param whole: it is all of a flag's rules, or of an evaluator's, and not a part of them
    :raises InvalidDefinition: naming the part of *option*
    :raises MissingLibrary: where jsonschema is not installed
    """
    if jsonschema is None:
        raise MissingLibrary("jsonschema")
    broken = _broken("targeting" if whole else "args", rule)
    if broken:
        raise InvalidDefinition("{0}: {1}".format(".".join(filter(None, (option, broken[0]))), broken[1]))


def _broken(kind: str, part: t.Any) -> t.Optional[t.Tuple[str, str]]:
    """Where *part* breaks the schema of *kind*, and how; None where it does not."""
    errors = list(jsonschema.Draft7Validator(joined(kind)).iter_errors(part))
    if not errors:
        return None
    deepest = max((leaf for error in errors for leaf in _leaves(error)), key=lambda leaf: len(leaf.absolute_path))
    return ".".join(map(str, deepest.absolute_path)), deepest.message


def none_of(name: str, variants: t.Mapping[str, t.Any]) -> str:
    """What to say of a variant that is not there."""
    hint = "; quote on, off, yes and no, which YAML takes for booleans" if name in {"True", "False"} else ""
    return "'{0}' is none of the variants {1}{2}".format(name, ", ".join(variants), hint)


def _leaves(error: t.Any) -> t.Iterator[t.Any]:
    """The errors at the bottom: those above them only say that no alternative fits."""
    if not error.context:
        yield error
    for below in error.context:
        yield from _leaves(below)


def outcomes(rules: t.Any) -> t.Set[str]:
    """The variants that *rules* end in outright, through any number of ``if`` and ``fractional``."""
    if isinstance(rules, str):
        return {rules}
    ends: t.List[t.Any] = []
    if isinstance(rules, dict):
        arms, buckets = rules.get("if"), rules.get("fractional")
        if isinstance(arms, list):
            ends += arms[1::2] + (arms[-1:] if len(arms) % 2 else [])
        if isinstance(buckets, list):
            ends += [bucket[0] for bucket in buckets if isinstance(bucket, list)]
    return set().union(*map(outcomes, ends))


def joined(kind: str) -> t.Dict[str, t.Any]:
    """The two published schemas as one, so that no reference leaves it; *kind* is what it describes."""
    rules = {name: part for name, part in TARGETING.items() if name not in {"$id", "$schema", "definitions"}}
    definitions = {**FLAGS["definitions"], **TARGETING["definitions"], "targeting": rules}
    return {"$ref": "#/definitions/" + kind, "definitions": _inward(definitions)}


def _inward(part: t.Any) -> t.Any:
    if isinstance(part, dict):
        return {
            name: "#/definitions/targeting" if below == "./targeting.json" else _inward(below)
            for name, below in part.items()
        }
    return [_inward(below) for below in part] if isinstance(part, list) else part
