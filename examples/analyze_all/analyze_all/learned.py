# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The AI path: a verdict by likeness to documents on which people gave theirs, not by weights that somebody chose.

The aspects of a document are its place among ``LABELLED``; the score is that
of the nearest of them, the nearer the heavier (k nearest neighbours). Pure and
deterministic.
"""

from __future__ import annotations

import functools
import math

from analyze_all.document import Document, take_apart
from analyze_all.scoring import CRITERIA, MOST_WHEN_UNRESOLVED, Assessment, Verdict, verdict_on

LABELLED: dict[str, Verdict] = {
    "The door is open. Please come in and take a seat.": "good",
    "Your order was shipped on Monday. It will arrive within three days. Call us if it does not.": "good",
    "This sentence goes on and on without any end, since whoever wrote it did not know where to stop, and so it became "
    "longer and longer until nobody who read it knew any more what its beginning had been about.": "fair",
    "Utilise the aforementioned functionality in order to facilitate optimisation.": "fair",
    "very very good offer!!! buy now!!! buy now!!! very cheap!!!": "poor",
    "Dear {{ name }}, your {{ product }} is ready.": "poor",
    "hello hello hello hello hello hello": "poor",
}
"""Documents with the verdict of a person."""
MIDDLE: dict[Verdict, float] = {"good": 88.0, "fair": 62.0, "poor": 30.0}
"""The score that stands for a verdict."""
NEIGHBOURS = 3
SAME = 1e-6
"""A distance that is none."""


def assess(document: Document) -> Assessment:
    """Judge a document by those it is most like."""
    aspects = {name: criterion.judge(document) for name, criterion in CRITERIA.items()}
    here = tuple(aspect.score for aspect in aspects.values())
    nearest = sorted((math.dist(here, place), MIDDLE[verdict]) for place, verdict in _places())[:NEIGHBOURS]
    weights = [1 / max(distance, SAME) for distance, _score in nearest]
    score = sum(weight * score for weight, (_distance, score) in zip(weights, nearest, strict=True)) / sum(weights)
    if document.unresolved:
        score = min(score, MOST_WHEN_UNRESOLVED)
    score = round(score, 1)
    return Assessment(verdict=verdict_on(score), score=score, aspects=aspects)


@functools.cache
def _places() -> tuple[tuple[tuple[float, ...], Verdict], ...]:
    """Where the labelled documents are."""
    return tuple(
        (tuple(criterion.judge(take_apart(text)).score for criterion in CRITERIA.values()), verdict)
        for text, verdict in LABELLED.items()
    )
