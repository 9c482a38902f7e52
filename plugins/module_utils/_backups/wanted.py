# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a restore is asked for, held against what the snapshot has, before anything is changed.

PRIVATE to the collection.
"""

from __future__ import annotations

import os
import tempfile
import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._backups import description, swapping, taking
from ansible_collections.progressive.delivery.plugins.module_utils._backups.description import Description
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.interface import Engine
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import UnknownSnapshot
from ansible_collections.progressive.delivery.plugins.module_utils._backups.excludes import excluded
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import DESCRIPTION, Snapshot
from ansible_collections.progressive.delivery.plugins.module_utils._backups.plain_paths import is_plain, is_within
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.interface import Source
from ansible_collections.progressive.delivery.plugins.module_utils._errors import InvalidOption


@dataclass(frozen=True)
class Wanted:
    """What is to be brought back.

    :param paths: as the snapshot names them, or within one that it names
    :param replace_links: a link at such a path may be replaced, which else is refused
    """

    paths: t.Tuple[str, ...]
    sources: t.Tuple[Source, ...]
    replace_links: bool = False


def described(engine: Engine, snapshot: Snapshot) -> Description:
    """What *snapshot* says of itself.

    :raises SnapshotDamaged: it cannot be read
    """
    with tempfile.TemporaryDirectory() as scratch:
        engine.extract(snapshot, scratch, [snapshot.dumps + "/" + DESCRIPTION])
        return description.read(scratch + snapshot.dumps)


def check(snapshot: Snapshot, held: Description, wanted: Wanted) -> None:
    """Raise if *wanted* means nothing, or is not in *snapshot* as far as its description tells.

    :raises InvalidOption: nothing is wanted, or one path twice
    :raises UnknownSnapshot: it has not got what is wanted
    """
    if not wanted.paths and not wanted.sources:
        raise InvalidOption("paths and sources are empty, so that nothing would be restored; {0}".format(_told(held)))
    for number, path in enumerate(wanted.paths):
        _check_path(path, snapshot, held)
        for other in wanted.paths[:number] + wanted.paths[number + 1 :]:
            if is_within(path, other):
                raise InvalidOption("paths: {0} is restored with {1}; leave one out".format(path, other))
    names = [source.name for source in wanted.sources]
    kinds = {dumped.name: dumped.kind for dumped in held.sources}
    for source in wanted.sources:
        if names.count(source.name) > 1:
            raise InvalidOption("sources: two are called {0}; leave one out".format(source.name))
        if kinds.get(source.name) != source.kind:
            raise UnknownSnapshot(
                "snapshot {0} has no dump of {1} by {2}; {3}".format(
                    snapshot.identifier, source.name, source.kind, _told(held)
                )
            )


def check_all_named(held: Description, wanted: Wanted) -> None:
    """Raise :class:`InvalidOption` where all that was saved is meant, and none of the sources that were is named."""
    if held.sources and not wanted.sources:
        raise InvalidOption(
            "sources is empty, and databases would stay as they are; {0}; name what is to come back, or give paths for files only".format(
                _told(held)
            )
        )


def check_plain(paths: t.Iterable[str]) -> None:
    """Raise :class:`InvalidOption` for a path that is not absolute, or has dots in it."""
    for path in paths:
        if not is_plain(path):
            raise InvalidOption(
                "paths: {0} is not absolute and without dots; {1} would be".format(path, os.path.abspath(path))
            )


def check_live(wanted: Wanted, apart: t.Sequence[str]) -> None:
    """Raise if what is live cannot be replaced, as far as can be told beforehand.

    :param apart: folders of the backup itself, which are not to be replaced
    :raises SourceUnusable: a path holds one of these folders or is in one
    :raises RestoreFailed: with what is in the way
    """
    taking.check_apart(wanted.paths, apart)
    for path in wanted.paths:
        swapping.check(path, wanted.replace_links)
    for source in wanted.sources:
        source.check_restore()


def _check_path(path: str, snapshot: Snapshot, held: Description) -> None:
    check_plain([path])
    if not any(is_within(path, saved) for saved in snapshot.saved):
        raise UnknownSnapshot("snapshot {0} has no {1}; {2}".format(snapshot.identifier, path, _told(held)))
    if excluded(path, held.excludes):
        raise UnknownSnapshot("{0} was left out of snapshot {1} by its excludes".format(path, snapshot.identifier))


def _told(held: Description) -> str:
    dumps = ["{0} ({1})".format(source.name, source.kind) for source in held.sources]
    return "it has {0}, and {1}".format(
        ", ".join(held.paths) or "no paths", "dumps of " + ", ".join(dumps) if dumps else "no dumps"
    )
