# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema is flagd's, and a flag that breaks it is told by the field."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary
from ansible_collections.progressive.delivery.plugins.module_utils._toggles import validation
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import InvalidDefinition
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.schema.flags import FLAGS
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.schema.targeting import TARGETING

GOOD: dict[str, t.Any] = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"state": "DISABLED"},
        {"defaultVariant": None},
        {"variants": {"off": 1, "half": 2.5}},
        {"variants": {"off": "a"}},
        {"variants": {"off": {"any": [1, None]}}},
        {"metadata": {"owner": "ops", "ticket": 12, "urgent": True}},
        {"targeting": {}},
        {"targeting": {"fractional": [["on", 1], ["off", 99]]}},
        {"targeting": {"fractional": [{"var": "email"}, ["on"], ["off"]]}},
        {"targeting": {"if": [{"==": [{"fractional": [["yes", 1], ["no", 1]]}, "yes"]}, "on"]}},
        {"targeting": {"if": [{"==": [{"if": [True, "a", "b"]}, "a"]}, "on", None]}},
        {"targeting": {"if": [{"sem_ver": [{"var": "version"}, ">=", "1.2.0"]}, "on", {"$ref": "shared"}]}},
    ],
)
def test_a_good_flag_passes(parts):
    validation.check({**GOOD, **parts})


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"state": "on"}, r"^state: 'on' is not one of"),
        ({"variants": {}}, r"^variants: "),
        ({"variants": {"on": True, "off": "no"}}, r"^variants\.off: 'no' is not of type 'boolean'"),
        ({"variants": {"off": None}}, r"^variants\.off: "),
        ({"variants": [True]}, r"^variants: "),
        ({"defaultVariant": "of"}, r"^defaultVariant: 'of' is none of the variants on, off"),
        ({"defaultVariant": 1}, r"^defaultVariant: 1 is not of type"),
        ({"metadata": {"tags": ["a"]}}, r"^metadata\.tags: "),
        ({"colour": "red"}, r"^colour: a flag has only state, variants"),
        ({"targeting": {"sometimes": []}}, r"^targeting: Additional properties are not allowed \('sometimes'"),
        ({"targeting": {"fractional": [["on", 2.5]]}}, r"^targeting\.fractional\.0\.1: 2\.5 is not of type 'integer'"),
        ({"targeting": {"fractional": [["on", -1]]}}, r"^targeting\.fractional\.0\.1: -1 is less than"),
        ({"targeting": {"if": [True, "onn"]}}, r"^targeting: 'onn' is none of the variants"),
        (
            {"targeting": {"if": [True, "on", {"if": [True, "off", "onn"]}]}},
            r"^targeting: 'onn' is none of the variants",
        ),
        ({"targeting": {"if": [True, {"fractional": [["onn", 1]]}]}}, r"^targeting: 'onn' is none of the variants"),
    ],
)
def test_a_flag_that_a_reader_would_refuse_is_refused_by_its_field(parts, message):
    with pytest.raises(InvalidDefinition, match=message):
        validation.check({**GOOD, **parts})


@pytest.mark.parametrize("field", ["state", "variants"])
def test_what_is_left_out_is_named(field):
    with pytest.raises(InvalidDefinition, match=f"^the flag: '{field}' is a required property"):
        validation.check({name: value for name, value in GOOD.items() if name != field})


def test_the_option_stands_before_the_field():
    with pytest.raises(InvalidDefinition, match=r"^definition\.state: "):
        validation.check({**GOOD, "state": 1}, "definition")
    with pytest.raises(InvalidDefinition, match=r"^definition: 'state' is"):
        validation.check({"variants": {"on": True}}, "definition")


def test_without_the_library_it_is_said_and_nothing_passes(monkeypatch):
    monkeypatch.setattr(validation, "jsonschema", None)

    with pytest.raises(MissingLibrary, match="jsonschema"):
        validation.check(GOOD)


def test_joining_the_two_schemas_loses_no_definition():
    assert not set(FLAGS["definitions"]) & set(TARGETING["definitions"])
    assert "targeting" not in {*FLAGS["definitions"], *TARGETING["definitions"]}


def references(part: t.Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*map(references, part.values()))
    return set().union(*map(references, part)) if isinstance(part, list) else set()


def test_no_reference_leaves_the_schema():
    schema = validation.joined("anyFlag")

    assert references(schema) <= {f"#/definitions/{name}" for name in schema["definitions"]}
