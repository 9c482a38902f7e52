# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What borg answers, read.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.borg_commands import PROOF
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.labels import (
    as_labels,
    as_proof,
    decoded,
    proofs_by_snapshot,
)
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
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Snapshot

WARNED = 1
"""Exit code of a command that came to its end and has something to say; whether that is bad is in what it says."""

_NAMES: t.Mapping[str, t.Type[BackupError]] = {
    "PassphraseWrong": WrongPassword,
    "NoPassphraseFailure": WrongPassword,
    "LockTimeout": RepositoryLocked,
    "Repository.InsufficientFreeSpaceError": RepositoryFull,
    "Repository.StorageQuotaExceeded": RepositoryFull,
    "Archive.DoesNotExist": UnknownSnapshot,
    "IntegrityError": SnapshotDamaged,
    "IntegrityErrorBase": SnapshotDamaged,
    "FileIntegrityError": SnapshotDamaged,
    "DecompressionError": SnapshotDamaged,
    "NoManifestError": SnapshotDamaged,
    "TAMInvalid": SnapshotDamaged,
    "TAMRequiredError": SnapshotDamaged,
    "Repository.CheckNeeded": SnapshotDamaged,
    "Repository.ObjectNotFound": SnapshotDamaged,
}
_TEXTS: t.Sequence[t.Tuple[str, t.Type[BackupError]]] = (
    (r"No space left on device|Disk quota exceeded", RepositoryFull),
    (r"(?s)No such file or directory: '[^']*/data/\d+/\d+'|chunk.* missing|integrity", SnapshotDamaged),
    (r"Permission denied|Read-only file system|Connection|Remote:", RepositoryUnreachable),
)
_WARNINGS: t.Sequence[t.Tuple[str, t.Type[BackupError]]] = (
    (r"\[Errno (?:28|122)\] (?:No space left on device|Disk quota exceeded)", RepositoryFull),
    (r"(?m)^Include pattern .* never matched", UnknownSnapshot),
)
_HARMLESS = re.compile(r": file changed while we backed it up\Z|^Remote: |^Archive \S+ not found \(\d+/\d+\)")
_FREED = re.compile("Killed stale lock|Removed stale ")
_OF_ANOTHER_HOST = "Remote: "
_EXCEPTION = re.compile(r"^(?:[\w.]+(?:Error|Exception)|Exception)\b.*", re.MULTILINE)


@dataclass(frozen=True)
class Message:
    """A line that borg logged.

    :param name: the stable name of a failure
    """

    level: str
    text: str
    name: str = ""


@dataclass(frozen=True)
class Archives:
    """What a repository has of one app.

    :param proofs: the archives that are proofs, each with the name of the one that it proves
    :param checkpoints: what is left of backups that were killed
    """

    snapshots: t.Tuple[Snapshot, ...]
    proofs: t.Tuple[t.Tuple[str, str], ...]
    checkpoints: t.Tuple[str, ...]


def messages(err: str) -> t.List[Message]:
    """What borg logged; a line that is no message, as a program that borg runs may write it, is one without a level."""
    return [_message(line) for line in err.splitlines() if line.strip()]


def _message(line: str) -> Message:
    try:
        logged = json.loads(line)
        return Message(logged.get("levelname", ""), str(logged["message"]).strip(), logged.get("msgid") or "")
    except (ValueError, AttributeError, KeyError):
        return Message("", line.strip())


def failure(logged: t.Sequence[Message]) -> t.Type[BackupError]:
    """What kind of failure it was: by its name, where that says enough, or by its text.

    Warnings before it name files, which may be called anything.
    """
    named = [message.name for message in logged if message.level in ("ERROR", "CRITICAL") and message.name]
    for name in named:
        if name in _NAMES:
            return _NAMES[name]
    texts = (each.text for each in logged if each.level != "WARNING" or each.text.startswith(_OF_ANOTHER_HOST))
    found = _by_text("\n".join(texts), _TEXTS)
    if found is not None:
        return found
    if any(name.startswith(("Repository.", "Connection", "Cache.", "Lock", "PathNotAllowed", "Key")) for name in named):
        return RepositoryUnreachable
    return BackupError


