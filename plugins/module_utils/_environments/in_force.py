# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files on a host are of the configuration, and whether what is kept of it is whole.

PRIVATE to the collection. Reads only.
"""

from __future__ import annotations

import hashlib
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._environments import placement
from ansible_collections.progressive.delivery.plugins.module_utils._environments.rendering.files import RenderedFile
from ansible_collections.progressive.delivery.plugins.module_utils._environments.revisions.errors import RevisionDamaged
from ansible_collections.progressive.delivery.plugins.module_utils._environments.revisions.records import Kept, KeptFile
from ansible_collections.progressive.delivery.plugins.module_utils._environments.revisions.store import Store


def files_in_force(store: Store, kept: Kept) -> t.Dict[str, RenderedFile]:
    """By path the files that the revision in force has; without their content, or none at all, where that is damaged."""
    revision = kept.revisions.get(kept.current or 0)
    if revision is None:
        return {}
    try:
        files: t.Sequence[RenderedFile] = store.files(revision)
    except RevisionDamaged:
        files = [file.with_content(b"") for file in revision.files]
    return {file.path: file for file in files}


def begun_files(kept: Kept) -> t.List[KeptFile]:
    """The files that runs which were killed were to write, of revisions that can be read."""
    begun = [kept.revisions[number] for number in kept.begun if number in kept.revisions]
    return [file for revision in begun for file in revision.files]


def left_behind(kept: Kept) -> t.List[str]:
    """The paths of files that are in force nowhere, and that a run which was killed has written."""
    known = set(kept.paths_in_force)
    found = []
    for file in begun_files(kept):
        there = None if file.path in known else placement.found_at(file.path)
        if there and there.content is not None and hashlib.sha256(there.content).hexdigest() == file.sha256:
            found.append(file.path)
    return list(dict.fromkeys(found))


def damage(store: Store, kept: Kept) -> t.Optional[str]:
    """What cannot be read of the revision in force; None where all is whole."""
    if kept.current is None:
        return None
    if kept.current not in kept.revisions:
        return store.path(kept.current)
    try:
        store.files(kept.revisions[kept.current])
    except RevisionDamaged:
        return store.path(kept.current)
    return None
