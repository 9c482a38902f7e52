# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which version of a flag a caller has seen, so that nobody changes one that somebody else has changed meanwhile.

PRIVATE to the collection. Pure: no I/O.
"""

from __future__ import annotations

import hashlib
import json
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._toggles.errors import UnexpectedToggleVersion
from ansible_collections.progressive.delivery.plugins.module_utils._toggles.interface import Decision, Definition

ABSENT = "absent"
"""The version of a flag that does not exist."""


def version_of(definition: t.Optional[Definition]) -> str:
    """A text that is another for each flag that differs in anything, and the same wherever the flag is kept."""
    if definition is None:
        return ABSENT
    text = json.dumps(definition, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


def only_from(version: str, decide: Decision) -> Decision:
    """*decide*, for a flag of that version alone; the decision raises :class:`UnexpectedToggleVersion`.

    Also where the flag is already as it is to be: two who add one to a share would both be told that it is done.
    """

    def guarded(was: t.Optional[Definition]) -> t.Optional[Definition]:
        if version_of(was) != version:
            raise UnexpectedToggleVersion(
                "expected_version: the flag is now {0}, not {1}".format(version_of(was), version)
            )
        return decide(was)

    return guarded
