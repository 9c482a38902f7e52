# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of the service and of each of its components. Pure: it is given what was measured.

The service judges itself coarsely. Whether two per cent of errors are too many
is for whoever delivers the release to say; the numbers to say it by are here.
"""

from __future__ import annotations

import dataclasses
import typing as t

from analyze_all.recent import RecentCount
from analyze_all.scoring import Assessment

Status = t.Literal["healthy", "degraded", "unhealthy"]
_WORST_LAST: tuple[Status, ...] = ("healthy", "degraded", "unhealthy")


@dataclasses.dataclass(frozen=True)
class Limits:
    """From where on a component is no longer healthy.

    :param error_ratio: errors per request, 0 to 1
    :param memory_bytes: resident memory
    """

    error_ratio: float = 0.5
    memory_bytes: int = 512 * 1024 * 1024


def components(
    recent: RecentCount, resident_bytes: int, reference: Assessment, limits: Limits
) -> dict[str, dict[str, t.Any]]:
    """Each component's status and the figures behind it, as JSON has them.

    :param reference: the assessment of a document that is known to be good
    """
    return {
        "requests": {
            "status": "degraded" if recent.error_ratio > limits.error_ratio else "healthy",
            "window_seconds": recent.window_seconds,
            "total": recent.total,
            "errors": recent.errors,
            "error_ratio": round(recent.error_ratio, 6),
        },
        "memory": {
            "status": "degraded" if resident_bytes > limits.memory_bytes else "healthy",
            "resident_bytes": resident_bytes,
            "limit_bytes": limits.memory_bytes,
        },
        "scoring": {
            "status": "healthy" if reference.verdict == "good" else "unhealthy",
            "reference_score": reference.score,
        },
    }


def worst(statuses: t.Iterable[Status]) -> Status:
    """The status of a whole: that of its worst part."""
    return max(statuses, key=_WORST_LAST.index, default="healthy")
