# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema that an app ships: what it allows, what it does not know, and what is told of that."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._environments import schema as schema_library
from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import (
    InvalidConfiguration,
    UnusableSchema,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.json_formats import (
    FORMATS,
    is_of_format,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Secret
from ansible_collections.progressive.delivery.plugins.module_utils._environments.schema import AppSchema
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary

Schema = dict[str, t.Any]
STRING, INTEGER = {"type": "string"}, {"type": "integer"}
HUNTER = Secret("env:DB", "hunter2")


def of(**properties: t.Any) -> Schema:
    return {"type": "object", "properties": properties}


def faults(schema: Schema, settings: dict[str, t.Any], origins: dict[str, str] | None = None) -> list[str]:
    """What is wrong, as key and reason."""
    app = AppSchema(schema, "schema.json")
    told: list[dict[str, str]] = []
    try:
        app.check(settings, origins or {})
    except InvalidConfiguration as error:
        shown = str(error) + repr(error.details)
        told = error.details["faults"]
    else:
        shown = ""
    assert "hunter" not in shown
    return [f"{fault['key']}: {fault['reason']}" for fault in told]


UNKNOWN = "the schema knows no such key"


@pytest.mark.parametrize(
    ("schema", "settings", "found"),
    [
        (of(port=INTEGER), {"port": 1}, []),
        (of(port=INTEGER), {"port": "1"}, ['port: must be integer, and is "1"']),
        (of(port={"type": ["integer", "null"]}), {"port": {}}, ["port: must be integer or null, and is a dictionary"]),
        (of(port=INTEGER), {"port": HUNTER}, ["port: must be integer"]),
        ({**of(a=STRING), "required": ["a", "b"]}, {"a": ""}, ["b: is missing"]),
        (of(d={**of(a=STRING), "required": ["a"]}), {"d": {}}, ["d.a: is missing"]),
        ({**of(a=STRING, b=STRING), "dependentRequired": {"a": ["b"]}}, {"a": ""}, ["b: is missing, and is needed where a is set"]),
        (of(a={"enum": ["x", 1]}), {"a": "y"}, ['a: must be one of "x", 1, and is "y"']),
        (of(a={"const": "x"}), {"a": 1}, ["a: must be x, and is 1"]),
        (of(a={"minimum": 1}), {"a": 0}, ["a: must be at least 1, and is 0"]),
        (of(a={"exclusiveMaximum": 1}), {"a": 1}, ["a: must be below 1, and is 1"]),
        (of(a={"minLength": 9}), {"a": HUNTER}, ["a: must have at least 9 characters"]),
        (of(a={"pattern": "^x"}), {"a": "y" * 99}, ["a: must match the pattern ^x, and is \"" + "y" * 59 + "…"]),
        (of(a={"type": "array", "items": INTEGER}), {"a": [1, "x"]}, ['a.1: must be integer, and is "x"']),
        (of(a={"minItems": 1}), {"a": []}, ["a: must have at least 1 items"]),
        (of(a={"uniqueItems": True}), {"a": [1, 1]}, ["a: must have no item twice"]),
        (of(a={"not": STRING}), {"a": "x"}, ["a: must not be what the schema excludes"]),
        (of(a=False), {"a": "x"}, ["a: may not be set"]),
        (of(a={"format": "ipv4"}), {"a": "300.1.1.1"}, ['a: must be of the format ipv4, and is "300.1.1.1"']),
        (of(a={"format": "password"}), {"a": "x"}, []),
        ({**of(), "additionalProperties": True, "propertyNames": {"pattern": "^a"}}, {"b": 1}, ["b: the key itself must match the pattern ^a"]),
        (of(propertyNames=INTEGER), {"propertyNames": "x"}, ['propertyNames: must be integer, and is "x"']),
        (of(a={"anyOf": [INTEGER, {"enum": ["x"]}]}), {"a": "y"}, ['a: must be integer, and is "y"; or must be one of "x", and is "y"']),
        (of(a={"oneOf": [of(b=INTEGER), STRING]}), {"a": {"b": "x"}}, ['a.b: must be integer, and is "x"']),
        (of(a={"oneOf": [INTEGER, {"minimum": 0}]}), {"a": 1}, ["a: must fit one alternative of the schema, and fits several"]),
        (of(a={"if": {"const": 1}, "then": False}), {"a": 1}, ["a: may not be set"]),
        (of(a={"$ref": "#/$defs/port"}) | {"$defs": {"port": INTEGER}}, {"a": "x"}, ['a: must be integer, and is "x"']),
    ],
)  # fmt: skip
def test_what_breaks_a_rule_is_told_by_key_and_reason(
    schema: Schema, settings: dict[str, t.Any], found: list[str]
) -> None:
    assert faults(schema, settings) == found


@pytest.mark.parametrize(
    ("schema", "settings", "unknown"),
    [
        (of(a=STRING), {"a": "", "b": 1}, ["b"]),
        (of(a=of(b=STRING)), {"a": {"b": "", "c": {"d": 1}}}, ["a.c"]),
        ({**of(a=STRING), "additionalProperties": False}, {"b": 1}, ["b"]),
        ({**of(a=STRING), "additionalProperties": True}, {"b": {"c": 1}}, []),
        ({**of(a=STRING), "additionalProperties": INTEGER}, {"b": 1}, []),
        ({**of(), "additionalProperties": of(x=INTEGER)}, {"b": {"x": 1, "y": 1}}, ["b.y"]),
        (of(a={"type": "object"}), {"a": {"b": 1}}, ["a.b"]),
        (of(a=True, b={}), {"a": {"b": {"c": 1}}, "b": {"c": 1}}, []),
        ({**of(), "patternProperties": {"^x-": INTEGER}}, {"x-a": 1, "y": 1}, ["y"]),
        ({**of(), "patternProperties": {"^x-": of(a=INTEGER)}}, {"x-a": {"a": 1, "b": 1}}, ["x-a.b"]),
        ({"allOf": [of(a=STRING), of(b=STRING)]}, {"a": "", "b": "", "c": ""}, ["c"]),
        ({"allOf": [of(d=of(a=STRING)), of(d=of(b=STRING))]}, {"d": {"a": "", "b": "", "c": ""}}, ["d.c"]),
        (of(d={"$ref": "#/$defs/d", "properties": {"b": STRING}}) | {"$defs": {"d": of(a=STRING)}}, {"d": {"a": "", "b": "", "c": ""}}, ["d.c"]),
        ({"$ref": "#d", "$defs": {"d": {"$anchor": "d", **of(a=STRING)}}}, {"a": "", "b": ""}, ["b"]),
        (of(n={"$ref": "#"}, v=INTEGER), {"n": {"n": {"v": 1, "w": 1}}}, ["n.n.w"]),
        ({**of(a=STRING), "unevaluatedProperties": False}, {"b": 1}, ["b"]),
        ({**of(a=STRING), "unevaluatedProperties": INTEGER}, {"b": 1}, []),
        ({"allOf": [of(a=STRING)], "unevaluatedProperties": False}, {"a": "", "b": 1}, ["b"]),
        (of(l={"items": of(a=STRING)}), {"l": [{"a": ""}, {"b": ""}]}, ["l.1.b"]),
        (of(l={"prefixItems": [of(a=STRING)], "items": of(b=STRING)}), {"l": [{"b": ""}, {"b": ""}]}, ["l.0.b"]),
        (of(k=STRING) | {"if": of(k={"const": "x"}), "then": of(x=STRING), "else": of(y=STRING)}, {"k": "x", "x": ""}, []),
        (of(k=STRING) | {"if": of(k={"const": "x"}), "then": of(x=STRING), "else": of(y=STRING)}, {"k": "x", "y": ""}, ["y"]),
        (of(k=STRING) | {"if": of(k={"const": "x"}), "then": of(x=STRING), "else": of(y=STRING)}, {"k": "z", "y": ""}, []),
        (of(k=STRING) | {"if": of(k={"const": "x"}), "then": of(x=STRING), "else": of(y=STRING)}, {"k": "z", "x": ""}, ["x"]),
        ({"oneOf": [{**of(a=STRING), "required": ["a"]}, {**of(b=STRING), "required": ["b"]}]}, {"a": "", "c": ""}, ["c"]),
        ({"oneOf": [of(k={"const": "x"}, x=STRING), of(k={"const": "y"}, y=STRING)]}, {"k": "x", "x": "", "y": ""}, ["y"]),
        ({"anyOf": [of(k={"const": "x"}, x=STRING), of(k={"const": "y"}, y=STRING)]}, {"k": "y", "y": ""}, []),
        (of(a=STRING) | {"dependentSchemas": {"a": of(b=STRING)}}, {"a": "", "b": ""}, []),
        (of(a=STRING) | {"dependentSchemas": {"a": of(b=STRING)}}, {"b": ""}, ["b"]),
        (of(**{"a.b": STRING}), {"a.b": "", "c.d": ""}, ['"c.d"']),
    ],
)  # fmt: skip
def test_a_key_that_no_part_of_the_schema_names_is_refused(
    schema: Schema, settings: dict[str, t.Any], unknown: list[str]
) -> None:
    assert faults(schema, settings) == [f"{key}: {UNKNOWN}" for key in unknown]


def test_what_is_closed_in_one_alternative_is_refused_though_another_names_it() -> None:
    schema = {"allOf": [{**of(a=STRING), "additionalProperties": False}, of(b=STRING)]}

    assert faults(schema, {"a": "", "b": ""}) == [f"b: {UNKNOWN}"]
    schema = {"allOf": [{**of(a=STRING), "unevaluatedProperties": False}, of(b=STRING)]}
    assert faults(schema, {"a": "", "b": ""}) == [": has a key that the schema allows in no combination such as this"]


NAMES = st.sampled_from(["a", "b", "c", "d"])
FLAT = st.dictionaries(NAMES, st.just({}), max_size=3).map(lambda properties: {"properties": properties})


@given(FLAT, FLAT, FLAT, st.dictionaries(NAMES, st.integers(), max_size=4))
def test_unknown_keys_are_those_that_unevaluated_properties_would_refuse(
    one: Schema, two: Schema, three: Schema, settings: dict[str, t.Any]
) -> None:
    schema = {**one, "allOf": [two, {"$ref": "#/$defs/three"}], "$defs": {"three": three}}
    closed = schema_library.jsonschema.Draft202012Validator({**schema, "unevaluatedProperties": False})

    assert (faults(schema, settings) == []) == closed.is_valid(settings)


def test_all_that_is_wrong_is_told_at_once_with_its_file() -> None:
    schema = of(port=INTEGER, db={**of(host=STRING), "required": ["host"]}) | {"required": ["name"]}
    origins = {"port": "staging.yml", "db.hosst": "base.yml"}

    with pytest.raises(InvalidConfiguration) as refusal:
        AppSchema(schema, "schema.json").check({"port": "x", "db": {"hosst": "db1"}}, origins)

    assert refusal.value.message == (
        "base.yml: db.hosst: the schema knows no such key; base.yml: db.host: is missing; "
        'base.yml, staging.yml: name: is missing; staging.yml: port: must be integer, and is "x"'
    )
    assert refusal.value.details["faults"][2] == {
        "key": "name",
        "source": "base.yml, staging.yml",
        "reason": "is missing",
    }


def test_a_message_has_an_end_and_the_details_have_all() -> None:
    with pytest.raises(InvalidConfiguration, match="and 80 more") as refusal:
        AppSchema(of(), "schema.json").check({f"k{number}": 1 for number in range(100)}, {})

    assert len(refusal.value.details["faults"]) == 100


@pytest.mark.parametrize("mark", ["writeOnly", "x-secret"])
def test_what_the_schema_marks_as_secret_must_be_by_reference_and_is_never_shown(mark: str) -> None:
    schema = of(
        password={**STRING, "minLength": 9, mark: True},
        keys={"type": "array", "items": {"$ref": "#/$defs/key"}},
        whole={**of(a=STRING, b=STRING), mark: True},
    ) | {"$defs": {"key": {"type": ["string", "null"], mark: True}}}
    wanted = 'must be a secret by reference, such as {"$secret": "env:NAME"}'

    assert faults(schema, {"password": Secret("env:A", "long enough"), "keys": [HUNTER, None]}) == []
    assert faults(schema, {"whole": {"a": HUNTER}}) == []
    assert faults(
        schema, {"password": "hunter2", "keys": [HUNTER, "hunter3"], "whole": {"a": HUNTER, "b": "hunter4"}}
    ) == [
        f"keys.1: {wanted}",
        f"password: {wanted}",
        "password: must have at least 9 characters",
        f"whole.b: {wanted}",
    ]
    assert faults(schema, {"password": 5}) == [f"password: {wanted}", "password: must be string"]


def test_a_mark_counts_in_whichever_alternative_it_stands() -> None:
    schema = {"oneOf": [of(a={"x-secret": True, "type": "integer"}), of(a={"type": "string"})]}

    assert faults(schema, {"a": "hunter2"}) == ['a: must be a secret by reference, such as {"$secret": "env:NAME"}']


def test_no_secret_is_told_whatever_is_wrong_with_it() -> None:
    rules: list[Schema] = [
        {"const": "x"},
        {"enum": ["x"]},
        {"pattern": "^x"},
        {"type": "integer"},
        {"maxLength": 1},
        {"format": "uuid"},
        {"not": {}},
        {"anyOf": [INTEGER, {"const": "x"}]},
        {"oneOf": [INTEGER, of(b=STRING)]},
    ]
    for rule in rules:
        assert faults(of(a=rule), {"a": HUNTER})
        assert faults(of(a={"items": rule}), {"a": [HUNTER]})
        assert faults({"oneOf": [of(a=rule), {**of(a=rule), "required": ["b"]}]}, {"a": HUNTER})
    assert faults(of(a={"maxProperties": 0, "minItems": 9}), {"a": {"b": HUNTER}})
    assert faults(of(a={"contains": INTEGER, "minItems": 9}), {"a": [HUNTER]})
    assert faults(of(a={"uniqueItems": True}), {"a": [HUNTER, HUNTER]})


def test_dangerous_keys_are_those_that_are_marked_in_any_of_the_settings() -> None:
    schema = of(
        db={**of(host={**STRING, "x-dangerous": True}, name=STRING)},
        servers={"type": "array", "items": of(address={**STRING, "x-dangerous": True})},
        whole={**of(a=STRING), "x-dangerous": True},
    ) | {
        "if": of(kind={"const": "x"}),
        "else": of(only={"x-dangerous": True}),
        "patternProperties": {"^x-": {"x-dangerous": True}},
    }
    app = AppSchema(schema, "schema.json")

    assert app.dangerous_keys({"db": {"host": "", "name": ""}, "kind": "x"}, {"x-y": 1, "only": 2}) == {
        "db.host",
        "x-y",
        "only",
    }
    assert app.dangerous_keys({"servers": [{"address": ""}], "whole": {"a": ""}}) == {"servers", "whole"}
    assert app.dangerous_keys({}) == set()


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "strin"}, r"schema\.json: type: 'strin' is not valid"),
        (of(a={"minimum": "1"}), r"schema\.json: properties\.a\.minimum: "),
        (
            {"$schema": "http://json-schema.org/draft-07/schema#"},
            r"\$schema: it must be https://json-schema.org/draft/2020",
        ),
        (
            of(a={"$ref": "https://example.test/a.json"}),
            r'properties\.a\."\$ref": https://example\.test/a\.json leads outside',
        ),
        (of(a={"$ref": "other.json#/a"}), "leads outside; nothing is fetched"),
        (of(a={"$ref": "file:///etc/passwd"}), "leads outside"),
        (of(a={"$dynamicRef": "https://example.test/a"}), "leads outside"),
        (of(a={"$ref": "#/$defs/none"}), r"#/\$defs/none leads nowhere"),
        (of(a={"$ref": "#none"}), "#none leads nowhere"),
        (of(a={"$id": "https://example.test/a"}), r"properties\.a: only the top can have an \$id"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused(schema: Schema, said: str) -> None:
    with pytest.raises(UnusableSchema, match=said):
        AppSchema(schema, "schema.json")


def test_a_schema_may_have_a_name_of_its_own_and_say_its_dialect() -> None:
    schema = {
        "$id": "https://shop.example/schema",
        "$schema": schema_library.DIALECT,
        **of(a={"$ref": "#/$defs/a~1b%20c"}),
    }

    assert faults({**schema, "$defs": {"a/b c": INTEGER}}, {"a": "x"}) == ['a: must be integer, and is "x"']


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"allOf": [{"$ref": "#"}]}, r"a \$ref in it leads back to itself"),
        ({"patternProperties": {"[": {}}}, "pattern"),
        (of(a={"pattern": "["}), "pattern|regex"),
    ],
)
def test_a_schema_that_shows_as_unusable_only_later_is_told_as_well(schema: Schema, said: str) -> None:
    with pytest.raises(UnusableSchema, match=said):
        AppSchema(schema, "schema.json").check({"a": "x"}, {})


