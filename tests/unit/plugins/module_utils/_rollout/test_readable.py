# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of a journal as a picture can hold them."""

from __future__ import annotations

import typing as t
import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._rollout.readable import readable

TEXTS = st.text(st.characters())


@given(TEXTS)
def test_any_text_can_stand_in_an_xml_document_then_and_in_a_file(text: str) -> None:
    element = ET.Element("text")
    element.text = readable(text)
    ET.fromstring(ET.tostring(element, encoding="utf-8"))


@given(st.dictionaries(st.text("aé✓\n\t"), st.integers() | st.none() | st.lists(st.text("a<&✓"))))
def test_what_can_be_drawn_stays_as_it_is(data: t.Dict[str, t.Any]) -> None:
    assert readable(data) == data


def test_the_colours_of_a_terminal_are_left_out_and_other_controls_are_told_in_keys_too() -> None:
    assert readable({"a\x1b[1;31mb\x1b[0m": ["\x00", 1.5, None, True]}) == {"ab": ["\ufffd", 1.5, None, True]}
