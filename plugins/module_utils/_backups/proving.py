# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a snapshot is what was saved, found out by reading it or by restoring it.

PRIVATE to the collection.
"""

from __future__ import annotations

import os
import time
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups import description, trees
from ansible_collections.progressive.delivery.plugins.module_utils._backups.description import Description
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.interface import Engine
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import NotProven, SourceUnusable
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Proof, Snapshot
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.interface import Source
from ansible_collections.progressive.delivery.plugins.module_utils._backups.workplace import Workplace


def prove(
    engine: Engine,
    snapshot: Snapshot,
    how: str,
    sources: t.Sequence[Source],
    work: Workplace,
    expected: t.Optional[Description] = None,
) -> t.Optional[Proof]:
    """Prove *snapshot* and keep the proof in its repository; None when *how* is ``none``.

    Where all files of a path changed since, a restore shows nothing of it; then all is read through, and the proof says so.

    :param how: ``none``, ``checksum`` or ``restore``
    :param sources: by their names, those whose dumps it holds
    :param expected: what was saved just now; the snapshot's own description when it is an earlier one
    :raises NotProven: it is not what was saved
    """
    if how == "none":
        return None
    if how == "restore" and not _restore_and_compare(engine, snapshot, sources, work, expected):
        how = "checksum"
    if how == "checksum":
        engine.read_through(snapshot)
    proof = Proof(time.time(), how)
    engine.record_proof(snapshot, proof)
    return proof


def opened(engine: Engine, snapshot: Snapshot, folder: str) -> t.Tuple[str, Description]:
    """The folder of the dumps of *snapshot*, restored below *folder*, and what it says; each dump is what was dumped.

    :raises SnapshotDamaged: it cannot be restored
    :raises NotProven: a dump is another one than was dumped
    """
    engine.extract(snapshot, folder, [snapshot.dumps])
    dumps = folder + snapshot.dumps
    described = description.read(dumps)
    for source in described.sources:
        found = description.digests(os.path.join(dumps, source.name))
        if found != dict(source.files):
            differing = sorted(name for name in {*found, *source.files} if found.get(name) != source.files.get(name))
            raise NotProven("the dump of {0} is not what was dumped: {1}".format(source.name, ", ".join(differing)))
    return dumps, described


def _restore_and_compare(
    engine: Engine,
    snapshot: Snapshot,
    sources: t.Sequence[Source],
    work: Workplace,
    expected: t.Optional[Description],
) -> bool:
    """Whether there was something to compare of each path of which anything was saved."""
    folder = work.fresh("restored")
    dumps, described = opened(engine, snapshot, folder)
    if expected is not None and described != expected:
        raise NotProven("the snapshot's description is not the one that was saved")
    by_name = {source.name: source for source in sources}
    for source in described.sources:
        if source.name not in by_name:
            raise SourceUnusable(
                "the snapshot has a dump of {0}, which is not among the sources of the task, so that it cannot be proven".format(
                    source.name
                )
            )
        by_name[source.name].prove(os.path.join(dumps, source.name), source.facts, work.fresh("scratch"))
    if snapshot.saved:
        tree = work.fresh("tree")
        engine.extract(snapshot, tree, snapshot.saved)
        compared = [trees.compare(tree + path, path, described.began, described.excludes) for path in snapshot.saved]
        return all(each.files or not each.changed for each in compared)
    return True
