# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which revisions are kept.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments.revisions.records import Kept


def prunable(kept: Kept, keep: int, named: t.Collection[str]) -> t.Tuple[int, ...]:
    """The numbers of the revisions to remove, the oldest first.

    At most *keep* are left, the newest, where that can be. Never removed, but counted, are the one in force, the one before
    it, the last one of each of the newest *keep* releases, two at least, and those of the releases and rollouts in *named*.
    However often the settings change below a release, the configuration of the one before it can be gone back to.
    """
    last = {kept.of_release(release) for release in kept.releases[: max(keep, 2)]}
    untouchable = {kept.current, kept.previous} | last | kept.named_by(named)
    candidates = [number for number in sorted(kept.numbers) if number not in untouchable]
    surplus = len(kept.numbers) - keep
    return tuple(candidates[: max(surplus, 0)])
