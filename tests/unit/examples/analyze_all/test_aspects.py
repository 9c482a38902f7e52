# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyze_all.aspects import Aspect, completeness, readability, structure, wording
from analyze_all.document import fill, take_apart

prose = st.lists(
    st.sampled_from(["Word", "word", "LOUD!!", "{{ x }}", "TODO", "end.", "\n\n", "# ", "### ", "énorme", "!"])
).map(" ".join)


@pytest.mark.parametrize("aspect", [completeness, readability, structure, wording])
@given(text=st.one_of(st.text(), prose))
def test_a_score_is_from_0_to_100_and_points_lost_are_explained(aspect: types.ModuleType, text: str) -> None:
    judged: Aspect = aspect.judge(take_apart(text))

    assert 0 <= judged.score <= 100
    assert bool(judged.findings) == (judged.score < 100)


def test_completeness_is_the_fraction_of_placeholders_with_a_value() -> None:
    judged = completeness.judge(fill("{{ a }} {{ b }} {{ c }} {{ d }}", {"a": "1", "b": "2", "c": "3"}))

    assert judged == Aspect(75.0, ("No value for the placeholder d.",))


def test_a_note_to_self_costs_a_quarter_however_often_it_stands() -> None:
    judged = completeness.judge(take_apart("Todo: say more. TODO. Lorem ipsum dolor."))

    assert judged == Aspect(50.0, ("A note is left in the text: TODO.", "A note is left in the text: LOREM IPSUM."))


@pytest.mark.parametrize(
    ("word", "syllables"),
    [
        ("a", 1),
        ("door", 1),
        ("take", 1),
        ("table", 2),
        ("wanted", 2),
        ("jumped", 1),
        ("readable", 3),
        ("xyz", 1),
        ("hmm", 1),
    ],
)
def test_syllables(word: str, syllables: int) -> None:
    assert readability.count_syllables(word) == readability.count_syllables(word.upper()) == syllables


def test_reading_ease_is_flesch_s() -> None:
    # 5 words, 1 sentence, 6 syllables.
    document = take_apart("The cat sat on tables.")

    assert readability.reading_ease(document) == pytest.approx(206.835 - 1.015 * 5 - 84.6 * 6 / 5)


def test_plain_words_read_better_than_heavy_ones() -> None:
    plain = take_apart("We will send you a new one.")
    heavy = take_apart(
        "Notwithstanding aforementioned considerations, replacement merchandise necessitates authorisation."
    )

    assert readability.judge(plain).score == 100
    assert readability.judge(heavy).score == 0


def test_half_of_the_sentences_too_long_costs_thirty() -> None:
    document = take_apart("It is fine. " + "and so on " * 11 + ".")

    assert structure.judge(document) == Aspect(70.0, ("1 of 2 sentences have over 30 words.",))


def test_a_wall_of_text_costs_forty() -> None:
    judged = structure.judge(take_apart("It goes on. " * 51))

    assert judged == Aspect(60.0, ("1 of 1 paragraphs have over 150 words.",))


def test_a_heading_may_go_up_any_number_of_levels_and_down_one() -> None:
    assert structure.judge(take_apart("# A\n## B\n### C\n# D\nText.")).score == 100
    assert structure.judge(take_apart("# A\n### C\nText.")) == Aspect(
        90.0, ("A heading of level 3 follows one of level 1.",)
    )


def test_headings_alone_are_no_document() -> None:
    assert structure.judge(take_apart("# A\n## B")) == Aspect(0.0, ("There is no sentence in it.",))


def test_slips_of_the_pen() -> None:
    judged = wording.judge(take_apart("Send the The NASA form IMMEDIATELY!! It is is late. IMMEDIATELY!!"))

    assert judged.findings == (
        "The word 'the' stands twice in a row.",
        "The word 'is' stands twice in a row.",
        "IMMEDIATELY shouts.",
        "One mark would do in place of !!.",
    )
    assert judged.score == 100 - 15 - 15 - 10 - 10


def test_the_same_word_may_end_one_sentence_and_begin_the_next() -> None:
    assert wording.judge(take_apart("Here it is. Is it late?")).score == 100
