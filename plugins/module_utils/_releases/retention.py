# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which releases are kept, and which one is gone back to.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import typing as t


def previous_release(
    current: t.Optional[str], activations: t.Sequence[str], present: t.Collection[str]
) -> t.Optional[str]:
    """The release that served before *current* and is still there.

    :param activations: versions in the order in which they were made current
    """
    for version in reversed(activations):
        if version != current and version in present:
            return version
    return None


def prunable(
    staged: t.Mapping[str, int],
    keep: int,
    current: t.Optional[str],
    previous: t.Optional[str],
    protect: t.Collection[str] = (),
) -> t.Tuple[str, ...]:
    """The versions to remove, the one staged first first.

    At most *keep* releases are left, the newest, where that can be. The current
    release, the previous one and the protected ones are never removed and count.

    :param staged: of each version the number of its staging; 1 is older than 2
    """
    untouchable = {current, previous} | set(protect)
    oldest_first = sorted(staged, key=lambda version: (staged[version], version))
    candidates = [version for version in oldest_first if version not in untouchable]
    surplus = len(staged) - keep
    return tuple(candidates[: max(surplus, 0)])
