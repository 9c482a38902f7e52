# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Can it be read? Flesch's reading ease, which holds for English."""

from __future__ import annotations

import functools
import re

from analyze_all.aspects import Aspect
from analyze_all.document import Document

PLAIN_ENGLISH = 60.0
"""The reading ease from which a text counts as plain English; there the score is full."""

_VOWELS = re.compile(r"[aeiouy]+")
_SILENT_END = re.compile(r"(?:[^laeiouy]e|[^dt]ed)$")


def judge(document: Document) -> Aspect:
    """The reading ease as a fraction of plain English's."""
    ease = reading_ease(document)
    score = 100.0 * min(max(ease / PLAIN_ENGLISH, 0.0), 1.0)
    if ease >= PLAIN_ENGLISH:
        return Aspect(score)
    return Aspect(score, (f"Hard to read: reading ease {ease:.0f}, plain English has {PLAIN_ENGLISH:.0f} or more.",))


def reading_ease(document: Document) -> float:
    """Flesch's formula: about 100 for a child's book, 60 for plain English, below 30 for a contract.

    A document without a sentence has an ease of 0.
    """
    words = document.words
    if not words:
        return 0.0
    syllables = sum(count_syllables(word) for word in words)
    return 206.835 - 1.015 * len(words) / len(document.sentences) - 84.6 * syllables / len(words)


@functools.lru_cache(maxsize=4096)
def count_syllables(word: str) -> int:
    """Groups of vowels, less an ending that is written and not spoken; at least 1. Right for most of English."""
    lowered = word.lower()
    groups = len(_VOWELS.findall(lowered))
    return max(1, groups - 1 if _SILENT_END.search(lowered) else groups)
