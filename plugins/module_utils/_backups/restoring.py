# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which snapshot is gone back to, and putting what it holds in the place of what is live.

PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import os
import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._backups import proving, swapping
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.interface import Engine
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import BackupError, UnknownSnapshot
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Snapshot, of_host
from ansible_collections.progressive.delivery.plugins.module_utils._backups.retention import named
from ansible_collections.progressive.delivery.plugins.module_utils._backups.wanted import Wanted
from ansible_collections.progressive.delivery.plugins.module_utils._backups.workplace import Workplace

NEWEST = "newest"
NEWEST_PROVEN = "newest_proven"


@dataclass(frozen=True)
class Restored:
    """What was brought back.

    :param left: folders with old content that could not be removed, and why
    :param lost: what no snapshot has of the old content, and could not be carried over, and why
    """

    paths: t.Tuple[str, ...]
    sources: t.Tuple[str, ...]
    left: t.Tuple[t.Tuple[str, str], ...] = ()
    lost: t.Tuple[t.Tuple[str, str], ...] = ()


def newest(snapshots: t.Sequence[Snapshot], proven: bool = False) -> t.Optional[Snapshot]:
    """The last of *snapshots*, of those that were *proven* where that is asked; never what was saved before a restore.

    Else a restore that is run again would bring back what it was to mend.
    """
    found = [each for each in snapshots if not each.is_safety and (each.proof is not None or not proven)]
    return found[-1] if found else None


def chosen(snapshots: t.Sequence[Snapshot], asked: str, unproven: bool, host: str) -> Snapshot:
    """The snapshot that *asked* names: an identifier, or its beginning, or :data:`NEWEST` or :data:`NEWEST_PROVEN` of *host*.

    :param snapshots: oldest first
    :param unproven: one without a proof will do
    :raises UnknownSnapshot: there is none, or more than one, or it is not proven
    """
    if asked in (NEWEST, NEWEST_PROVEN):
        last = newest(of_host(snapshots, host), proven=asked == NEWEST_PROVEN)
        found = [last] if last is not None else []
    else:
        found = named(snapshots, asked)
    if len(found) > 1:
        raise UnknownSnapshot("{0} is the beginning of {1} snapshots; give all of it".format(asked, len(found)))
    if not found:
        by_age = asked in (NEWEST, NEWEST_PROVEN)
        what = "such snapshot of {0}".format(host) if by_age else "snapshot {0}".format(asked)
        raise UnknownSnapshot(
            "there is no {0} among the {1} of the app{2}".format(
                what,
                len(snapshots),
                ", and what was saved before a restore is only gone back to by its id"
                if any(each.is_safety for each in snapshots)
                else "",
            )
        )
    if found[0].proof is None and not unproven:
        raise UnknownSnapshot(
            "snapshot {0} was never proven; prove it with the module backup, or say unproven: true".format(
                found[0].identifier
            )
        )
    return found[0]


def in_place(
    engine: Engine, snapshot: Snapshot, wanted: Wanted, excludes: t.Sequence[str], work: Workplace
) -> Restored:
    """Let what *snapshot* holds take the place of what is live, each path and each source at once or not at all.

    Paths are restored beside, and dumps are known to be what was dumped, before the first of them changes. That a database
    takes its dump is found out when its turn comes, before it changes itself; the paths come after all of them.

    :param excludes: those with which the snapshot was taken; what they leave out stays as it is live
    :raises RestoreFailed: its details say what has changed already; the same restore, run again, does the rest
    """
    done: t.List[str] = []
    swapped: t.List[swapping.Swapped] = []
    with contextlib.ExitStack() as places:
        prepared = [
            (path, places.enter_context(swapping.prepared(path, wanted.replace_links))) for path in wanted.paths
        ]
        if prepared:
            engine.extract_each(snapshot, [(place.folder, [path]) for path, place in prepared])
        for path, place in prepared:
            swapping.check_restored(place, place.folder + path)
        dumps, facts = "", {}
        if wanted.sources:
            dumps, held = proving.opened(engine, snapshot, work.fresh("restored"))
            facts = {source.name: source.facts for source in held.sources}
        try:
            for source in wanted.sources:
                source.restore(os.path.join(dumps, source.name), facts[source.name], work.fresh("scratch"))
                done.append(source.name)
            for path, place in prepared:
                swapped.append(swapping.put(place, place.folder + path, excludes=excludes))
                done.append(path)
        except BackupError as error:
            error.details["restored"] = done
            raise
    left = tuple(each.left for each in swapped if each.left is not None)
    lost = tuple(pair for each in swapped for pair in each.lost)
    return Restored(wanted.paths, tuple(source.name for source in wanted.sources), left, lost)
