# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is rendered is read back the same, in every format, and what a format cannot hold is refused by its key."""

from __future__ import annotations

import json

import pytest
import ruamel.yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._environments.leaves import leaves
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Configuration, Secret
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.errors import (
    TemplateFailed,
    ValueNotRenderable,
    VariablesCollide,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.flattening import variables
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.formats import template_file
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.interface import Wording
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.registry import FORMATS
from ansible_collections.progressive.delivery.plugins.module_utils._missing_library import (
    MissingLibrary,
    OptionalLibrary,
)

REFUSED = {"\x7f", *map(chr, range(0xFDD0, 0xFDF0))} | {
    chr(plane + end) for plane in range(0, 0x110000, 0x10000) for end in (0xFFFE, 0xFFFF)
}
VARIABLES = ("dotenv", "systemd")
AWKWARD = "'\"\\$`#=;!&~%{}[]<>|*?: \t\n\r\x0b\x00\x1b\x7f\x85\u2028\u2029\ufeff\ufffe\ufffféö日🚀-nNyYeE0123456789._"
texts = (
    st.text()
    | st.text(st.sampled_from(AWKWARD))
    | st.sampled_from(["no", "y", "null", "0o14", "1e3", "1:30", "2026-11-26", "=", "<<"])
)
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)


def settings_of(scalars):
    values = st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts.filter(bool), inner, max_size=3),
        max_leaves=8,
    )
    return st.dictionaries(texts.filter(bool), values, max_size=4)


def configuration(settings):
    return Configuration("shop", "staging", settings, {})


def rendered(form, settings, **wording):
    return FORMATS[form](Wording(**wording)).render(configuration(settings))