def warning(logged: t.Sequence[Message], meant: t.Type[BackupError]) -> t.Type[BackupError]:
    """What kind of failure it is when a command came to its end and warns of what it was to save or to read.

    :param meant: what that is, unless a disk is full or there is no such path
    """
    return _by_text("\n".join(message.text for message in logged), _WARNINGS) or meant


def _by_text(text: str, known: t.Sequence[t.Tuple[str, t.Type[BackupError]]]) -> t.Optional[t.Type[BackupError]]:
    return next((kind for pattern, kind in known if re.search(pattern, text)), None)


def has_freed(logged: t.Sequence[Message]) -> bool:
    """Whether borg itself removed a lock of the dead. With no time to wait for one it ends all the same, at a door that is open by then."""
    return any(_FREED.match(message.text) for message in logged)


def is_absent(logged: t.Sequence[Message], local: bool) -> bool:
    """Whether the place can be reached, and there is no repository.

    :param local: whether an empty folder can be told from one that holds something else
    """
    names = {message.name for message in logged}
    return "Repository.DoesNotExist" in names or (local and "Repository.InvalidRepository" in names)


def bad(logged: t.Sequence[Message]) -> t.List[Message]:
    """Of the warnings, those after which what was saved or read is not all that was asked for.

    A file that changes while it is read is none: only what is not in use can be read at one instant, and what must be consistent is dumped.
    Nor is an archive that is to be deleted and is not there.
    """
    return [
        message
        for message in logged
        if message.level != "INFO" and not (_HARMLESS.search(message.text) or _FREED.match(message.text))
    ]


def said(logged: t.Sequence[Message]) -> str:
    """What a person is to read of it."""
    telling = [_last_line(message) for message in logged if message.level != "INFO"]
    return "; ".join(dict.fromkeys(line for line in telling[-6:] if line and line != "Local Exception"))


def _last_line(message: Message) -> str:
    if "Traceback (most recent call last)" not in message.text:
        return " ".join(message.text.split())
    found = _EXCEPTION.findall(message.text)
    return str(found[-1]) if found else ""


def archives(out: bytes) -> Archives:
    """What is listed, oldest first; what others put into the repository is passed over."""
    found, checkpoints = [], []
    for entry in json.loads(out)["archives"]:
        if re.search(r"\.checkpoint(\.\d+)?\Z", entry["name"]):
            checkpoints.append(entry["name"])
        else:
            found.append((entry, _pairs(entry.get("comment", ""))))
    markers = [(entry["name"], as_proof(dict(pairs))) for entry, pairs in found if _is_marker(entry["name"])]
    proofs = [(name, proof) for name, proof in markers if proof is not None]
    known = proofs_by_snapshot(proof for _name, proof in proofs)
    snapshots = [_snapshot(entry, pairs) for entry, pairs in found if not _is_marker(entry["name"])]
    whole = (snapshot for snapshot in snapshots if snapshot is not None)
    return Archives(
        snapshots=tuple(
            Snapshot(**{**vars(snapshot), "proofs": known.get(snapshot.identifier, ())})
            for snapshot in sorted(whole, key=lambda snapshot: snapshot.taken)
        ),
        proofs=tuple((name, proof[0]) for name, proof in proofs),
        checkpoints=tuple(checkpoints),
    )


def _snapshot(entry: t.Mapping[str, t.Any], pairs: t.Sequence[t.Tuple[str, str]]) -> t.Optional[Snapshot]:
    values = dict(pairs)
    labels = as_labels(values)
    paths = tuple(value for name, value in pairs if name == "path")
    if labels is None or not paths:
        return None
    taken = float(values["taken"]) if "taken" in values else seconds(entry["start"])
    return Snapshot(entry["name"], taken, labels, entry.get("hostname", ""), paths)


def _is_marker(name: str) -> bool:
    return name.split(".")[1:2] == [PROOF]


def _pairs(comment: str) -> t.List[t.Tuple[str, str]]:
    parts = (part.partition("=") for part in comment.split("&"))
    return [(name, decoded(value)) for name, equals, value in parts if equals]


def counts(out: bytes) -> t.Tuple[int, int, int]:
    """How many files an archive has that was just made, what they hold together, and by how many bytes the repository grew."""
    stats = json.loads(out)["archive"]["stats"]
    return stats["nfiles"], stats["original_size"], stats["deduplicated_size"]
