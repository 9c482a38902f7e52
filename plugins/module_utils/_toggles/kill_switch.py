# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kill switch of a flag: it is off whatever else is said of it, until that is taken back.

PRIVATE to the collection. Pure: no I/O. A killed flag is disabled, so apps
use their own default, and its metadata keeps the state to which it comes back.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._toggles.interface import Definition
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.metadata import metadata_of, with_metadata

FIELD = "killed"
"""The field of the metadata with the state beneath."""

STATES = ("ENABLED", "DISABLED")


def is_killed(definition: t.Optional[Definition]) -> bool:
    """Whether a flag was killed; not when somebody has enabled it by hand since."""
    return (
        bool(definition)
        and t.cast("Definition", definition).get("state") == "DISABLED"
        and metadata_of(definition).get(FIELD) in STATES
    )


def killed(definition: Definition) -> Definition:
    """The flag with its kill switch on."""
    if is_killed(definition):
        return definition
    metadata = {**metadata_of(definition), FIELD: definition["state"]}
    return with_metadata({**definition, "state": "DISABLED"}, metadata)


def beneath(definition: Definition) -> Definition:
    """The flag with its kill switch off."""
    metadata = metadata_of(definition)
    if metadata.get(FIELD) not in STATES:
        return definition
    state = metadata[FIELD] if is_killed(definition) else definition["state"]
    return with_metadata({**definition, "state": state}, {name: metadata[name] for name in metadata if name != FIELD})
