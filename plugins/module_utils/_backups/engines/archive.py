# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots as signed archives in a folder: the engine that needs nothing but Python.

PRIVATE to the collection. A snapshot is a tar archive, compressed, that ``tar``
lists and extracts too, with a manifest of all that is in it. It is complete
each time: nothing is shared between snapshots, and nothing is encrypted.
"""

from __future__ import annotations

import os
import socket
import time
import typing as t
from dataclasses import replace

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive import (
    compression,
    extracting,
    proofs,
    reading,
    tree,
    writing,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.manifest import Head
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.repository import (
    Repository,
    explained,
    new_identifier,
    time_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.interface import Engine
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import (
    RepositoryUnreachable,
    SnapshotDamaged,
    UnknownSnapshot,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import (
    DESCRIPTION,
    Content,
    Labels,
    Proof,
    Snapshot,
    Taken,
)


class ArchiveEngine(Engine):
    """The repository in the folder *repository*, an absolute path.

    :param password: signs what is written, and what is read must be signed with it; None for neither
    :param compression: ``auto`` for zstd where it is to be had and gzip elsewhere; ``zstd``, ``gzip`` or ``none``
    """

    name = "archive"

    def __init__(self, repository: str, password: t.Optional[str], compression: str = "auto") -> None:
        self._repository = Repository(repository, password)
        self._signs = password is not None
        self._compression = compression

    def check(self) -> None:
        compression.chosen(self._compression)
        self._repository.check()

    def snapshots(self, app: str) -> t.List[Snapshot]:
        """As every engine; one whose manifest cannot be read is listed with what its name tells, without paths."""
        self._repository.salt()
        found = [self._listed(app, identifier) for identifier in self._repository.identifiers(app)]
        return sorted(
            (snapshot for snapshot in found if snapshot is not None),
            key=lambda snapshot: (snapshot.taken, snapshot.identifier),
        )

    def take(self, content: Content, labels: Labels) -> Taken:
        paths = tree.sorted_paths(self._checked(content))
        form = compression.chosen(self._compression)
        self._repository.check()
        description = os.path.join(content.dumps, DESCRIPTION)
        taken = time.time()
        identifier = new_identifier(taken)
        snapshot = Snapshot(identifier, taken, labels, socket.gethostname(), tuple(paths))
        with self._repository.part(labels.app, identifier) as part:
            salt = self._repository.salt()
            if self._signs and salt is None:
                raise RepositoryUnreachable("{0} disappears while it is written".format(self._repository.path))
            with explained("write in", self._repository.path):
                tail = writing.write_snapshot(
                    part.folder,
                    Head(snapshot, form, salt, description if os.path.isfile(description) else None),
                    self._repository.key_of(salt),
                    self._found(paths, content),
                )
                added = sum(entry.stat().st_size for entry in os.scandir(part.folder))
            part.appear()
        return Taken(snapshot, tail.files, tail.bytes, added)

    def read_through(self, snapshot: Snapshot) -> None:
        with self._opened(snapshot) as reader:
            reader.check_copy()
            for _entry, _content in reader.members():
                pass

    def extract(self, snapshot: Snapshot, folder: str, paths: t.Sequence[str]) -> None:
        with self._opened(snapshot) as reader:
            copied = reader.copied(paths[0]) if len(paths) == 1 else None
            if copied is not None:
                extracting.extract(copied, [(folder, extracting.Selection(tuple(paths)))], lasting=False)
                return
            (selection,) = extracting.select(reader.entries(), [paths], snapshot.identifier)
            extracting.extract(reader.members(), [(folder, selection)], lasting=False)

    def extract_each(self, snapshot: Snapshot, wanted: t.Sequence[t.Tuple[str, t.Sequence[str]]]) -> None:
        with self._opened(snapshot) as reader:
            chosen = extracting.select(reader.entries(), [paths for _folder, paths in wanted], snapshot.identifier)
            places = [(folder, selection) for (folder, _paths), selection in zip(wanted, chosen)]
            # What links lead to may be asked for in two places, and comes once a time.
            apart = any(selection.held for selection in chosen)
            for group in [[place] for place in places] if apart else [places]:
                extracting.extract(reader.members(), group, lasting=True)

    def record_proof(self, snapshot: Snapshot, proof: Proof) -> None:
        self._repository.salt()
        with reading.opened_manifest(self._repository.folder(snapshot.labels.app, snapshot.identifier)) as manifest:
            salt = manifest.head.salt
        if self._signs and salt is None:
            raise SnapshotDamaged("{0}: it is not signed, and a password was given".format(snapshot.identifier))
        line = proofs.to_line(proof, snapshot.identifier, self._repository.key_of(salt))
        self._repository.append(snapshot.labels.app, snapshot.identifier, proofs.PROOFS, line)

    def remove(self, snapshots: t.Sequence[Snapshot]) -> None:
        self._repository.salt()
        by_app: t.Dict[str, t.List[str]] = {}
        for snapshot in snapshots:
            by_app.setdefault(snapshot.labels.app, []).append(snapshot.identifier)
        for app, identifiers in by_app.items():
            self._repository.remove(app, identifiers)

    def _checked(self, content: Content) -> t.Tuple[str, ...]:
        paths = (*content.paths, content.dumps)
        tree.check_paths(paths)
        return paths

    def _found(self, paths: t.Iterable[str], content: Content) -> t.Iterator[tree.Found]:
        saved = tree.Tree(content.excludes, tree.identity_of(self._repository.path))
        for path in paths:
            # A pattern that is meant for the app's files must not take a dump that is named like them.
            yield from saved.entries(path, excluding=path != content.dumps)

    def _opened(self, snapshot: Snapshot) -> t.ContextManager[reading.Reader]:
        self._repository.salt()
        folder = self._repository.folder(snapshot.labels.app, snapshot.identifier)
        return reading.opened_snapshot(folder, snapshot, self._repository.key_of, signed=self._signs)

    def _listed(self, app: str, identifier: str) -> t.Optional[Snapshot]:
        folder = self._repository.folder(app, identifier)
        try:
            with reading.opened_manifest(folder) as manifest:
                head: t.Optional[Head] = manifest.head
        except UnknownSnapshot:  # removed since the names were read
            return None
        except SnapshotDamaged:
            head = None
        if head is None or (head.snapshot.identifier, head.snapshot.labels.app) != (identifier, app):
            return Snapshot(identifier, time_of(identifier), Labels(app), "", ())
        return replace(head.snapshot, proofs=self._proofs(folder, identifier, head.salt))

    def _proofs(self, folder: str, identifier: str, salt: t.Optional[str]) -> t.Tuple[Proof, ...]:
        """Those that are sealed as the snapshot is, by its own salt: what the repository says of itself may be lost and made anew."""
        if self._signs != (salt is not None):
            return ()
        try:
            with open(os.path.join(folder, proofs.PROOFS), "rb") as stream:
                return proofs.from_lines(stream.read(), identifier, self._repository.key_of(salt))
        except OSError:
            return ()
