# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyze_all.document import fill, take_apart
from analyze_all.scoring import CRITERIA, LEAST_SCORE, MOST_WHEN_UNRESOLVED, assess, verdict_on

TEMPLATE = "Dear {{ name }}, it is now {{ day }}. Your bread is ready."


def test_the_weights_are_a_whole() -> None:
    assert sum(criterion.weight for criterion in CRITERIA.values()) == pytest.approx(1)


def test_the_score_is_the_weighed_aspects() -> None:
    assessment = assess(take_apart("Here is the the bread. TODO: say when it is."))

    assert {name: aspect.score for name, aspect in assessment.aspects.items()} == {
        "completeness": 75,
        "readability": 100,
        "structure": 100,
        "wording": 85,
    }
    assert assessment.score == 0.4 * 75 + 0.3 * 100 + 0.2 * 100 + 0.1 * 85
    assert assessment.verdict == "good"


@given(st.text())
def test_the_same_document_always_gets_the_same_verdict(text: str) -> None:
    assert assess(take_apart(text)) == assess(take_apart(text))


@given(st.text(), st.text(alphabet=st.characters(exclude_characters="{}")))
def test_nothing_makes_up_for_an_open_placeholder(before: str, name: str) -> None:
    assessment = assess(fill(before + " {{ name }} {{ day }}", {"name": name}))

    assert assessment.score <= MOST_WHEN_UNRESOLVED
    assert assessment.verdict == "poor"


def test_a_value_for_every_placeholder_makes_a_good_letter_of_a_poor_one() -> None:
    assert assess(fill(TEMPLATE, {"name": "Ann"})).verdict == "poor"
    assert assess(fill(TEMPLATE, {"name": "Ann", "day": "Friday"})).verdict == "good"


@pytest.mark.parametrize(
    ("score", "verdict"), [(100, "good"), (75, "good"), (74.9, "fair"), (50, "fair"), (49.9, "poor"), (0, "poor")]
)
def test_every_score_has_a_verdict(score: float, verdict: str) -> None:
    assert verdict_on(score) == verdict


def test_an_open_placeholder_is_poor_by_definition() -> None:
    assert LEAST_SCORE["fair"] > MOST_WHEN_UNRESOLVED