def same(one, other):
    """Whether two values are equal and of the same types; 1, 1.0 and true are equal, but not the same."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


@given(settings_of(texts | numbers | st.booleans() | st.none()))
def test_json_is_read_back_as_it_was(settings):
    text = rendered("json", settings)

    assert same(json.loads(text), settings)
    assert same(FORMATS["json"]().read(text), leaves(settings))


@given(settings_of(texts | numbers | st.booleans() | st.none()))
def test_yaml_is_read_back_as_it_was(settings):
    assert same(FORMATS["yaml"]().read(rendered("yaml", settings)), leaves(settings))


@given(settings_of(texts | numbers | st.booleans() | st.none()))
def test_a_reader_of_yaml_1_2_finds_the_same(settings):
    read = ruamel.yaml.YAML(typ="safe", pure=True).load(rendered("yaml", settings))

    assert same(read, settings)


@given(settings_of(texts | numbers | st.booleans()))
def test_toml_is_read_back_as_it_was(settings):
    assert same(FORMATS["toml"]().read(rendered("toml", settings)), leaves(settings))


names = st.dictionaries(
    st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True), texts.filter(lambda text: "\0" not in text), max_size=4
)


@given(names)
def test_dotenv_is_read_back_as_it_was(settings):
    assert FORMATS["dotenv"]().read(rendered("dotenv", settings)) == {
        name.upper(): text for name, text in settings.items()
    }


@given(names)
def test_systemd_is_read_back_as_it_was_or_refused_for_what_systemd_refuses(settings):
    if any(
        (character < " " and character not in "\t\n") or character in REFUSED
        for text in settings.values()
        for character in text
    ):
        with pytest.raises(ValueNotRenderable, match="control character"):
            rendered("systemd", settings)
    else:
        text = rendered("systemd", settings)
        assert FORMATS["systemd"]().read(text) == {name.upper(): text for name, text in settings.items()}


@pytest.mark.parametrize("form", sorted(set(FORMATS) - {"template"}))
def test_the_same_settings_in_another_order_are_the_same_file(form):
    settings = {"b": {"y": 1, "x": True}, "a": "text"}
    turned = {"a": "text", "b": {"x": True, "y": 1}}

    assert rendered(form, settings) == rendered(form, turned)


@pytest.mark.parametrize("form", sorted(set(FORMATS) - {"template"}))
def test_secrets_are_in_the_file_and_their_keys_are_told(form):
    settings = {
        "database": {"host": "db", "password": Secret("vault:shop#password", "s3cret")},
        "tokens": [Secret("env:T", "t0ken")],
    }
    chosen = FORMATS[form]()
    text = chosen.render(configuration(settings))

    assert "s3cret" in text
    assert "t0ken" in text
    told = {"DATABASE_PASSWORD", "TOKENS"} if form in VARIABLES else {"database.password", "tokens"}
    assert chosen.secret_keys(settings) == told
    assert told < set(chosen.read(text))


OF_THE_SHELL = ["BASHOPTS", "BASH_VERSINFO", "EUID", "OPTIND", "PPID", "SHELLOPTS", "UID"]


def test_what_shells_keep_for_themselves_may_be_in_a_file_for_systemd_or_with_a_prefix():
    settings = {name.lower(): "x" for name in OF_THE_SHELL}

    assert FORMATS["systemd"]().read(rendered("systemd", settings)) == dict.fromkeys(OF_THE_SHELL, "x")
    assert "A_UID='x'\n" in FORMATS["dotenv"](Wording(prefix="A_")).render(configuration(settings))


@pytest.mark.parametrize(
    ("form", "settings", "key", "reason"),
    [
        ("dotenv", {"a": {"b": "x\0"}}, "a.b", "zero byte"),
        ("dotenv", {"a": None}, "a", "null"),
        ("dotenv", {"a": [1, None]}, "a", "null"),
        ("dotenv", {"a": [["x"]]}, "a", "a list with lists"),
        ("dotenv", {"a": [{"x": 1}]}, "a", "a list with lists"),
        ("dotenv", {"a": ["x,y", "z"]}, "a", "','"),
        ("dotenv", {"a": [""]}, "a", "empty"),
        ("dotenv", {"a": float("inf")}, "a", "infinite"),
        ("dotenv", {"1st": "x"}, "1st", "no name of a variable"),
        ("dotenv", {"grö\u00dfe": "x"}, '"grö\u00dfe"', "no name of a variable"),
        ("dotenv", {"a": "x" * 131072}, "a", "128 KiB"),
        ("dotenv", {"a": "\ud800"}, "a", "half of a character"),
        *(("dotenv", {name.lower(): "x"}, name, "shells keep the variable") for name in OF_THE_SHELL),
        ("systemd", {"a": "x\0"}, "a", "zero byte"),
        ("systemd", {"a": "\x1b[0m"}, "A", "control character"),
        ("json", {"a": [1, float("nan")]}, "a.1", "no number"),
        ("json", {"a": "\udfff"}, "a", "half of a character"),
        ("yaml", {"a": {1: "x"}}, "a", "no text"),
        ("yaml", {"a": {"": "x"}}, "a", "empty"),
        ("toml", {"a": [{"b": float("inf")}]}, "a.0.b", "infinite"),
        ("yaml", {"a": {"b": b"x"}}, "a.b", "bytes"),
        ("toml", {"a": {"b": [None]}}, "a.b.0", "null"),
        ("toml", {"a": 2**63}, "a", "64 bits"),
    ],
)
def test_what_a_format_cannot_hold_is_refused_by_its_key(form, settings, key, reason):
    with pytest.raises(ValueNotRenderable, match=reason) as refused:
        rendered(form, settings)

    assert refused.value.details == {"key": key, "format": form}


def test_a_refusal_does_not_show_the_secret_that_it_is_about():
    for form in VARIABLES:
        with pytest.raises(ValueNotRenderable) as refused:
            rendered(form, {"token": Secret("env:T", "s3cret\0")})

        assert "s3cret" not in str(refused.value)


def test_nested_settings_are_variables_with_prefix_and_separator():
    settings = {"database": {"max-connections": 5, "hosts": ["a", "b"], "ssl": False, "none": {}}, "rate": 0.5}

    assert variables(settings, Wording(prefix="SHOP_", separator="__", list_separator=";"), "dotenv") == {
        "SHOP_DATABASE__MAX_CONNECTIONS": "5",
        "SHOP_DATABASE__HOSTS": "a;b",
        "SHOP_DATABASE__SSL": "false",
        "SHOP_RATE": "0.5",
    }


def test_two_settings_that_would_be_one_variable_are_refused_by_their_keys():
    with pytest.raises(VariablesCollide, match=r"a\.b_c and a_b\.c would both be the variable A_B_C"):
        rendered("dotenv", {"a": {"b_c": 1}, "a_b": {"c": 2}})


def test_a_template_sees_the_settings():
    template = "{% for key, value in settings.database.items() %}\n{{ key }} = {{ value }}\n{% endfor %}\n# {{ app }} {{ environment }}\n"
    settings = {"database": {"host": "{{ no }}", "password": Secret("env:P", "s3cret")}}

    assert rendered("template", settings, template=template) == "host = {{ no }}\npassword = s3cret\n# shop staging\n"


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("a\n{{ settings.nothing }}", "nothing"),
        ("a\n{% if %}", "line 2"),
        ("{{ ''.__class__.__mro__ }}", "SecurityError"),
        ("{{ settings.update(a=1) }}", "SecurityError"),
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
        ("{{ settings[settings.token] }}", "may hold a secret and is not shown"),
        ("{{ settings[settings.token | upper] }}", "may hold a secret and is not shown"),
        ("{{ settings.token.nothing }}", "'str object' has no attribute 'nothing'"),
        ("{{ '\\ud800' }}", "half of a character"),
    ],
)
def test_a_template_that_fails_says_why_and_shows_no_secret(template, reason):
    with pytest.raises((TemplateFailed, ValueNotRenderable), match=reason) as failed:
        rendered("template", {"token": Secret("env:T", "s3cret")}, template=template)

    assert "s3cret" not in str(failed.value).lower()


def test_without_jinja2_a_template_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(template_file, "jinja2", OptionalLibrary("no_such_library"))
    with pytest.raises(MissingLibrary, match="jinja2"):
        rendered("template", {}, template="x")
