# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analyze_all.document import fill, take_apart

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.]{0,9}", fullmatch=True)
values = st.text(alphabet=st.characters(exclude_characters="{}"))


def test_a_document_is_paragraphs_of_sentences_under_headings() -> None:
    document = take_apart("# Order\n\nThank you. It isn't far!\n\n### Well-known facts\nOne\n")

    assert document.heading_levels == (1, 3)
    assert document.paragraphs == ("Thank you. It isn't far!", "One")
    assert document.sentences == (("Thank", "you"), ("It", "isn't", "far"), ("One",))
    assert document.words == ("Thank", "you", "It", "isn't", "far", "One")


def test_a_dot_within_a_number_or_a_name_ends_no_sentence() -> None:
    assert len(take_apart("Version 1.2 of example.com is out. See it.").sentences) == 2


def test_a_template_gets_its_values() -> None:
    document = fill("Dear {{ name }}, order {{order.id}} and {{ name }}.", {"name": "Ann", "order.id": "7"})

    assert document.text == "Dear Ann, order 7 and Ann."
    assert document.filled == ("name", "order.id")
    assert document.unresolved == ()


def test_a_placeholder_without_a_value_stays_where_its_reader_would_see_it() -> None:
    document = fill("Dear {{ name }}, {{ name }}: {{ greeting }}", {"greeting": "hello"})

    assert document.text == "Dear {{ name }}, {{ name }}: hello"
    assert document.unresolved == ("name",)


def test_a_value_that_brings_a_placeholder_leaves_it_unresolved() -> None:
    assert fill("{{ a }}", {"a": "{{ b }}"}).unresolved == ("b",)


@given(st.dictionaries(names, values))
def test_every_placeholder_is_filled_or_unresolved(given_values: dict[str, str]) -> None:
    template = " ".join(f"{{{{ {name} }}}} {{{{{name}_}}}}" for name in given_values)

    document = fill(template, given_values)

    wanted = set(given_values) | {f"{name}_" for name in given_values}
    assert set(document.filled) == wanted & given_values.keys()
    assert set(document.unresolved) == wanted - given_values.keys()


@given(st.text())
def test_a_template_without_placeholders_is_the_text_it_is(text: str) -> None:
    assert fill(text.replace("{", ""), {"a": "b"}) == take_apart(text.replace("{", ""))
