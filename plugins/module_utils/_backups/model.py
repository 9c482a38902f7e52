# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a backup is made of: plain data.

PRIVATE to the collection.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

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
    """What a snapshot is for; only *app* is always known."""

    app: str
    environment: t.Optional[str] = None
    release: t.Optional[str] = None
    rollout: t.Optional[str] = None
    reason: t.Optional[str] = None


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
    def dumps(self) -> str:
        """Where in the snapshot the dumps are."""
        return next(path for path in self.paths if path.rsplit("/", 1)[-1] == DUMPS)

    @property
    def saved(self) -> t.List[str]:
        """The paths that were asked for, without the folder of the dumps."""
        return [path for path in self.paths if path != self.dumps]


def of_host(snapshots: t.Iterable[Snapshot], host: str) -> t.List[Snapshot]:
    """Those that *host* took, and those that tell no host as they cannot be read: of these it is not known that they are another's."""
    return [snapshot for snapshot in snapshots if snapshot.host in (host, "")]


@dataclass(frozen=True)
class Content:
    """What goes into a snapshot.

    :param paths: absolute, each of them there, none within another
    :param dumps: the folder with the dumps, absolute, its name :data:`DUMPS`
    :param excludes: shell patterns; one with a slash at its beginning is held against the whole path, another against each name on the way
    """

    paths: t.Tuple[str, ...]
    dumps: str
    excludes: t.Tuple[str, ...] = ()


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
