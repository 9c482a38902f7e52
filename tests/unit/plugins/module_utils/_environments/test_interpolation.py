# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``${key}`` within settings: typed, escaped, never in a circle, and never a way out for a secret."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import (
    InterpolationFailed,
    InvalidReference,
    SecretUnavailable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.interpolation import interpolate
from ansible_collections.progressive.delivery.plugins.module_utils._environments.keys import dotted
from ansible_collections.progressive.delivery.plugins.module_utils._environments.merge import Merged, merge
from ansible_collections.progressive.delivery.plugins.module_utils._environments.model import Layer, Secret

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
KEYS = TEXTS.filter(lambda key: key and not key.startswith("$"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=3),
    max_leaves=10,
)
HELD = {"env:DB": "hunter${b}$$2"}


def merged(settings: dict[str, t.Any]) -> Merged:
    return merge([Layer("base", "base.yml", settings)])


def interpolated(settings: dict[str, t.Any]) -> dict[str, t.Any]:
    return interpolate(merged(settings), HELD.__getitem__)


def escaped(value: t.Any) -> t.Any:
    """What is to be written for a value."""
    if isinstance(value, dict):
        return {key: escaped(below) for key, below in value.items()}
    if isinstance(value, list):
        return [escaped(below) for below in value]
    return value.replace("$", "$$") if isinstance(value, str) else value


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_any_settings_can_be_written_with_every_dollar_twice(settings: dict[str, t.Any]) -> None:
    assert interpolated(escaped(settings)) == settings


@given(KEYS, KEYS, VALUES)
def test_a_text_that_is_all_reference_becomes_what_it_refers_to(key: str, other: str, value: t.Any) -> None:
    settings = {"from": {key: escaped(value)}, "to": {other: "${" + dotted(("from", key)) + "}"}}

    found = interpolated(settings)
    assert found["to"][other] == value
    assert type(found["to"][other]) is type(value)


@given(st.lists(st.sampled_from(["a", "b", "c", "d", "e"]), min_size=5, max_size=5), st.booleans())
def test_chains_end_or_are_told_as_circles(targets: list[str], within: bool) -> None:
    """Each of five keys refers to some key; f is where a chain may end."""
    names = ["a", "b", "c", "d", "e"]
    template = "<${%s}>" if within else "${%s}"
    settings: dict[str, t.Any] = {
        name: template % ("f" if name == target else target) for name, target in zip(names, targets)
    }
    leads = {name: None if name == target else target for name, target in zip(names, targets)}

    def ends(name: str | None, steps: int) -> bool:
        return name is None or (steps > 0 and ends(leads[name], steps - 1))

    if all(ends(name, 5) for name in names):
        found = interpolated({**settings, "f": "x"})
        assert all(found[name].strip("<>") == "x" for name in names)
    else:
        with pytest.raises(InterpolationFailed, match="leads back to itself"):
            interpolated({**settings, "f": "x"})


