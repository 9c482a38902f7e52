# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which parts of a JSON Schema apply to which place in settings.

PRIVATE to the collection. Pure: no I/O. It follows what applies to the same place
(``allOf``, ``$ref``, ``if`` and their kind) and what applies to a place below
(``properties``, ``patternProperties``, ``items`` and theirs), as JSON Schema 2020-12 has
it for what it calls evaluated properties.
"""

from __future__ import annotations

import re
import typing as t
import urllib.parse

from ansible_collections.progressive.delivery.plugins.module_utils._environments.keys import Path

Schema = t.Any
"""A schema, or a part of one: a dictionary or a boolean."""
Holds = t.Callable[[Schema, t.Any], bool]
"""Whether a value fits a part of the schema, where that decides what else applies."""


class Place(t.NamedTuple):
    """One setting, or what holds settings.

    :param schemas: all that apply to it
    :param known: whether some part of the schema says that it may be there
    :param forbidden: whether some part says that it may not
    """

    path: Path
    value: t.Any
    schemas: t.Tuple[Schema, ...]
    known: bool
    forbidden: bool = False


def every_branch(_schema: Schema, _value: t.Any) -> bool:
    """As if all alternatives held: for marks, of which none is to be missed."""
    return True


def no_branch(_schema: Schema, _value: t.Any) -> bool:
    """As if no alternative held: for what applies whatever does."""
    return False


def places(root: Schema, settings: t.Any, holds: Holds) -> t.Iterator[Place]:
    """Every place in *settings*, from the top down."""
    return _below(root, Place((), settings, (root,), True), (root,), holds)


def resolved(root: Schema, reference: str) -> Schema:
    """The part of the schema that a ``$ref`` names.

    :raises LookupError: there is none, or it is not in this schema
    """
    if not reference.startswith("#"):
        raise LookupError(reference)
    fragment = urllib.parse.unquote(reference[1:])
    if fragment and not fragment.startswith("/"):
        return next(_with_anchor(root, fragment), None) or _nowhere(reference)
    found = root
    for part in fragment.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            _nowhere(reference)
    return found


def _nowhere(reference: str) -> t.NoReturn:
    raise LookupError(reference)


def _with_anchor(part: t.Any, name: str) -> t.Iterator[Schema]:
    if isinstance(part, dict) and name in {part.get("$anchor"), part.get("$dynamicAnchor")}:
        yield part
    for below in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from _with_anchor(below, name)


def _below(
    root: Schema, place: Place, certain: t.Tuple[Schema, ...], holds: Holds, open_below: bool = False
) -> t.Iterator[Place]:
    """A place, and all below it; below what may be anything, everything is known.

    :param certain: those schemas of the place that apply whichever alternative holds
    """
    applied = tuple(_in_place(root, place.schemas, place.value, holds, {}))
    # As if all alternatives held nothing would be unevaluated that one of them names, be it one that does not hold.
    sure = tuple(_in_place(root, certain, place.value, no_branch, {})) if holds is every_branch else applied
    yield place._replace(schemas=applied)
    value = place.value
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        schemas = tuple(_of_child(applied, key, sure))
        surely = tuple(_of_child(sure, key, sure))
        known = open_below or bool(schemas) or isinstance(value, list)
        anything = open_below or any(schema is True or schema == {} for schema in schemas)
        forbidden = any(schema is False for schema in schemas)
        yield from _below(root, Place((*place.path, key), part, schemas, known, forbidden), surely, holds, anything)


def _in_place(
    root: Schema, schemas: t.Iterable[Schema], value: t.Any, holds: Holds, seen: t.Dict[int, Schema]
) -> t.Iterator[Schema]:
    """The schemas, and all that they apply to the same place."""
    for schema in schemas:
        if not isinstance(schema, dict) or id(schema) in seen:
            continue
        seen[id(schema)] = schema
        yield schema
        yield from _in_place(root, _applicators(root, schema, value, holds), value, holds, seen)


def _applicators(root: Schema, schema: t.Mapping[str, t.Any], value: t.Any, holds: Holds) -> t.Iterator[Schema]:
    for name in ("$ref", "$dynamicRef"):
        if name in schema:
            yield resolved(root, schema[name])
    yield from schema.get("allOf", ())
    for name in ("anyOf", "oneOf"):
        branches = schema.get(name, ())
        # Where none holds that is an error of its own, and what they say together makes the others fewer.
        yield from [branch for branch in branches if holds(branch, value)] or (() if holds is no_branch else branches)
    if "if" in schema and holds is not no_branch:
        yes = holds(schema["if"], value)
        yield from (schema[name] for name in ("if", "then") if yes and name in schema)
        if "else" in schema and (not yes or holds is every_branch):
            yield schema["else"]
    if isinstance(value, dict):
        yield from (below for key, below in schema.get("dependentSchemas", {}).items() if key in value)


def _of_child(schemas: t.Iterable[Schema], key: t.Union[str, int], sure: t.Iterable[Schema]) -> t.Iterator[Schema]:
    """What schemas of a place apply to a key, or to a position in a list, below it.

    :param sure: those by which the key is evaluated, where one of them names it
    """
    for schema in schemas:
        yield from _named(schema, key)
    rest = "unevaluatedProperties" if isinstance(key, str) else "unevaluatedItems"
    if not any(_named(schema, key) for schema in sure):
        yield from (schema[rest] for schema in schemas if schema.get(rest, False) is not False)


def _named(schema: t.Mapping[str, t.Any], key: t.Union[str, int]) -> t.List[Schema]:
    return _of_key(schema, key) if isinstance(key, str) else _of_position(schema, key)


def _of_key(schema: t.Mapping[str, t.Any], key: str) -> t.List[Schema]:
    found = [schema["properties"][key]] if key in schema.get("properties", {}) else []
    found += [below for pattern, below in schema.get("patternProperties", {}).items() if re.search(pattern, key)]
    if not found and schema.get("additionalProperties", False) is not False:
        found.append(schema["additionalProperties"])
    return found


def _of_position(schema: t.Mapping[str, t.Any], position: int) -> t.List[Schema]:
    first = schema.get("prefixItems", [])
    found = [first[position]] if position < len(first) else [schema["items"]] if "items" in schema else []
    return found + ([schema["contains"]] if "contains" in schema else [])
