# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What borg 1.2 answered, read."""

from __future__ import annotations

import json

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups import errors
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines import borg_answers as answers
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Labels, Proof


def archive(name: str, comment: str, start: str = "2026-11-26T15:34:31.000000") -> dict:
    return {
        "archive": name,
        "barchive": name,
        "comment": comment,
        "hostname": "vm",
        "id": "d442",
        "name": name,
        "start": start,
    }


def logged(text: str, name: str = "", level: str = "ERROR") -> str:
    return json.dumps({"type": "log_message", "message": text, "levelname": level, "msgid": name})


LISTED = {
    "archives": [
        archive(
            "shop.b", "app=shop&reason=a%20%26b&taken=1795707271.25&path=/srv/data&path=/w/progressive-delivery-dumps"
        ),
        archive("shop.a", "app=shop&path=/srv/data", "2026-11-26T15:34:31.000000"),
        archive("shop.proof.c", "app=shop&of=shop.a&how=restore&at=2.5"),
        archive("shop.d.checkpoint", "app=shop&path=/srv/data"),
        archive("shop.d.checkpoint.1", ""),
        archive("shop.by-hand", "Monday"),
    ],
    "encryption": {"mode": "repokey-blake2"},
}
TRACEBACK = (
    'Traceback (most recent call last):\n  File "/usr/lib/python3/dist-packages/borg/platform/base.py", line 194, in close\n'
    "OSError: [Errno 28] No space left on device\n\nDuring handling of the above exception, another exception occurred:\n\n"
    "Traceback (most recent call last):\nOSError: [Errno 28] No space left on device: '/r/data/0/3'\n\nPlatform: Linux vm"
)


def test_backups_are_told_from_proofs_from_checkpoints_and_from_what_others_keep_there():
    found = answers.archives(json.dumps(LISTED).encode())

    older, newer = found.snapshots
    assert (older.identifier, older.taken, older.proofs) == ("shop.a", 1795707271.0, (Proof(2.5, "restore"),))
    assert newer.labels == Labels("shop", reason="a &b")
    assert (newer.taken, newer.host) == (1795707271.25, "vm")
    assert newer.paths == ("/srv/data", "/w/progressive-delivery-dumps")
    assert found.proofs == (("shop.proof.c", "shop.a"),)
    assert found.checkpoints == ("shop.d.checkpoint", "shop.d.checkpoint.1")


@pytest.mark.parametrize(
    ("err", "kind"),
    [
        (logged("passphrase supplied in BORG_PASSPHRASE_FD is incorrect.", "PassphraseWrong"), errors.WrongPassword),
        (
            logged("Failed to create/acquire the lock /r/lock.exclusive (timeout).", "LockTimeout"),
            errors.RepositoryLocked,
        ),
        (logged("Failed to create/acquire the lock /r/lock ([Errno 13]).", "LockFailed"), errors.RepositoryUnreachable),
        (logged("Connection closed by remote host.", "ConnectionClosedWithHint"), errors.RepositoryUnreachable),
        (logged("Repository access aborted", "Cache.RepositoryAccessAborted"), errors.RepositoryUnreachable),
        (logged("Insufficient free space", "Repository.InsufficientFreeSpaceError"), errors.RepositoryFull),
        (logged("Local Exception", "Exception") + "\n" + logged(TRACEBACK), errors.RepositoryFull),
        (logged("Data integrity error: Segment entry checksum mismatch", "IntegrityError"), errors.SnapshotDamaged),
        (
            logged("Local Exception", "Exception") + "\n" + logged("No such file or directory: '/r/data/0/2'"),
            errors.SnapshotDamaged,
        ),
        (logged("Archive a does not exist", "Archive.DoesNotExist"), errors.UnknownSnapshot),
        (logged("Remote: Permission denied (publickey).", level="WARNING"), errors.RepositoryUnreachable),
        (logged("/srv/Connection, integrity: a warning", level="WARNING"), errors.BackupError),
        ("usage: borg", errors.BackupError),
    ],
)
def test_a_failure_is_told_by_its_name_and_by_its_text(err, kind):
    assert answers.failure(answers.messages(err)) is kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("/srv/Connection: open: [Errno 13] Permission denied: 'Connection'", errors.SourceUnusable),
        ("/srv/x: Remote: integrity", errors.SourceUnusable),
        ("/srv/x: write: [Errno 28] No space left on device", errors.RepositoryFull),
        ("Include pattern 'srv/x' never matched.", errors.UnknownSnapshot),
    ],
)
def test_a_warning_means_what_the_command_was_to_do_unless_it_is_known_better(text, kind):
    assert answers.warning(answers.messages(logged(text, level="WARNING")), errors.SourceUnusable) is kind


def test_only_an_answer_that_there_is_none_means_that_there_is_no_repository():
    missing = answers.messages(logged("Repository /r does not exist.", "Repository.DoesNotExist"))
    invalid = answers.messages(logged("/r is not a valid repository.", "Repository.InvalidRepository"))

    assert answers.is_absent(missing, local=False)
    assert answers.is_absent(invalid, local=True)
    assert not answers.is_absent(invalid, local=False)
    assert not answers.is_absent(answers.messages(logged("Connection closed", "ConnectionClosed")), local=True)


@pytest.mark.parametrize(
    ("text", "level", "bad"),
    [
        ("/srv/log: file changed while we backed it up", "WARNING", False),
        ("Killed stale lock vm@3281355014145.3402-0.", "WARNING", False),
        ("Removed stale exclusive roster lock for host vm@3281355014145 pid 3402 thread 0.", "WARNING", False),
        ("Archive shop.1 not found (1/2).", "WARNING", False),
        ("whatever", "INFO", False),
        ("/srv/file changed while we backed it up: [Errno 13] Permission denied", "WARNING", True),
        ("/srv/x: [Errno 2] No such file or directory: 'x'", "WARNING", True),
        ("/srv/x: read: [Errno 5] Input/output error", "WARNING", True),
        ("something that is not known yet", "WARNING", True),
    ],
)
def test_a_warning_is_bad_unless_it_is_known_to_be_harmless(text, level, bad):
    assert bool(answers.bad(answers.messages(logged(text, level=level)))) is bad


def test_what_borg_said_is_the_reason_and_not_where_in_its_code_it_was():
    err = "\n".join(
        [logged("opened", level="INFO"), logged("Local Exception", "Exception"), logged(TRACEBACK), "plain\n"]
    )

    assert answers.said(answers.messages(err)) == "OSError: [Errno 28] No space left on device: '/r/data/0/3'; plain"


def test_the_counts_of_an_archive_that_was_just_made():
    stats = {"compressed_size": 724251, "deduplicated_size": 358308, "nfiles": 4, "original_size": 32057845}

    assert answers.counts(json.dumps({"archive": {"stats": stats}}).encode()) == (4, 32057845, 358308)
