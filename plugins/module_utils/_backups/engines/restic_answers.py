# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What restic answers, read.

PRIVATE to the collection. Pure. Before 0.17 a failure is told by the text
alone, and since then by the exit code too.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.labels import (
    as_labels,
    as_proof,
    decoded,
    proofs_by_snapshot,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.lock_owner import LockOwner
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.restic_commands import (
    PROOF,
    TAKEN,
    tag,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.restic_known import Entry
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.written_time import seconds
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import (
    BackupError,
    RepositoryFull,
    RepositoryLocked,
    RepositoryUnreachable,
    SnapshotDamaged,
    UnknownSnapshot,
    WrongPassword,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Proof, Snapshot, is_time
from ansible_collections.progressive.delivery.plugins.module_utils._backups.process import Finished
from ansible_collections.progressive.delivery.plugins.module_utils._shown_url import shown_url, without_url_secrets

INCOMPLETE = 3
"""Exit code of a backup for which something could not be read; the snapshot is there."""

IDENTIFIER = 64
"""Letters of an identifier that is not shortened."""

_CODES: t.Mapping[int, t.Type[BackupError]] = {
    10: RepositoryUnreachable,
    11: RepositoryLocked,
    12: WrongPassword,
}
_TEXTS: t.Sequence[t.Tuple[str, t.Type[BackupError]]] = (
    ("wrong password or no key found", WrongPassword),
    ("unable to open repository at|unable to start the sftp session|dial tcp|no such host", RepositoryUnreachable),
    ("repository is already locked", RepositoryLocked),
    ("no space left on device|disk quota exceeded|Insufficient Storage", RepositoryFull),
    (
        "no matching ID found|no snapshot found|no snapshot matched|failed to load snapshot .*(?:no such file|does not exist)",
        UnknownSnapshot,
    ),
    (
        "ciphertext verification failed|invalid data returned|hash mismatch|does not match|not found in (?:repository|index)"
        "|decrypting .* failed|decryption failed|<(?:data|index|snapshot)/\\w+> does not exist"
        "|<data/\\w+>.*(?:no such file|unexpected EOF|EOF$)|unexpected EOF|file has been truncated|too small|too short",
        SnapshotDamaged,
    ),
    (
        "unable to (?:open|create|start)|dial |connect|no such host|timeout|permission denied|read-only file system"
        "|\\bEOF\\b|Access Denied|denied|unexpected HTTP response|server response|x509|ssh",
        RepositoryUnreachable,
    ),
)
_ABSENT = re.compile(
    r"(?:unable to open config file|repository does not exist)"
    r".*(?:no such file or directory|does ?n[o']t exist|BlobNotFound|Object Not Found)",
    re.IGNORECASE,
)
_REMOTE = re.compile(r"(b2|sftp|s3|gs|azure|swift|rest|rclone):", re.IGNORECASE)
_PASSING = re.compile(
    r"returned error, retrying after|^Is there a repository at|^subprocess ssh: *$|^(?:github\.com/|main\.|runtime\.)|\.(?:go|s):\d+$"
)


@dataclass(frozen=True)
class Summary:
    """What a backup tells at its end.

    :param identifier: of the snapshot; older versions shorten it
    :param added: bytes by which the repository grew
    """

    identifier: str
    files: int
    bytes: int
    added: int


def local_path(repository: str) -> t.Optional[str]:
    """The folder of a repository on this host; None for another."""
    if _REMOTE.match(repository):
        return None
    return repository[len("local:") :] if repository.startswith("local:") else repository


def shown(repository: str) -> str:
    """The repository as it may be shown."""
    return "".join(_split(repository)[:1]) + shown_url(_split(repository)[1])


def _split(repository: str) -> t.Tuple[str, str]:
    kind = _REMOTE.match(repository)
    nested = kind is not None and "://" in repository[kind.end() :]
    return (repository[: kind.end()], repository[kind.end() :]) if kind is not None and nested else ("", repository)


def said(finished: Finished, repository: str, secrets: t.Iterable[str] = ()) -> str:
    """What a person is to read of what restic said, without secrets."""
    lines = [_line(line) for line in finished.err.splitlines() if line.strip()]
    telling = [line for line in lines if not _PASSING.search(line) and line != repository] or lines
    text = "; ".join(telling[-4:]).replace("Fatal: ", "")
    text = without_url_secrets(text.replace(repository, shown(repository)), _split(repository)[1])
    for secret in secrets:
        if len(secret) > 3:
            text = text.replace(secret, "***")
    return text or "exit code {0}".format(finished.code)


def _line(line: str) -> str:
    """A line, which is wrapped into JSON where that was asked for: a failure in newer versions, what could not be read in all."""
    try:
        answer = json.loads(line)
        error = answer.get("error") or {}
        if "Err" in error:
            return "{0}: {1}".format(answer.get("item") or error.get("Path"), os.strerror(error["Err"]))
        return str(answer.get("message") or error["message"])
    except (ValueError, AttributeError, KeyError, TypeError):
        return line.strip()


def is_absent(finished: Finished) -> bool:
    """Whether the place can be reached, and there is no repository."""
    if finished.code in (11, 12):
        return False
    return finished.code == 10 or any(_ABSENT.search(_line(line)) for line in finished.err.splitlines())


def failure(finished: Finished) -> t.Type[BackupError]:
    """What kind of failure it was."""
    if finished.code in _CODES:
        return _CODES[finished.code]
    for text, kind in _TEXTS:
        if re.search(text, finished.err, re.IGNORECASE | re.MULTILINE):
            return kind
    return BackupError


def summary(out: bytes) -> Summary:
    """The summary of a backup."""
    for line in reversed(out.splitlines()):
        answer = json.loads(line) if line.startswith(b"{") else {}
        if answer.get("message_type") == "summary":
            return Summary(
                identifier=answer["snapshot_id"],
                files=answer["total_files_processed"],
                bytes=answer["total_bytes_processed"],
                added=answer.get("data_added_packed", answer["data_added"]),
            )
    raise BackupError("restic ended a backup without a summary; its last output was {0!r}".format(out[-200:]))


def is_whole(saved: Finished, paths: t.Iterable[str]) -> bool:
    """Whether a backup certainly holds all *paths*: restic had nothing to say, and its JSON can name them.

    Some versions only warn of a path that is not there, and end with 0.
    """
    return saved.code == 0 and not saved.err and all(_is_utf8(path) for path in paths)


def _is_utf8(path: str) -> bool:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def entries(out: bytes) -> t.List[Entry]:
    """What ``snapshots --json`` lists."""
    return json.loads(out or b"[]") or []


def entry(identifier: str, host: str, tags: t.Sequence[str], paths: t.Sequence[str]) -> Entry:
    """What will be listed of a snapshot that was just saved. When is among its tags, or, of a proof, of no matter."""
    return {"id": identifier, "hostname": host, "tags": list(tags), "paths": list(paths)}


def of_app(listed: t.Iterable[Entry], app: str) -> t.List[Entry]:
    """Those that have to do with the app, proofs too."""
    return [entry for entry in listed if tag("app", app) in (entry.get("tags") or ())]


def snapshots(listed: t.Sequence[Entry]) -> t.List[Snapshot]:
    """The backups with their proofs, oldest first; what others put into the repository is passed over."""
    proofs = proofs_by_snapshot(proof for _marker, proof in _markers(listed))
    found = []
    for entry in listed:
        values = _values(entry)
        labels = as_labels(values)
        if labels is not None and not _is_marker(entry):
            found.append(
                Snapshot(
                    identifier=entry["id"],
                    taken=_taken(values.get(TAKEN, ""), entry),
                    labels=labels,
                    host=entry.get("hostname", ""),
                    paths=tuple(entry["paths"]),
                    proofs=proofs.get(entry["id"], ()),
                )
            )
    return sorted(found, key=lambda snapshot: snapshot.taken)


def _taken(label: str, entry: Entry) -> float:
    """When, by its label; by restic's own time where earlier versions of ours gave it none."""
    with contextlib.suppress(ValueError):
        if is_time(float(label)):
            return float(label)
    return seconds(entry["time"])


def markers(listed: t.Sequence[Entry]) -> t.List[t.Tuple[str, str]]:
    """The snapshots that are proofs, each with the identifier of what it proves."""
    return [(marker, proof[0]) for marker, proof in _markers(listed)]


def _markers(listed: t.Sequence[Entry]) -> t.List[t.Tuple[str, t.Tuple[str, Proof]]]:
    found = ((entry["id"], as_proof(_values(entry))) for entry in listed if _is_marker(entry))
    return [(identifier, proof) for identifier, proof in found if proof is not None]


def _is_marker(entry: Entry) -> bool:
    return PROOF in (entry.get("tags") or ())


def _values(entry: Entry) -> t.Dict[str, str]:
    parts = (tag.partition("=") for tag in entry.get("tags") or ())
    return {name: decoded(value) for name, equals, value in parts if equals}


def lock_owner(out: bytes, host: str) -> LockOwner:
    """Whose a lock is.

    :param host: the name of this one
    """
    lock = json.loads(out)
    return LockOwner(
        host=lock.get("hostname", ""),
        pid=lock["pid"],
        since=seconds(lock["time"]),
        local=lock.get("hostname") == host,
        user=lock.get("username") or None,
    )


def writes_holes(out: bytes) -> bool:
    """Whether this version of restic, by its own words, can restore holes."""
    version = re.match(rb"restic (\d+)\.(\d+)", out)
    return version is not None and tuple(map(int, version.groups())) >= (0, 15)
