# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The four verdicts, and the one that several come to.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import dataclasses
import enum
import typing as t


class Verdict(str, enum.Enum):
    """What an analysis, or one metric of it, comes to."""

    SUCCESSFUL = "successful"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"


@dataclasses.dataclass(frozen=True)
class Judgement:
    """A verdict and, in words, why; None while there is none yet."""

    verdict: t.Optional[Verdict]
    reason: str


_WORST_FIRST = (Verdict.FAILED, Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.SUCCESSFUL)


def worst(verdicts: t.Iterable[Verdict]) -> Verdict:
    """The verdict that several come to: the worst of them, which a failure is; an error hides no failure."""
    return min(verdicts, key=_WORST_FIRST.index)
