# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The aspects of quality. Each module judges one, by ``judge(document) -> Aspect``, and knows of no other."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Aspect:
    """One aspect's judgement.

    :param score: 0 (worst) to 100
    :param findings: what cost points, as sentences for the author
    """

    score: float
    findings: tuple[str, ...] = ()


def deduct(findings: list[tuple[float, str]]) -> Aspect:
    """An aspect that starts at 100 and loses points for each finding, down to 0."""
    lost = sum(points for points, _finding in findings)
    return Aspect(score=max(0.0, 100.0 - lost), findings=tuple(finding for _points, finding in findings))
