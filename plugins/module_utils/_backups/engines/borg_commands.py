# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of borg, as lists of arguments.

PRIVATE to the collection. Pure. Where the repository is, and its password, is
in the environment, so no list here holds a secret.
"""

from __future__ import annotations

import re
import time
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.labels import (
    encoded,
    of_labels,
    of_proof,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.excludes import borg_excludes
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import (
    Content,
    Labels,
    Proof,
    Snapshot,
)

PROOF = "proof"
"""The second part in the name of an archive that is no backup, but says that another was proven."""


def environment(
    repository: str, password: int, given: t.Mapping[str, str], present: t.Iterable[str]
) -> t.Dict[str, t.Optional[str]]:
    """What a command needs beside its arguments.

    :param password: the descriptor that it is read from
    :param given: further variables, such as ``BORG_RSH``
    :param present: names of the variables that are there; borg's own are taken away, so that only options count and nothing that borg
        would ask a person about is agreed to by chance
    """
    variables: t.Dict[str, t.Optional[str]] = {name: None for name in present if name.startswith("BORG_")}
    variables.update(given)
    variables.update(
        # Braces would be placeholders.
        BORG_REPO=repository.replace("{", "{{").replace("}", "}}"),
        BORG_PASSPHRASE=None,
        BORG_PASSCOMMAND=None,
        BORG_PASSPHRASE_FD=str(password),
        BORG_EXIT_CODES="legacy",
        TZ="UTC",
        # ssh must not ask on somebody's screen.
        SSH_ASKPASS=None,
        SSH_ASKPASS_REQUIRE="never",
    )
    return variables


def newest() -> t.List[str]:
    """The least for which the repository must be opened."""
    return ["list", "--json", "--last", "1"]


def init(sha256: bool) -> t.List[str]:
    """Make a repository that is encrypted and signed.

    :param sha256: the processor has instructions for SHA-256, without which BLAKE2b is quicker, and with which it is slower
    """
    return ["init", "--encryption", "repokey" if sha256 else "repokey-blake2", "--make-parent-dirs"]


def archives(app: str) -> t.List[str]:
    """All that have to do with the app: backups, proofs, and checkpoints of backups that were killed."""
    return [
        "list",
        "--json",
        "--consider-checkpoints",
        "--format",
        "{comment}{hostname}",
        "--glob-archives",
        app + ".*",
    ]


def archive_name(app: str, taken: float, unique: str) -> str:
    """A name that no other archive has; an app's name has no dot, so no app's archives are taken for another's."""
    return "{0}.{1}.{2}".format(app, time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(taken)), unique)


def proof_name(app: str, unique: str) -> str:
    return "{0}.{1}.{2}".format(app, PROOF, unique)


def create(name: str, content: Content, labels: Labels, taken: float) -> t.List[str]:
    paths = [*content.paths, content.dumps]
    values = [*of_labels(labels), ("taken", repr(taken)), *(("path", path) for path in paths)]
    return ["create", "--json", "--comment", comment(values), *borg_excludes(content), "::" + name, *paths]


def mark(name: str, snapshot: Snapshot, proof: Proof) -> t.List[str]:
    """Save a proof, whose few bytes come from standard input."""
    values = [("app", snapshot.labels.app), *of_proof(snapshot.identifier, proof)]
    return ["create", "--comment", comment(values), "--stdin-name", PROOF, "::" + name, "-"]


def read(name: str) -> t.List[str]:
    """Read, decrypt and check every part of an archive, and write nothing."""
    return ["extract", "--dry-run", "::" + name]


def extract(name: str, paths: t.Sequence[str]) -> t.List[str]:
    """Restore into the folder in which it runs."""
    return ["extract", "--sparse", "--numeric-ids", "::" + name, *("pp:" + path.lstrip("/") for path in paths)]


def delete(names: t.Sequence[str]) -> t.List[str]:
    """At least one name must be given: without any, borg would delete the repository."""
    if not names:
        raise ValueError("no archives are named")
    return ["delete", "::" + names[0], *names[1:]]


def compact() -> t.List[str]:
    return ["compact"]


def break_lock() -> t.List[str]:
    return ["break-lock"]


def comment(values: t.Iterable[t.Tuple[str, str]]) -> str:
    return "&".join("{0}={1}".format(name, encoded(value)) for name, value in values)


def local_path(repository: str) -> t.Optional[str]:
    """The folder of a repository on this host; None for another."""
    if repository.startswith("file://"):
        return repository[len("file://") :]
    return None if re.match(r"\w+://|[^/]*:", repository) else repository
