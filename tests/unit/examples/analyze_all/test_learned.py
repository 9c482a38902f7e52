# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyze_all.document import fill, take_apart
from analyze_all.learned import LABELLED, assess
from analyze_all.scoring import MOST_WHEN_UNRESOLVED


@pytest.mark.parametrize("text", LABELLED)
def test_what_people_judged_is_judged_likewise(text: str) -> None:
    assert assess(take_apart(text)).verdict == LABELLED[text]


@given(st.text())
def test_the_same_document_always_gets_the_same_score_of_a_hundred(text: str) -> None:
    assessment = assess(take_apart(text))
    assert 0 <= assessment.score <= 100
    assert assess(take_apart(text)) == assessment


@given(st.text(), st.text(alphabet=st.characters(exclude_characters="{}")))
def test_nothing_makes_up_for_an_open_placeholder(before: str, name: str) -> None:
    assert assess(fill(before + " {{ name }} {{ day }}", {"name": name})).score <= MOST_WHEN_UNRESOLVED
