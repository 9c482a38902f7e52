# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of restic, as lists of arguments.

PRIVATE to the collection. Pure. Where the repository is, and its password, is
in the environment, so no list here holds a secret.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.labels import (
    encoded,
    of_labels,
    of_proof,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.excludes import restic_excludes
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import (
    Content,
    Labels,
    Proof,
    Snapshot,
)

PROOF = "proof"
"""The tag of a snapshot that is no backup, but says that another was proven."""

TAKEN = "taken"
"""The label that says when, in seconds since the epoch."""

# Without a lock: listing must work beside a prune, and where the repository cannot be written.
_UNLOCKED = "--no-lock"


def environment(
    repository: str, password: int, given: t.Mapping[str, str], present: t.Iterable[str]
) -> t.Dict[str, t.Optional[str]]:
    """What a command needs beside its arguments.

    :param password: the descriptor that it is read from
    :param given: what the kind of repository needs, such as ``AWS_ACCESS_KEY_ID``
    :param present: names of the variables that are there; those that restic would heed are taken away, so that only options count
    """
    variables: t.Dict[str, t.Optional[str]] = {name: None for name in present if name.startswith("RESTIC_")}
    variables.update(given)
    variables.update(
        RESTIC_REPOSITORY=repository,
        RESTIC_REPOSITORY_FILE=None,
        RESTIC_PASSWORD=None,
        RESTIC_PASSWORD_COMMAND=None,
        RESTIC_PASSWORD_FILE="/dev/fd/{0}".format(password),
        # ssh must not ask on somebody's screen.
        SSH_ASKPASS=None,
        SSH_ASKPASS_REQUIRE="never",
    )
    return variables


def version() -> t.List[str]:
    return ["version"]


def init() -> t.List[str]:
    return ["init"]


def config() -> t.List[str]:
    return ["cat", "config", _UNLOCKED]


def snapshots() -> t.List[str]:
    """All that there are, proofs too."""
    return ["snapshots", "--json", _UNLOCKED]


def snapshot(identifier: str) -> t.List[str]:
    return ["snapshots", "--json", _UNLOCKED, identifier]


def tags(labels: Labels, taken: float) -> t.List[str]:
    """Of a backup, with its time among them: so all of it is known before restic tells of it, which would have to be asked again for that."""
    return [tag(name, value) for name, value in (*of_labels(labels), (TAKEN, repr(taken)))]


def tags_of_proof(snapshot: Snapshot, proof: Proof) -> t.List[str]:
    values = [("app", snapshot.labels.app), *of_proof(snapshot.identifier, proof)]
    return [PROOF, *(tag(name, value) for name, value in values)]


def backup(content: Content, tagged: t.Iterable[str], host: str) -> t.List[str]:
    return [
        *_save(tagged, host),
        *restic_excludes(content),
        "--",
        *content.paths,
        content.dumps,
    ]


def mark(tagged: t.Iterable[str], host: str) -> t.List[str]:
    """Save a proof, whose few bytes come from standard input."""
    return [*_save(tagged, host), "--stdin", "--stdin-filename", PROOF]


def _save(tagged: t.Iterable[str], host: str) -> t.List[str]:
    given = [argument for each in tagged for argument in ("--tag", each)]
    return ["backup", "--json", "--quiet", "--host", host, *given]


def dump(identifier: str) -> t.List[str]:
    """Write out every file; nothing comes from the cache, which may be whole where the repository is not."""
    return ["dump", "--no-cache", identifier, "/"]


def listing(identifier: str) -> t.List[str]:
    """Name every file, a JSON object each; from the cache as little as :func:`dump`."""
    return ["ls", "--json", "--no-cache", identifier]


def restore(identifier: str, folder: str, paths: t.Sequence[str], sparse: bool) -> t.List[str]:
    includes = [argument for path in paths for argument in ("--include", literal(path))]
    return ["restore", identifier, "--target", folder, *(["--sparse"] if sparse else []), *includes]


def forget(identifiers: t.Sequence[str], free: bool = False) -> t.List[str]:
    """Forget snapshots and, where one of them was there, *free* the room."""
    return ["forget", *(["--prune"] if free else []), *identifiers]


def prune() -> t.List[str]:
    return ["prune"]


def locks() -> t.List[str]:
    return ["list", "locks", _UNLOCKED]


def lock(identifier: str) -> t.List[str]:
    return ["cat", "lock", identifier, _UNLOCKED]


def unlock() -> t.List[str]:
    """Remove the locks that restic itself knows to be dead."""
    return ["unlock"]


def tag(name: str, value: str) -> str:
    return name + "=" + encoded(value)


def literal(path: str) -> str:
    """A pattern that matches *path* and nothing else."""
    return re.sub(r"([*?\[\]\\])", r"\\\1", path)
