# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The grammar of dotenv files: what it takes, and what it refuses because readers understand it differently."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._environments.dotenv_grammar import parse
from ansible_collections.progressive.delivery.plugins.module_utils._environments.errors import UnreadableDocument

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("\n# nothing\n  # at all", {}),
        ("A=1\nB_2=x", {"A": "1", "B_2": "x"}),
        ("A=1\r\nB=\r\n", {"A": "1", "B": ""}),
        ("export A=1", {"A": "1"}),
        ("  A=1  # one", {"A": "1"}),
        ("A='$HOME \\n \"x\" # y' # z", {"A": '$HOME \\n "x" # y'}),
        ("A='two\nlines'\nB=1", {"A": "two\nlines", "B": "1"}),
        ('A="a\\nb\\"c\\\\d\\$e\\`f"', {"A": 'a\nb"c\\d$e`f'}),
        ('A="two\nlines"', {"A": "two\nlines"}),
        ("A=https://shop.example:8080/x,y+z%20", {"A": "https://shop.example:8080/x,y+z%20"}),
        ("A=Zürich", {"A": "Zürich"}),
        ("A=''", {"A": ""}),
    ],
)
def test_what_is_written_is_what_is_meant(text: str, found: dict[str, str]) -> None:
    assert parse(text) == found


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("A=1\nA=2", 2, "A is said twice"),
        ("A", 1, "no KEY=value"),
        ("1A=x", 1, "no KEY=value"),
        ("A =1", 1, "no KEY=value"),
        ("A-B=1", 1, "no KEY=value"),
        ("\n\nA=two words", 3, "A: put the value in single quotes"),
        ("A= x", 1, "single quotes"),
        ("A=$HOME", 1, "single quotes"),
        ("A=a#b", 1, "single quotes"),
        ("A=~/x", 1, "single quotes"),
        ("A=a'b'", 1, "single quotes"),
        ("A='a'b", 1, "follows the quotes"),
        ("A='a'\"b\"", 1, "follows the quotes"),
        ("A='a\nB=1", 1, "does not end"),
        ('A="a\\"', 1, "does not end"),
        ('A="$HOME"', 1, r"write \\\$ in double quotes"),
        ('A="`id`"', 1, "write \\\\` in double quotes"),
        ('A="\\t"', 1, r"after \\ in double quotes stands"),
        ("A='\0'", 1, "NUL"),
        ("A='x\ny'\nB", 3, "no KEY=value"),
    ],
)
def test_what_readers_understand_differently_is_refused_by_its_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(UnreadableDocument, match=reason) as refusal:
        parse(text, "app.env")

    assert refusal.value.details["line"] == line
    assert refusal.value.message.startswith(f"app.env, line {line}: ")


@pytest.mark.parametrize("text", ["A='hunter2", "A=hunter 2", 'A="hunter$2"', "A='hunter2'x"])
def test_a_refusal_does_not_show_the_value(text: str) -> None:
    with pytest.raises(UnreadableDocument) as refusal:
        parse(text)

    assert "hunter" not in str(refusal.value)


@given(st.dictionaries(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]*", fullmatch=True), TEXTS))
def test_every_text_can_be_said_in_double_quotes(values: dict[str, str]) -> None:
    escapes = str.maketrans({character: "\\" + character for character in '"\\$`'} | {"\n": "\\n"})
    text = "".join(f'{key}="{value.translate(escapes)}"\n' for key, value in values.items())

    assert parse(text) == values


@given(TEXTS)
def test_any_text_is_read_or_refused_as_unreadable(text: str) -> None:
    try:
        found = parse(text)
    except UnreadableDocument:
        return
    assert all(key in text for key in found)