@pytest.mark.parametrize("old", [None, type("Old", (), {"Draft7Validator": object})])
def test_without_the_library_or_with_an_old_one_it_is_said(old: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_library, "jsonschema", old)

    with pytest.raises(MissingLibrary, match="jsonschema>=4"):
        AppSchema({}, "schema.json")


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("date", ["2026-02-28"], ["2026-02-30", "2026-2-3", "x"]),
        ("date-time", ["2026-01-01T10:00:00Z", "2026-01-01t10:00:00.5+02:00"], ["2026-01-01", "2026-01-01T25:00:00Z", "2026-01-01T10:00:00"]),
        ("time", ["10:00:00Z"], ["10:00", "24:00:00Z"]),
        ("duration", ["P1D", "PT5M", "P1Y2M3DT4H", "P2W"], ["P", "PT", "1D", "P1DT", "P1W2D"]),
        ("email", ["ops@shop.example"], ["ops", "a@b@c", "a b@c"]),
        ("hostname", ["db1", "db-1.shop.example", "1.example"], ["", "-a", "a_b", "a..b", "a" * 64, "a." * 127 + "aa", "a\n"]),
        ("ipv4", ["10.0.0.1"], ["10.0.0", "10.0.0.256", "::1", "01.2.3.4"]),
        ("ipv6", ["::1", "2001:db8::1"], ["10.0.0.1", "fe80::1%eth0", "12345::"]),
        ("regex", ["^a+$"], ["("]),
        ("uri", ["https://shop.example:8080/x?y#z", "urn:a:b", "postgres://[::1]/x"], ["shop.example", "/x", "https://a b", "https://a:99999/", "http://[x"]),
        ("uuid", ["123e4567-e89b-12d3-a456-426614174000"], ["123e4567e89b12d3a456426614174000", "x"]),
    ],
)  # fmt: skip
def test_formats(name: str, good: list[str], bad: list[str]) -> None:
    assert [text for text in good if not is_of_format(text, name)] == []
    assert [text for text in bad if is_of_format(text, name)] == []
    assert is_of_format(5, name)