@pytest.mark.parametrize(
    ("settings", "a"),
    [
        ({"a": "x${b}y", "b": "-"}, "x-y"),
        ({"a": "${b}${b}", "b": 1}, "11"),
        ({"a": "${b}/${c}", "b": True, "c": 1.5}, "true/1.5"),
        ({"a": "$${b} costs 5$ and $x", "b": 1}, "${b} costs 5$ and $x"),
        ({"a": "$$$${${b}}", "b": "c"}, "$${c}"),
        ({"a": "${b.c.1}", "b": {"c": [1, {"d": 2}]}}, {"d": 2}),
        ({"a": '${b."c.d}"}', "b": {"c.d}": 1}}, 1),
        ({"a": ["${b}", {"c": "${b}"}], "b": 1}, [1, {"c": 1}]),
        ({"a": "${b.c}", "b": "${d}", "d": {"c": "${e}", "x": 1}, "e": 5}, 5),
        ({"a": {"b": "${a.c}", "c": 1}}, {"b": 1, "c": 1}),
        ({"a": "${b}", "b": None}, None),
        ({"a": "${b}", "b": {}}, {}),
    ],
)
def test_what_a_text_takes_in(settings: dict[str, t.Any], a: t.Any) -> None:
    assert interpolated(settings)["a"] == a


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"a": "${b}"}, r"base\.yml: a: no layer sets b"),
        ({"a": {"b": "x${host.nam}"}, "host": {"name": 1}}, r"a\.b: no layer sets host\.nam; is host\.name meant\?"),
        ({"a": "${b.c}", "b": 1}, r"a: no layer sets b\.c"),
        ({"a": "${b.2}", "b": [1, 2]}, r"a: no layer sets b\.2"),
        ({"a": "${b.01}", "b": [1, 2]}, r"a: no layer sets b\.01"),
        ({"a": "${b.c.d}", "b": "${e}", "e": {"c": {}}}, r"a: no layer sets b\.c\.d"),
        ({"a": "${b.$secret}", "b": {"$secret": "env:DB"}}, r"a: \$\{b\.\$secret\}"),
        ({"a": '${b."$secret"}', "b": {"$secret": "env:DB"}}, r'a: no layer sets b\."\$secret"'),
        ({"a": "${a}"}, r"a: it leads back to itself: a \(base\.yml\) → a \(base\.yml\)"),
        ({"a": "${b}", "b": ["${c}"], "c": "x${a}"}, r"a \(.*\) → b \(.*\) → b\.0 \(.*\) → c \(.*\) → a "),
        ({"a": {"b": "${a}"}}, r"a\.b: it leads back to itself: a \(base\.yml\) → a\.b \(base\.yml\) → a "),
        ({"a": "x${b}", "b": {"c": 1}}, r"a: \$\{b\} is a dictionary, which cannot stand within a text"),
        ({"a": "x${b}", "b": [1]}, r"a: \$\{b\} is a list"),
        ({"a": "x${b}", "b": None}, r"a: \$\{b\} is null"),
        ({"a": "x${b"}, r"a: a \$\{ in it has no end"),
        ({"a": "${}"}, r"a: \$\{\}: nothing is no key"),
        ({"a": "${ b }", "b": 1}, r"a: \$\{ b \}:  b  is no key; keys are written as in a\.b"),
        ({"a": {"$secret": "env:${b}"}, "b": {"$secret": "env:DB"}}, r"a: a reference .* no secret itself"),
        ({"a": {"$secret": "${b}"}, "b": 1}, r"a: a reference .* must come to a text"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_file_and_key(settings: dict[str, t.Any], said: str) -> None:
    with pytest.raises(InterpolationFailed, match=said):
        interpolated(settings)


def test_the_file_that_is_named_is_the_one_that_says_it() -> None:
    layers = [Layer("base", "base.yml", {"a": "x", "b": 1}), Layer("staging", "staging.yml", {"a": "${c}"})]

    with pytest.raises(InterpolationFailed, match=r"^staging\.yml: a: "):
        interpolate(merge(layers), HELD.__getitem__)


def test_a_text_that_takes_in_a_secret_is_one_and_what_a_secret_holds_is_left_alone() -> None:
    found = interpolated(
        {
            "db": {"password": {"$secret": "env:DB"}},
            "url": "postgres://shop:${db.password}@${host}",
            "host": "db1",
            "again": "${url}?x",
            "whole": "${db.password}",
            "b": "not taken in",
        }
    )

    assert found["db"]["password"] == Secret("env:DB", "hunter${b}$$2")
    assert found["whole"] == found["db"]["password"]
    assert found["url"] == Secret("postgres://shop:${db.password}@${host}", "postgres://shop:hunter${b}$$2@db1")
    assert found["again"].value == "postgres://shop:hunter${b}$$2@db1?x"
    assert "hunter" not in repr(found)


def test_a_reference_may_take_in_what_is_no_secret() -> None:
    assert interpolated({"a": {"$secret": "env:${b}"}, "b": "DB"})["a"].reference == "env:DB"


@pytest.mark.parametrize("kind", [InvalidReference, SecretUnavailable])
def test_a_secret_that_cannot_be_had_is_told_with_file_and_key(kind: type[Exception]) -> None:
    def refuse(_reference: str) -> str:
        raise kind("env:DB is not set")

    with pytest.raises(kind, match=r"^base\.yml: db\.password: env:DB is not set"):
        interpolate(merged({"db": {"password": {"$secret": "env:DB"}}}), refuse)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({f"k{n}": f"${{k{n + 1}}}${{k{n + 1}}}" for n in range(60)} | {"k60": "xx"}, "characters"),
        ({f"k{n}": [f"${{k{n + 1}}}"] * 10 for n in range(30)} | {"k30": 1}, "more than 100000 values"),
        ({f"k{n}": [f"${{k{n + 1}}}"] for n in range(80)} | {"k80": 1}, "leads from key to key more than 100 times"),
        ({f"k{n}": [f"${{k{n - 1}}}"] for n in range(80, 0, -1)} | {"k0": 1}, "leads from key to key"),
        ({"k0": 1} | {f"k{n}": [f"${{k{n - 1}}}"] for n in range(1, 80)}, "within each other"),
        ({f"k{n}": f"${{k{n + 1}}}" for n in range(2000)} | {"k2000": 1}, "leads from key to key"),
    ],
)
def test_a_few_lines_cannot_fill_the_memory(settings: dict[str, t.Any], said: str) -> None:
    with pytest.raises(InterpolationFailed, match=said):
        interpolated(settings)
