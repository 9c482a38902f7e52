# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings out of YAML, JSON, TOML and dotenv: the same from each, and nothing that readers take differently."""

from __future__ import annotations

import json
import math
import typing as t
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._environments import toml_grammar, yaml_grammar
from ansible_collections.progressive.delivery.plugins.module_utils._environments.documents import (
    FORMATS,
    format_of,
    layer_of,
    settings_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import UnreadableDocument
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import MissingLibrary

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(TEXTS.filter(bool), below, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("yaml", "port: 8080\nname: shop\ndebug: false\n"),
        ("json", '{"port": 8080, "name": "shop", "debug": false}'),
        ("toml", 'port = 8080\nname = "shop"\ndebug = false\n'),
    ],
)
def test_every_format_says_the_same(format: str, text: str) -> None:
    assert settings_of(text, "a", format) == {"port": 8080, "name": "shop", "debug": False}


def test_dotenv_says_texts() -> None:
    assert settings_of("PORT=8080", "a", "dotenv") == {"PORT": "8080"}


@given(st.dictionaries(TEXTS.filter(bool), VALUES, max_size=4))
def test_json_comes_back_as_it_was_said(settings: dict[str, t.Any]) -> None:
    assert settings_of(json.dumps(settings), "a", "json") == settings
    assert settings_of(json.dumps(settings, ensure_ascii=False), "a", "json") == settings


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("/etc/shop/base.yml", "yaml"),
        ("base.yaml", "yaml"),
        ("base.json", "json"),
        ("base.toml", "toml"),
        ("staging.env", "dotenv"),
        (".env", "dotenv"),
        (".env.staging", "dotenv"),
    ],
)
def test_the_name_tells_the_format(name: str, format: str) -> None:
    assert format_of(name) == format
    assert all(format_of(name, said) == said for said in FORMATS)


def test_a_name_that_tells_nothing_is_refused_with_what_may_be_said() -> None:
    with pytest.raises(InvalidOption, match="format: the name base does not tell it; say yaml, json, toml, dotenv"):
        format_of("base")
    with pytest.raises(InvalidOption, match="format: ini is none"):
        format_of("base.yml", "ini")


@pytest.mark.parametrize(
    ("format", "text", "line", "reason"),
    [
        ("yaml", "a: 1\nb: 2\na: 3", 3, "a is said twice"),
        ("yaml", "a: {b: 1,\n  'b': 2}", 2, "b is said twice"),
        ("yaml", "1: x\n'1': y", 2, "1 is said twice"),
        ("json", '{"a": 1,\n "b": {"a": 1},\n "\\u0061": 2}', 3, "a is said twice"),
        ("toml", "a = 1\na = 2", 2, "Cannot overwrite"),
        ("dotenv", "A=1\nA=2", 2, "A is said twice"),
    ],
)
def test_a_key_that_is_said_twice_is_refused_in_every_format(format: str, text: str, line: int, reason: str) -> None:
    with pytest.raises(UnreadableDocument, match=reason) as refusal:
        settings_of(text, "base", format)

    assert refusal.value.message.startswith(f"base, line {line}: ")


@pytest.mark.parametrize(
    ("format", "text", "message"),
    [
        ("yaml", "a: [1", "base, line 1: .*expected ',' or ']'"),
        ("yaml", "a: 1\n---\nb: 2", "base, line 3: a second document"),
        ("yaml", "a: 1\nb: \x07", "a character that YAML does not allow"),
        ("yaml", "- a", "no dictionary of settings at its top"),
        ("yaml", "a:\n  <<: {b: 1}", "base, line 2: << is not known here"),
        ("yaml", "a: *b", "base, line 1: .*undefined alias"),
        ("yaml", "a: &a [*a]", "nested more than 64 deep"),
        ("yaml", "a: !!python/object:os.system x", "base, line 1: the tag .*python/object:os.system is not known"),
        ("yaml", "a: !vault |\n  x", "base, line 1: the tag !vault is not known here; .* as ansible:NAME"),
        ("yaml", "a: !!set {x}", "the tag !!set is not known"),
        ("yaml", "a: {[1]: 2}", "a key must be a text"),
        ("yaml", "a: {'': 2}", "a key must be a text"),
        ("yaml", "a: .inf", "base: a is no finite number"),
        ("yaml", "a: " + "9" * 5000, "base, line 1: this number is too long"),
        ("yaml", "[" * 2000, "base"),
        ("json", '{"a": 1\n "b": 2}', "base, line 2: Expecting ',' delimiter"),
        ("json", "", "base, line 1: Expecting value"),
        ("json", '{"a": NaN}', "NaN, Infinity"),
        ("json", '{"a": 1e999}', "base: a is no finite number"),
        ("json", '{"a": "\\ud800"}', "base: a holds half a character"),
        ("json", '{"\\ud800": 1}', "base: a key holds half a character"),
        ("json", '{"a": {"": 1}}', "base: a key in a is empty"),
        ("json", '{"a":' * 70 + "1" + "}" * 70, "nested more than 64 deep"),
        ("json", "[" * 100_000, "nested too deeply"),
        ("json", "[]", "no dictionary"),
        ("toml", "a = 1\nb = ", "base, line 2: Invalid value"),
        ("toml", "a = {", "base, line 1: "),
        ("toml", "[a]\nb = [2026-01-01]", "base: a.b.0 is a date or a time: write it in quotes"),
        ("toml", "a = nan", "base: a is no finite number"),
    ],
)
def test_what_cannot_be_read_is_refused_by_file_line_and_reason(format: str, text: str, message: str) -> None:
    with pytest.raises(UnreadableDocument, match=message):
        settings_of(text, "base", format)


