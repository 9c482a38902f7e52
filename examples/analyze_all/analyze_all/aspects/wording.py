# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is it well worded? Slips of the pen and shouting."""

from __future__ import annotations

import itertools
import re

from analyze_all.aspects import Aspect, deduct
from analyze_all.document import Document

_SHORTEST_SHOUT = 5
"""Letters; shorter words in capitals are taken for abbreviations."""

_PILED_UP = re.compile(r"[!?]{2,}")


def judge(document: Document) -> Aspect:
    """Points off for each slip."""
    return deduct([*_doubled(document), *_shouted(document), *_piled_up(document)])


def _doubled(document: Document) -> list[tuple[float, str]]:
    pairs = (pair for sentence in document.sentences for pair in itertools.pairwise(map(str.lower, sentence)))
    return [(15.0, f"The word {first!r} stands twice in a row.") for first, second in pairs if first == second]


def _shouted(document: Document) -> list[tuple[float, str]]:
    shouts = (word for word in document.words if len(word) >= _SHORTEST_SHOUT and word.isupper())
    return [(10.0, f"{word} shouts.") for word in dict.fromkeys(shouts)]


def _piled_up(document: Document) -> list[tuple[float, str]]:
    return [
        (10.0, f"One mark would do in place of {marks}.") for marks in dict.fromkeys(_PILED_UP.findall(document.text))
    ]
