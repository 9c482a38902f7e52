# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The releases of a host as they were at one time.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._releases.plan import Present
from ansible_collections.progressive.delivery.plugins.module_utils._releases.records import Record


@dataclass(frozen=True)
class Snapshot:
    """The releases of a root at one time.

    :param current: the version that ``current`` points to, None when there is none
    :param records: of each release its record; None for a folder that this collection did not make
    :param activations: versions in the order in which they became current, ending with *current*
    :param prepared: versions that somebody else puts together, or has put together
    """

    current: t.Optional[str]
    records: t.Mapping[str, t.Optional[Record]]
    activations: t.Tuple[str, ...]
    prepared: t.FrozenSet[str] = frozenset()

    @property
    def present(self) -> Present:
        """What decisions are made from."""
        return Present(
            staged={version: record.sequence for version, record in self.records.items() if record is not None},
            others=frozenset(version for version, record in self.records.items() if record is None),
            current=self.current,
            activations=self.activations,
        )

    @property
    def previous(self) -> t.Optional[str]:
        """The release to go back to."""
        return self.present.previous
