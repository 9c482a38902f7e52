# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps snapshots, and how one is added.

PRIVATE to the collection. A driver a kind of repository: ``archive.py``,
``restic.py``, ``borg.py``. To add another, write its file and name it in
``registry.py``.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import (
    Content,
    Labels,
    Proof,
    Snapshot,
    Taken,
)


class Engine:
    """A repository of snapshots. Every method raises :class:`BackupError` of a kind that says what is wrong with the repository.

    Killed at any instant, whatever method it is in, every snapshot that was there stays whole, and the next call works:
    what a dead process left behind (parts, locks) is taken away by the next call that writes.
    """

    name: str

    def check(self) -> None:
        """Find out, changing nothing, whether the repository can be reached and opened, or could be made."""
        raise NotImplementedError

    def snapshots(self, app: str) -> t.List[Snapshot]:
        """All of the app, oldest first; an empty list when there is no repository yet."""
        raise NotImplementedError

    def take(self, content: Content, labels: Labels) -> Taken:
        """Save *content* as one snapshot, which is there as a whole when this returns, or not at all."""
        raise NotImplementedError

    def read_through(self, snapshot: Snapshot) -> None:
        """Read every byte of it against the checksums it was saved with; raises :class:`SnapshotDamaged`."""
        raise NotImplementedError

    def extract(self, snapshot: Snapshot, folder: str, paths: t.Sequence[str]) -> None:
        """Restore *paths*, each as the snapshot names it or within one that it names, below the empty *folder*.

        What was at ``/srv/data`` comes to ``folder/srv/data``, with mode, owner (as root), times, links, extended
        attributes and holes. Nothing is ever written outside *folder*. Raises :class:`SnapshotDamaged`, which may be found out last:
        nothing in *folder* is what was saved before this has returned.
        """
        raise NotImplementedError

    def extract_each(self, snapshot: Snapshot, wanted: t.Sequence[t.Tuple[str, t.Sequence[str]]]) -> None:
        """Restore as :meth:`extract` below each of several folders, with the paths that belong there; no two of all within each other.

        What comes there is to stay. An engine that reads a snapshot from its beginning to its end does so once for all.
        """
        for folder, paths in wanted:
            self.extract(snapshot, folder, paths)

    def record_proof(self, snapshot: Snapshot, proof: Proof) -> None:
        """Keep *proof* in the repository, so that whoever reads it from anywhere knows."""
        raise NotImplementedError

    def remove(self, snapshots: t.Sequence[Snapshot]) -> None:
        """Forget these, with their proofs, and free what only they use."""
        raise NotImplementedError
