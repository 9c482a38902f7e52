# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Can one find the way through it? Sentences, paragraphs and the order of headings."""

from __future__ import annotations

import itertools

from analyze_all.aspects import Aspect, deduct
from analyze_all.document import Document, count_words

LONGEST_SENTENCE = 30
"""Words; a longer sentence loses its reader."""

LONGEST_PARAGRAPH = 150
"""Words; a longer paragraph is a wall."""


def judge(document: Document) -> Aspect:
    """Points off for each kind of obstacle, by how much of the document it is."""
    if not document.sentences:
        return Aspect(0.0, ("There is no sentence in it.",))
    return deduct([*_long_sentences(document), *_long_paragraphs(document), *_skipped_levels(document)])


def _long_sentences(document: Document) -> list[tuple[float, str]]:
    long = sum(1 for sentence in document.sentences if len(sentence) > LONGEST_SENTENCE)
    share = long / len(document.sentences)
    return [(60.0 * share, f"{long} of {len(document.sentences)} sentences have over {LONGEST_SENTENCE} words.")] * (
        long > 0
    )


def _long_paragraphs(document: Document) -> list[tuple[float, str]]:
    long = sum(1 for paragraph in document.paragraphs if count_words(paragraph) > LONGEST_PARAGRAPH)
    share = long / len(document.paragraphs)
    return [(40.0 * share, f"{long} of {len(document.paragraphs)} paragraphs have over {LONGEST_PARAGRAPH} words.")] * (
        long > 0
    )


def _skipped_levels(document: Document) -> list[tuple[float, str]]:
    return [
        (10.0, f"A heading of level {below} follows one of level {above}.")
        for above, below in itertools.pairwise(document.heading_levels)
        if below > above + 1
    ]
