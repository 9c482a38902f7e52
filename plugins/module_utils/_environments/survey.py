# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in force on a host, and how the host differs from what is declared.

PRIVATE to the collection. Reads only.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._environments import drift, placement
from ansible_collections.progressive.delivery.plugins.module_utils._environments.drift import Difference
from ansible_collections.progressive.delivery.plugins.module_utils._environments.in_force import (
    damage,
    files_in_force,
    left_behind,
)
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.files import RenderedFile
from ansible_collections.progressive.delivery.plugins.module_utils._environments.revisions.records import Kept
from ansible_collections.progressive.delivery.plugins.module_utils._environments.revisions.store import Store

EDITED = "edited"
"""Somebody else has changed it since it was written."""
PENDING = "pending"
"""It is as it was written, and declared otherwise since."""


@dataclass(frozen=True)
class Finding:
    """A difference, and why: :data:`EDITED` or :data:`PENDING`."""

    difference: Difference
    cause: str


def surveyed(store: Store, kept: Kept, declared: t.Optional[t.Sequence[RenderedFile]]) -> t.List[Finding]:
    """What differs on this host from *declared*, or where that is None from what was last brought into force.

    That what is in force cannot be read is a finding too: nobody knows then what differs from it.
    """
    in_force = files_in_force(store, kept)
    wanted = list(in_force.values()) if declared is None else declared
    findings = []
    for file in wanted:
        before = in_force.get(file.path)
        found = placement.found_at(file.path)
        edited = _edited(before, found)
        findings += [
            Finding(difference, EDITED if (difference.key, difference.kind) in edited else PENDING)
            for difference in drift.differences(file, found, before)
        ]
    staying = {file.path for file in wanted}
    known = kept.paths_in_force if declared is not None else ()
    gone = [path for path in known if path not in staying and placement.found_at(path) is not None]
    gone += [path for path in left_behind(kept) if path not in staying]
    findings += [Finding(drift.stale(path), PENDING) for path in gone]
    damaged = damage(store, kept)
    return findings if damaged is None else [Finding(drift.unreadable(damaged), EDITED), *findings]


def _edited(before: t.Optional[RenderedFile], found: t.Optional[placement.Found]) -> t.Set[t.Tuple[str, str]]:
    """What differs from what was written here; without that, nothing was edited."""
    if before is None:
        return set()
    return {(difference.key, difference.kind) for difference in drift.differences(before, found, before)}
