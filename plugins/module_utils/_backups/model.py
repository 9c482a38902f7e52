# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a backup is made of: plain data.

PRIVATE to the collection.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import SnapshotDamaged

DUMPS = "progressive-delivery-dumps"
"""Name of the folder, in every snapshot, that holds its description and what databases and commands gave."""
DESCRIPTION = "backup.json"
"""Name of the description in it, as :mod:`_backups.description` writes it."""


_YEAR_10000 = 253402300800


def is_time(seconds: float) -> bool:
    """Whether that many seconds since the epoch are a time that can be told; what others wrote need not be."""
    return 0 <= seconds < _YEAR_10000


@dataclass(frozen=True)
class Labels:
    """What a snapshot is for; only *app* is always known.

    :param before_restore_of: the snapshot before whose restore it was taken, of what was live then and may be broken
    """

    app: str
    environment: t.Optional[str] = None
    release: t.Optional[str] = None
    rollout: t.Optional[str] = None
    reason: t.Optional[str] = None
    before_restore_of: t.Optional[str] = None


@dataclass(frozen=True)
class Proof:
    """That a snapshot was read and found to be what was saved.

    :param at: seconds since the epoch
    :param how: ``checksum`` (all of it was read and each part has its checksum) or ``restore`` (restored and compared)
    """

    at: float
    how: str


@dataclass(frozen=True)
class Snapshot:
    """One backup, as its repository tells.

    :param identifier: the engine's own, whole; no two of a repository share it, and it never changes
    :param taken: seconds since the epoch
    :param paths: what was saved, absolute; the folder with the dumps is among them
    :param proofs: all that are known, oldest first
    """

    identifier: str
    taken: float
    labels: Labels
    host: str
    paths: t.Tuple[str, ...]
    proofs: t.Tuple[Proof, ...] = ()

    @property
    def proof(self) -> t.Optional[Proof]:
        """The newest proof, and of two kinds the one by restore."""
        return max(self.proofs, key=lambda proof: (proof.how == "restore", proof.at), default=None)

    @property
    def is_safety(self) -> bool:
        """Whether it only lets a restore be taken back: nobody who asks for the newest means it."""
        return self.labels.before_restore_of is not None

    @property
    def dumps(self) -> str:
        """Where in the snapshot the dumps are.

        :raises SnapshotDamaged: nowhere, as what it holds cannot be read, or as it was taken by something else
        """
        found = [path for path in self.paths if _is_dumps(path)]
        if not found:
            raise SnapshotDamaged("what snapshot {0} holds is not known: it has no {1}".format(self.identifier, DUMPS))
        return found[0]

    @property
    def saved(self) -> t.Tuple[str, ...]:
        """The paths but for the folder with the dumps."""
        return tuple(path for path in self.paths if not _is_dumps(path))


def _is_dumps(path: str) -> bool:
    return path.rsplit("/", 1)[-1] == DUMPS


def of_host(snapshots: t.Iterable[Snapshot], host: str) -> t.List[Snapshot]:
    """Those that *host* took, and those that tell no host as they cannot be read: of these it is not known that they are another's."""
    return [snapshot for snapshot in snapshots if snapshot.host in (host, "")]


@dataclass(frozen=True)
class Content:
    """What goes into a snapshot.

    :param paths: absolute, each of them there, none within another
    :param dumps: the folder with the dumps, absolute, its name :data:`DUMPS`
    :param excludes: shell patterns; one with a slash at its beginning is held against the whole path, another against each name on the way
    :param links: a path may be a symbolic link, and the link itself is meant
    """

    paths: t.Tuple[str, ...]
    dumps: str
    excludes: t.Tuple[str, ...] = ()
    links: bool = False


@dataclass(frozen=True)
class Taken:
    """A snapshot that was just made.

    :param files: how many files it holds
    :param bytes: what they hold together
    :param added: bytes by which the repository grew
    """

    snapshot: Snapshot
    files: int
    bytes: int
    added: int


@dataclass(frozen=True)
class Facts:
    """What is known of a source's content beyond its bytes, to be found again after a restore.

    :param tables: rows and checksum of each table, by its full name; for a Redis each database is one
    """

    tables: t.Mapping[str, t.Tuple[int, str]] = field(default_factory=dict)
