# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of a flag that no reader decides by.

PRIVATE to the collection. Pure: no I/O.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._toggles.interface import Definition


def metadata_of(definition: t.Optional[Definition]) -> t.Dict[str, t.Any]:
    """The metadata of a flag, by field; none where somebody wrote something else there."""
    metadata = definition.get("metadata") if definition else None
    return metadata if isinstance(metadata, dict) else {}


def with_metadata(definition: Definition, metadata: t.Mapping[str, t.Any]) -> Definition:
    """The flag with that metadata in place of its own, and without the field where there is none."""
    plain = {name: value for name, value in definition.items() if name != "metadata"}
    return {**plain, "metadata": dict(metadata)} if metadata else plain