@pytest.mark.parametrize(
    "scalar",
    ["no", "Yes", "on", "OFF", "0777", "010", "0o17", "0b11", "1_000", "12:30", "22:50", "1e3", "1.5e3", "=", "08"]
    + ["-0x1F", "1:30:00.5"],
)
def test_what_readers_of_yaml_take_differently_is_refused_and_taken_in_quotes(scalar: str) -> None:
    with pytest.raises(UnreadableDocument, match="^base, line 2: some take"):
        settings_of(f"a: 1\nb: {scalar}", "base", "yaml")

    assert settings_of(f"b: '{scalar}'", "base", "yaml") == {"b": scalar}


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("0x1F", 31),
        ("1.5", 1.5),
        ("1.5e+3", 1500.0),
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z"),
        ("y", "y"),
        ("1.2.3", "1.2.3"),
        ("'12'", "12"),
        ("!!str 'yes'", "yes"),
        ("|\n  yes", "yes"),
    ],
)
def test_what_all_readers_of_yaml_take_for_the_same_is_that(scalar: str, value: t.Any) -> None:
    found = settings_of(f"a: {scalar}", "base", "yaml")["a"]

    assert found == value
    assert type(found) is type(value)


@given(st.text("0123456789-+.:_eExXobnyNOfYESTru~ ", max_size=8))
def test_a_scalar_of_yaml_is_what_pyyaml_takes_it_for_or_refused(scalar: str) -> None:
    try:
        found = settings_of(f"a: {scalar}", "base", "yaml")
    except UnreadableDocument:
        return
    expected = yaml.safe_load(f"a: {scalar}")
    assert found == expected or not isinstance(expected["a"], (str, int, float))


def test_keys_of_yaml_are_texts_whatever_they_look_like() -> None:
    assert settings_of("on: 1\nno: 2\n0777: 3\ntrue: 4\n'<<': 5", "a", "yaml") == {
        "on": 1,
        "no": 2,
        "0777": 3,
        "true": 4,
        "<<": 5,
    }


def test_aliases_are_what_they_stand_for() -> None:
    assert settings_of("a: &a {x: 1}\nb: *a", "a", "yaml") == {"a": {"x": 1}, "b": {"x": 1}}


def test_a_few_lines_of_aliases_cannot_fill_the_memory() -> None:
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 10)]

    with pytest.raises(UnreadableDocument, match="stand for more than 100000 values"):
        settings_of("\n".join(lines), "a", "yaml")


@pytest.mark.parametrize("format", ["yaml", "toml", "dotenv"])
def test_a_text_that_says_nothing_has_no_settings(format: str) -> None:
    assert settings_of("# nothing\n", "a", format) == {}


def test_a_layer_is_read_from_its_file_or_from_a_text_that_is_called_so(tmp_path: Path) -> None:
    path = tmp_path / "base.yml"
    path.write_bytes(b"\xef\xbb\xbfcity: Z\xc3\xbcrich\r\n")

    assert layer_of("base", str(path)).settings == {"city": "Zürich"}
    assert layer_of("base", str(path), "{}", "json").settings == {}
    assert layer_of("rollout", "extra variables", "a: 1", "yaml").source == "extra variables"


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "latin.yml").write_bytes(b"a: 1\nb: Z\xfcrich\n")

    with pytest.raises(UnreadableDocument, match=r"latin\.yml, line 2: this is no UTF-8"):
        layer_of("base", str(tmp_path / "latin.yml"))
    with pytest.raises(UnreadableDocument, match=r"none\.yml: No such file"):
        layer_of("base", str(tmp_path / "none.yml"))
    with pytest.raises(UnreadableDocument, match="Is a directory"):
        layer_of("base", str(tmp_path), format="yaml")


def test_without_the_library_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_grammar, "yaml", None)
    monkeypatch.setattr(toml_grammar.importlib.util, "find_spec", lambda _name: None)

    with pytest.raises(MissingLibrary, match="PyYAML"):
        settings_of("a: 1", "a", "yaml")
    with pytest.raises(MissingLibrary, match="tomli"):
        settings_of("a = 1", "a", "toml")


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_numbers_of_json_are_told_apart_by_how_they_are_written(number: float) -> None:
    found = settings_of(json.dumps({"a": number}), "a", "json")["a"]

    assert type(found) is type(number)
    assert found == number
    assert math.copysign(1, found) == math.copysign(1, number)


@pytest.mark.parametrize(
    ("form", "text"), [("json", '{"A": "1"}'), ("yaml", "A: '1'"), ("toml", 'A = "1"'), ("dotenv", "A=1")]
)
def test_the_mark_that_editors_put_in_front_of_a_text_is_not_of_it(form: str, text: str) -> None:
    assert layer_of("base", "base", "\ufeff" + text, form).settings == {"A": "1"}
