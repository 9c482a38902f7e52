# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether settings are what the app's JSON Schema (2020-12) allows.

PRIVATE to the collection. Beside what JSON Schema itself asks:

- a key that no part of the schema names is refused, as if the schema said
  ``unevaluatedProperties: false`` at every dictionary. A dictionary that is to be open
  says ``additionalProperties``, be it ``true``;
- a key that is marked ``writeOnly: true`` or ``x-secret: true`` must be a secret;
- formats are checked;
- nothing is fetched: a ``$ref`` begins with ``#``.

The schema's defaults are not filled in. They say what the app does by itself; what is to
be rendered stands in a layer.
"""

from __future__ import annotations

import re
import typing as t

try:
    import jsonschema
except ImportError:
    # The types of what may be missing are not looked at; see pyproject.toml.
    jsonschema = None

from ansible_collections.progressive.delivery.plugins.module_utils._environments.applicable import (
    Place,
    every_branch,
    places,
    resolved,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import (
    InvalidConfiguration,
    UnusableSchema,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.json_formats import (
    FORMATS,
    is_of_format,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.keys import Path, dotted, origin_of
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Secret
from ansible_collections.progressive.delivery.plugins.module_utils._environments.schema_words import (
    FORBIDDEN,
    UNEVALUATED,
    UNKNOWN,
    Fault,
    faults_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DANGEROUS = "x-dangerous"
"""The mark of keys whose change needs a confirmation where an environment is protected."""
_BY_REFERENCE = 'must be a secret by reference, such as {"$secret": "env:NAME"}'
_VALUES = frozenset({"const", "default", "enum", "examples"})
"""Words whose values are no schemas."""
_NAMING = frozenset({"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"})
"""Words whose values are schemas by names."""
_TOLD = 20
"""Faults in one message; the details have all."""


class AppSchema:
    """The schema that an app ships.

    :param source: the file's name, for messages
    :raises UnusableSchema: it is no schema, is written for another version, or leads outside itself
    :raises MissingLibrary: jsonschema is not installed, or too old for 2020-12
    """

    def __init__(self, document: t.Mapping[str, t.Any], source: str) -> None:
        kind = getattr(jsonschema, "Draft202012Validator", None)
        if kind is None:
            raise MissingLibrary("jsonschema>=4")
        self._source = source
        dialect = document.get("$schema", DIALECT)
        if not isinstance(dialect, str) or dialect.rstrip("#") != DIALECT:
            raise UnusableSchema("{0}: $schema: it must be {1}".format(source, DIALECT))
        try:
            kind.check_schema(document)
        except jsonschema.SchemaError as error:
            where = dotted(tuple(error.absolute_path)) or "the top"
            raise UnusableSchema("{0}: {1}: {2}".format(source, where, error.message)) from error
        except RecursionError as error:
            raise UnusableSchema("{0}: it is nested too deeply".format(source)) from error
        self._root = document
        self._check_references(document, ())
        self._validator = kind(document, format_checker=_format_checker())

    def check(self, settings: t.Mapping[str, t.Any], origins: t.Mapping[str, str]) -> None:
        """Refuse settings that the schema does not allow.

        :raises InvalidConfiguration: naming file, key and reason of all that is wrong
        :raises UnusableSchema: a reference in it goes in a circle, or a pattern is none
        """
        try:
            faults = self._faults(settings)
        except RecursionError as error:
            raise UnusableSchema("{0}: a $ref in it leads back to itself".format(self._source)) from error
        except re.error as error:
            raise UnusableSchema("{0}: {1!r} is no pattern".format(self._source, error.pattern)) from error
        if not faults:
            return
        told = [
            {"key": dotted(path), "source": origin_of(origins, path), "reason": reason}
            for path, reason in sorted(faults, key=lambda fault: (list(map(str, fault[0])), fault[1]))
        ]
        said = ["{source}: {key}: {reason}".format(**dict(fault, key=fault["key"] or "all settings")) for fault in told]
        more = ["and {0} more".format(len(said) - _TOLD)] if len(said) > _TOLD else []
        raise InvalidConfiguration("; ".join(said[:_TOLD] + more), faults=told)

    def dangerous_keys(self, *settings: t.Mapping[str, t.Any]) -> t.FrozenSet[str]:
        """The dotted keys, in any of these settings, that the schema marks as dangerous, in whichever alternative.

        A mark on a dictionary or a list is one for all that it holds; what is in a list
        counts for the list.
        """
        found: t.Set[str] = set()
        for each in settings:
            for place in places(self._root, each, every_branch):
                if any(schema.get(DANGEROUS) is True for schema in place.schemas):
                    found.add(dotted(_without_positions(place.path)))
        return frozenset(found)

    def _faults(self, settings: t.Mapping[str, t.Any]) -> t.Set[Fault]:
        marked = {
            place.path
            for place in places(self._root, settings, every_branch)
            if any(schema.get("writeOnly") is True or schema.get("x-secret") is True for schema in place.schemas)
        }
        secrets: t.Set[Path] = set()
        plain = _plain(settings, (), secrets)
        hidden = secrets | marked
        faults: t.Set[Fault] = set()
        for error in self._validator.iter_errors(plain):
            faults.update(faults_of(error, lambda path: any(_is_above(above, path) for above in hidden)))
        faults.update((path, _BY_REFERENCE) for above in marked for path in _open_values(settings, above))
        return _at_their_keys(faults, places(self._root, plain, self._holds))

    def _holds(self, schema: t.Any, value: t.Any) -> bool:
        return bool(self._validator.evolve(schema=schema).is_valid(value))

    def _check_references(self, part: t.Any, path: Path, names: bool = False) -> None:
        """Refuse what would lead outside the schema; raises UnusableSchema.

        :param names: whether the keys of *part* are names that somebody chose, and no words of JSON Schema
        """
        if isinstance(part, dict) and not names:
            for name in ("$ref", "$dynamicRef"):
                if isinstance(part.get(name), str):
                    self._check_reference(part[name], (*path, name))
            if path and isinstance(part.get("$id"), str):
                raise UnusableSchema("{0}: {1}: only the top can have an $id".format(self._source, dotted(path)))
        for key, below in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
            if names or key not in _VALUES:
                self._check_references(below, (*path, key), not names and key in _NAMING)

    def _check_reference(self, reference: str, path: Path) -> None:
        try:
            resolved(self._root, reference)
        except LookupError as error:
            said = "leads nowhere" if reference.startswith("#") else "leads outside; nothing is fetched"
            raise UnusableSchema("{0}: {1}: {2} {3}".format(self._source, dotted(path), reference, said)) from error


def _format_checker() -> t.Any:
    checker = jsonschema.FormatChecker(formats=())
    for name in FORMATS:
        checker.checks(name)(_checking(name))
    return checker


def _checking(name: str) -> t.Callable[[t.Any], bool]:
    return lambda value: is_of_format(value, name)


def _plain(value: t.Any, path: Path, secrets: t.Set[Path]) -> t.Any:
    """Settings with the values of their secrets, whose paths are added to *secrets*."""
    if isinstance(value, Secret):
        secrets.add(path)
        return value.value
    if isinstance(value, dict):
        return {key: _plain(below, (*path, key), secrets) for key, below in value.items()}
    if isinstance(value, list):
        return [_plain(below, (*path, place), secrets) for place, below in enumerate(value)]
    return value


def _open_values(settings: t.Any, path: Path) -> t.Iterator[Path]:
    """The paths, at *path* and below, of values that are no secrets; null is nothing to hide."""
    value = settings
    for part in path:
        value = value[part]
    if isinstance(value, (dict, list)):
        for part in value if isinstance(value, dict) else range(len(value)):
            yield from _open_values(settings, (*path, part))
    elif value is not None and not isinstance(value, Secret):
        yield path


def _at_their_keys(faults: t.Set[Fault], found: t.Iterable[Place]) -> t.Set[Fault]:
    """The faults, with keys that are unknown or forbidden; what says the same of the dictionary above them is left out."""
    unknown: t.Set[Path] = set()
    forbidden: t.Set[Path] = set()
    for place in found:
        if place.forbidden:
            forbidden.add(place.path)
        elif not place.known and not any(place.path[:length] in unknown for length in range(len(place.path))):
            unknown.add(place.path)
    exact = {(path, FORBIDDEN) for path in forbidden} | {(path, UNKNOWN) for path in unknown}
    covered = {FORBIDDEN: forbidden, UNEVALUATED: unknown}
    return exact | {
        (path, reason)
        for path, reason in faults
        if not any(_is_above(path, below) and path != below for below in covered.get(reason, ()))
    }


def _is_above(above: Path, path: Path) -> bool:
    """Whether a path leads to a place, or to what is below it."""
    return path[: len(above)] == above


def _without_positions(path: Path) -> Path:
    position = next((place for place, part in enumerate(path) if isinstance(part, int)), len(path))
    return path[:position]
