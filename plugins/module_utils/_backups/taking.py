# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking a backup, from the first look to the proof.

PRIVATE to the collection.
"""

from __future__ import annotations

import itertools
import os
import time
import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._backups import description, proving
from ansible_collections.progressive.delivery.plugins.module_utils._backups.description import Description, DumpedSource
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.interface import Engine
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import (
    RepositoryFull,
    SourceUnusable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.excludes import check_excludes
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Content, Labels, Proof, Taken
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.interface import Source
from ansible_collections.progressive.delivery.plugins.module_utils._backups.workplace import (
    Workplace,
    is_within,
    overlap,
)


@dataclass(frozen=True)
class Order:
    """What is to be saved.

    :param paths: absolute and normal
    :param verify: ``none``, ``checksum`` or ``restore``
    :param links: a path may be a symbolic link, which is saved as the link that it is and not what it leads to
    """

    labels: Labels
    paths: t.Tuple[str, ...]
    excludes: t.Tuple[str, ...]
    sources: t.Tuple[Source, ...]
    verify: str
    links: bool = False


def check(order: Order, apart: t.Sequence[str]) -> None:
    """Raise if what is to be saved cannot be, as far as can be told without doing it and without its repository; nothing is changed.

    :param apart: folders of the backup itself, which no path may hold or be in
    """
    if not order.paths and not order.sources:
        raise SourceUnusable("there is nothing to save: give paths or sources")
    names = [source.name for source in order.sources]
    for name in names:
        if names.count(name) > 1:
            raise SourceUnusable("two sources are called {0}; give each a name of its own".format(name))
    check_excludes(Content(order.paths, "", order.excludes))
    for path in order.paths:
        _check_path(path, order.paths, order.links)
    check_apart(order.paths, apart)
    for source in order.sources:
        source.check()


def check_apart(paths: t.Sequence[str], apart: t.Sequence[str]) -> None:
    """Raise :class:`SourceUnusable` where one of *paths* holds a folder of the backup itself or is in one."""
    for path, folder in itertools.product(paths, apart):
        if overlap(path, folder):
            raise SourceUnusable(
                "path {0} and {1}, which is the backup's own, are within each other; move one away".format(path, folder)
            )


def take(engine: Engine, order: Order, work: Workplace) -> t.Tuple[Taken, t.Optional[Proof]]:
    """Save it, and prove it as asked.

    :raises NotProven: the snapshot is there and is not what was saved; it has no proof, and retention does not count it
    """
    _check_room(order.sources, work.folder)
    folder = work.fresh(os.path.basename(work.dumps))
    began = time.time()
    dumped = tuple(_dumped(source, folder) for source in order.sources)
    described = Description(order.labels.app, began, order.paths, order.excludes, dumped)
    description.write(described, folder)
    taken = engine.take(Content(order.paths, work.dumps, order.excludes, order.links), order.labels)
    proof = proving.prove(engine, taken.snapshot, order.verify, order.sources, work, expected=described)
    return taken, proof


def _dumped(source: Source, folder: str) -> DumpedSource:
    own = os.path.join(folder, source.name)
    os.mkdir(own, 0o700)
    facts = source.dump(own)
    return DumpedSource(source.name, source.kind, facts, description.digests(own))


def _check_room(sources: t.Sequence[Source], folder: str) -> None:
    needed = sum(source.size() for source in sources)
    known = os.statvfs(folder)
    free = known.f_bavail * known.f_frsize
    if needed > free:
        raise RepositoryFull("{0} has {1} bytes free, and the dumps may take {2}".format(folder, free, needed))


def _check_path(path: str, paths: t.Sequence[str], links: bool) -> None:
    if not os.path.isabs(path) or os.path.normpath(path) != path:
        raise SourceUnusable(
            "path {0} is not absolute and without dots; {1} would be".format(path, os.path.abspath(path))
        )
    if not os.path.lexists(path):
        raise SourceUnusable("path {0} is not there".format(path))
    if os.path.islink(path) and not links:
        raise SourceUnusable(
            "path {0} is a symbolic link, and only that would be saved; give what it leads to, {1}".format(
                path, os.path.realpath(path)
            )
        )
    for other in paths:
        if other != path and not (os.path.islink(path) or os.path.islink(other)) and is_within(path, other):
            raise SourceUnusable("path {0} is in {1}, which is saved as well; leave one out".format(path, other))
    if paths.count(path) > 1:
        raise SourceUnusable("path {0} is given twice".format(path))