@given(st.sampled_from(sorted(FORMATS)), st.text(max_size=12))
def test_a_format_says_yes_or_no_to_any_text(name: str, text: str) -> None:
    assert is_of_format(text, name) in {True, False}


def test_a_mark_on_what_no_alternative_that_holds_names_is_not_missed() -> None:
    alternatives = [{"required": ["q"]}, of(z=INTEGER)]
    below = {**of(q=True), "unevaluatedProperties": {"writeOnly": True}, "anyOf": alternatives}

    for schema, settings in (
        (below, {"q": 1, "z": "hunter2"}),
        ({"anyOf": [below]}, {"q": 1, "z": "hunter2"}),
        (of(a=below), {"a": {"q": 1, "z": "hunter2"}}),
    ):
        (fault,) = [told for told in faults(schema, settings) if "z: " in told]
        assert "must be a secret by reference" in fault
        assert "hunter2" not in "".join(faults(schema, settings))
    assert faults(below, {"q": 1, "z": HUNTER}) == []


@pytest.mark.parametrize("word", ["default", "const", "examples", "enum"])
def test_a_reference_within_a_value_is_none(word: str) -> None:
    value = {"$ref": "https://shop.example/x", "$id": "x"}
    schema = of(a={word: [value] if word in {"examples", "enum"} else value})

    AppSchema(schema, "schema.json")
    with pytest.raises(UnusableSchema, match="leads outside"):
        AppSchema(of(**{word: {"$ref": "https://shop.example/x"}}), "schema.json")
    AppSchema({**of(a=STRING), "$defs": {"$ref": STRING}}, "schema.json")
