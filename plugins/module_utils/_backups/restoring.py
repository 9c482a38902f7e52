# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing back what a snapshot holds, in place or elsewhere.

PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import os
import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._backups import proving, swapping
from ansible_collections.progressive.delivery.plugins.module_utils._backups.description import Description
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.interface import Engine
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import (
    BackupError,
    RestoreFailed,
    UnknownSnapshot,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Snapshot, of_host
from ansible_collections.progressive.delivery.plugins.module_utils._backups.retention import named
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.interface import Source
from ansible_collections.progressive.delivery.plugins.module_utils._backups.workplace import Workplace

NEWEST = "newest"
NEWEST_PROVEN = "newest_proven"


@dataclass(frozen=True)
class Wanted:
    """What is to be brought back.

    :param paths: as the snapshot names them, or within one that it names
    :param replace_links: a link at such a path may be replaced, which else is refused
    """

    paths: t.Tuple[str, ...]
    sources: t.Tuple[Source, ...]
    replace_links: bool = False


@dataclass(frozen=True)
class Restored:
    """What was brought back.

    :param left: folders with old content that could not be removed, and why
    """

    paths: t.Tuple[str, ...]
    sources: t.Tuple[str, ...]
    left: t.Tuple[t.Tuple[str, str], ...] = ()


def chosen(snapshots: t.Sequence[Snapshot], asked: str, unproven: bool, host: str) -> Snapshot:
    """The snapshot that *asked* names: an identifier, or its beginning, or :data:`NEWEST` or :data:`NEWEST_PROVEN` of *host*.

    :param snapshots: oldest first
    :param unproven: one without a proof will do
    :raises UnknownSnapshot: there is none, or more than one, or it is not proven
    """
    if asked in (NEWEST, NEWEST_PROVEN):
        found = [each for each in of_host(snapshots, host) if asked == NEWEST or each.proof is not None][-1:]
    else:
        found = named(snapshots, asked)
    if len(found) > 1:
        raise UnknownSnapshot("{0} is the beginning of {1} snapshots; give all of it".format(asked, len(found)))
    if not found:
        newest = asked in (NEWEST, NEWEST_PROVEN)
        what = "such snapshot of {0}".format(host) if newest else "snapshot {0}".format(asked)
        raise UnknownSnapshot("there is no {0} among the {1} of the app".format(what, len(snapshots)))
    if found[0].proof is None and not unproven:
        raise UnknownSnapshot(
            "snapshot {0} was never proven; prove it with the module backup, or say unproven: true".format(
                found[0].identifier
            )
        )
    return found[0]


def check(snapshot: Snapshot, wanted: Wanted) -> None:
    """Raise :class:`UnknownSnapshot` if a path is not in *snapshot*."""
    for path in wanted.paths:
        if not any(path == saved or path.startswith(saved.rstrip("/") + "/") for saved in snapshot.saved):
            raise UnknownSnapshot(
                "snapshot {0} has no {1}; it has {2}".format(
                    snapshot.identifier, path, ", ".join(snapshot.saved) or "no paths"
                )
            )


def into(engine: Engine, snapshot: Snapshot, wanted: Wanted, folder: str) -> Restored:
    """Restore below *folder*, which is empty or not there: paths as they were saved, the dumps as they were dumped.

    :raises RestoreFailed: there is something in the folder
    """
    if os.path.isdir(folder) and os.listdir(folder):
        raise RestoreFailed("{0} is not empty; give an empty folder, or one that is not there".format(folder))
    os.makedirs(folder, mode=0o700, exist_ok=True)
    engine.extract(snapshot, folder, [*wanted.paths, *([snapshot.dumps] if wanted.sources else [])])
    return Restored(wanted.paths, tuple(source.name for source in wanted.sources))


def in_place(engine: Engine, snapshot: Snapshot, wanted: Wanted, work: Workplace) -> Restored:
    """Let what *snapshot* holds take the place of what is live, each path and each source at once or not at all.

    Everything is restored beside and checked before the first of them changes.

    :raises RestoreFailed: its details say what has changed already; the same restore, run again, does the rest
    """
    done: t.List[str] = []
    left = []
    with contextlib.ExitStack() as places:
        prepared = [
            (path, places.enter_context(swapping.prepared(path, wanted.replace_links))) for path in wanted.paths
        ]
        for path, place in prepared:
            engine.extract(snapshot, place.folder, [path])
        dumps, described = proving.opened(engine, snapshot, work.fresh("restored")) if wanted.sources else ("", None)
        try:
            for source in wanted.sources:
                _restore(source, dumps, t.cast(Description, described), work)
                done.append(source.name)
            for path, place in prepared:
                swapped = swapping.put(place, place.folder + path)
                done.append(path)
                left += [swapped.left] if swapped.left else []
        except BackupError as error:
            error.details["restored"] = done
            raise
    return Restored(wanted.paths, tuple(source.name for source in wanted.sources), tuple(left))


def _restore(source: Source, dumps: str, described: Description, work: Workplace) -> None:
    known = {each.name: each for each in described.sources}
    if source.name not in known or known[source.name].kind != source.kind:
        raise UnknownSnapshot(
            "the snapshot has no dump of {0} by {1}; it has {2}".format(
                source.name, source.kind, ", ".join(sorted(known)) or "none"
            )
        )
    source.restore(os.path.join(dumps, source.name), known[source.name].facts, work.fresh("scratch"))
