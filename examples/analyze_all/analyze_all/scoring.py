# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on a document: the aspects weighed into one quality score. Pure and deterministic."""

from __future__ import annotations

import dataclasses
import typing as t

from analyze_all.aspects import Aspect, completeness, readability, structure, wording
from analyze_all.document import Document

Verdict = t.Literal["good", "fair", "poor"]

LEAST_SCORE: dict[Verdict, float] = {"good": 75.0, "fair": 50.0, "poor": 0.0}
"""The least score of each verdict, best first."""

MOST_WHEN_UNRESOLVED = 49.0
"""Whatever its merits, nobody may send a letter that greets its reader as ``{{ name }}``."""


class Criterion(t.NamedTuple):
    """An aspect and its weight; the weights of all sum to 1."""

    judge: t.Callable[[Document], Aspect]
    weight: float


CRITERIA = {
    "completeness": Criterion(completeness.judge, 0.4),
    "readability": Criterion(readability.judge, 0.3),
    "structure": Criterion(structure.judge, 0.2),
    "wording": Criterion(wording.judge, 0.1),
}


@dataclasses.dataclass(frozen=True)
class Assessment:
    """How good a document is.

    :param score: quality, 0 (worst) to 100
    :param aspects: what the score was weighed from, by name
    """

    verdict: Verdict
    score: float
    aspects: dict[str, Aspect]


def assess(document: Document) -> Assessment:
    """Judge every aspect of a document and weigh them."""
    aspects = {name: criterion.judge(document) for name, criterion in CRITERIA.items()}
    score = sum(CRITERIA[name].weight * aspect.score for name, aspect in aspects.items())
    if document.unresolved:
        score = min(score, MOST_WHEN_UNRESOLVED)
    # Rounded before it is judged, so that the verdict agrees with the score that is shown.
    score = round(score, 1)
    return Assessment(verdict=verdict_on(score), score=score, aspects=aspects)


def verdict_on(score: float) -> Verdict:
    """The verdict that a score, 0 to 100, stands for."""
    return next(verdict for verdict, least in LEAST_SCORE.items() if score >= least)
