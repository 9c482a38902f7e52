# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What restic 0.14 and 0.19 answered, read."""

from __future__ import annotations

import json

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups import errors
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines import restic_answers as answers
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines import restic_commands as commands
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.lock_owner import LockOwner
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Labels, Proof, Snapshot
from ansible_collections.progressive.delivery.plugins.module_utils._backups.process import Finished

LISTED = [
    {
        "time": "2026-11-26T15:34:01.697934276Z",
        "parent": "b5820a298eafea2d5b99cf92f03576ab0dc503fa46729217046f14a81fe2a4b9",
        "tree": "ea9d02a94b88e888d6cd92127ab8fa5cbbaa92dd98c0bbf9e61fe09806b2874e",
        "paths": ["/srv/data", "/var/lib/progressive-delivery-dumps"],
        "hostname": "vm",
        "username": "root",
        "tags": ["app=shop", "release=1.1.0+%C3%A9", "reason=a%2C%20b"],
        "id": "d4856066ab7fc2b1c0d4a6a8c6a15cbf0ad6ee4f8c1d55a8bd1a7bd5a3f51d3e",
        "short_id": "d4856066",
    },
    {
        "time": "2026-11-26T15:31:13.535390222Z",
        "tree": "ea9d02a94b88e888d6cd92127ab8fa5cbbaa92dd98c0bbf9e61fe09806b2874e",
        "paths": ["/srv/data"],
        "hostname": "vm",
        "tags": ["app=shop"],
        "id": "b5820a298eafea2d5b99cf92f03576ab0dc503fa46729217046f14a81fe2a4b9",
    },
    {
        "time": "2026-11-26T15:35:00Z",
        "paths": ["/proof"],
        "hostname": "other",
        "tags": [
            "proof",
            "app=shop",
            "of=b5820a298eafea2d5b99cf92f03576ab0dc503fa46729217046f14a81fe2a4b9",
            "how=restore",
            "at=2.5",
        ],
        "id": "73c450598e1f4ea6a38c5c4d31b76f2fcb70fca7bfbd9e2aa4c9f4b1dce0e6b1",
    },
    {"time": "2026-11-26T15:36:00Z", "paths": ["/home"], "hostname": "vm", "tags": None, "id": "0cbb9d3a"},
]
ABSENT = Finished(
    1,
    b"",
    "Fatal: unable to open config file: stat /srv/r/config: no such file or directory\nIs there a repository at the following location?\n/srv/r",
)


def test_backups_are_told_from_proofs_and_from_what_others_keep_there():
    older, newer = answers.snapshots(answers.of_app(answers.entries(json.dumps(LISTED).encode()), "shop"))

    assert older.identifier.startswith("b5820a29")
    assert older.proofs == (Proof(2.5, "restore"),)
    assert newer.taken == 1795707241.697934276
    assert newer.labels == Labels("shop", release="1.1.0+é", reason="a, b")
    assert (newer.host, newer.paths, newer.proofs) == ("vm", ("/srv/data", "/var/lib/progressive-delivery-dumps"), ())
    assert answers.markers(LISTED) == [(LISTED[2]["id"], older.identifier)]
    assert answers.of_app(LISTED, "sho") == []


def test_what_was_just_saved_is_listed_as_restic_will_list_it():
    snapshot = Snapshot("1a2b", 2.5, Labels("shop", reason="a, b"), "vm", ("/srv/data",), (Proof(3.5, "checksum"),))
    saved = answers.entry("1a2b", "vm", commands.tags(snapshot.labels, snapshot.taken), snapshot.paths)
    proof = answers.entry("3c4d", "other", commands.tags_of_proof(snapshot, snapshot.proofs[0]), ["/proof"])

    assert answers.snapshots(answers.of_app([saved, proof], "shop")) == [snapshot]
    assert answers.markers([saved, proof]) == [("3c4d", "1a2b")]


@pytest.mark.parametrize(
    ("label", "taken"),
    [("taken=1795707240.5", 1795707240.5), *((f"taken={odd}", 1795707241.697934276) for odd in ("", "x", "nan", "-1"))],
)
def test_when_a_backup_was_taken_is_in_its_label_where_that_is_a_time(label, taken):
    entry = {**LISTED[0], "tags": [*LISTED[0]["tags"], label]}

    assert [snapshot.taken for snapshot in answers.snapshots([entry])] == [taken]


@pytest.mark.parametrize(
    ("code", "err", "path", "whole"),
    [
        (0, "", "/srv/Grüße", True),
        (0, "/srv/data does not exist, skipping", "/srv/data", False),
        (3, "", "/srv/data", False),
        (0, "", "/srv/\udcff", False),
    ],
)
def test_a_backup_is_whole_when_restic_says_nothing_and_can_name_all_of_it(code, err, path, whole):
    assert answers.is_whole(Finished(code, b"", err), ["/srv/logs", path]) is whole


@pytest.mark.parametrize("nothing", [b"", b"null", b"[]"])
def test_no_snapshots_are_an_empty_list(nothing):
    assert answers.entries(nothing) == []


def test_a_summary_is_found_among_what_comes_before_it():
    out = (
        b'{"message_type":"status","percent_done":1}\n{"message_type":"summary","files_new":2,"data_added":301398,'
        b'"total_files_processed":2,"total_bytes_processed":300003,"snapshot_id":"b5820a29"}\n'
    )

    assert answers.summary(out) == answers.Summary("b5820a29", files=2, bytes=300003, added=301398)
    packed = out.replace(b'"data_added"', b'"data_added_packed":5,"data_added"')
    assert answers.summary(packed).added == 5
    with pytest.raises(errors.BackupError, match="without a summary"):
        answers.summary(b'{"message_type":"status"}\n')


@pytest.mark.parametrize(
    ("code", "err", "kind"),
    [
        (1, "Fatal: wrong password or no key found", errors.WrongPassword),
        (12, "", errors.WrongPassword),
        (
            1,
            "unable to create lock in backend: repository is already locked by PID 1806 on vm by root",
            errors.RepositoryLocked,
        ),
        (11, "", errors.RepositoryLocked),
        (10, "", errors.RepositoryUnreachable),
        (1, "unable to create lock in backend: permission denied", errors.RepositoryUnreachable),
        (
            1,
            'Fatal: unable to open config file: client.Head: Head "http://h/config": dial tcp h:1: connect: connection refused',
            errors.RepositoryUnreachable,
        ),
        (
            1,
            "Fatal: unable to open repository at sftp:h:/r: unable to start the sftp session, error: unexpected EOF",
            errors.RepositoryUnreachable,
        ),
        (
            1,
            "Fatal: unable to save snapshot: write /r/data/7e/7e86-tmp-2: no space left on device",
            errors.RepositoryFull,
        ),
        (2, "cannot dump file: decrypting blob a4b0 failed: ciphertext verification failed", errors.SnapshotDamaged),
        (2, "cannot dump file: ReadFull(<data/db80c273e2>): unexpected EOF", errors.SnapshotDamaged),
        (2, "ReadFull(<data/30497edff7>): open r2/data/30/30497: no such file or directory", errors.SnapshotDamaged),
        (1, "Fatal: load <index/5dab2277fc>: invalid data returned", errors.SnapshotDamaged),
        (1, 'no matching ID found for prefix "deadbeef"', errors.UnknownSnapshot),
        (
            1,
            "failed to load snapshot 521d124f: open /r/snapshots/521d: no such file or directory",
            errors.UnknownSnapshot,
        ),
        (1, "Fatal: something else", errors.BackupError),
    ],
)
def test_a_failure_is_told_by_its_code_and_by_its_text(code, err, kind):
    assert answers.failure(Finished(code, b"", err)) is kind


@pytest.mark.parametrize(
    ("code", "err", "absent"),
    [
        (1, ABSENT.err, True),
        (10, "", True),
        (1, "Fatal: unable to open config file: <config/> does not exist", True),
        (1, "Fatal: unable to open config file: client.StatObject: The specified key does not exist.", True),
        (
            10,
            '{"message_type":"exit_error","code":10,"message":"Fatal: repository does not exist: unable to open config file"}',
            True,
        ),
        (1, "Fatal: unable to open config file: dial tcp: lookup h: no such host", False),
        (1, "Fatal: unable to open config file: server response unexpected: 401 Unauthorized (401)", False),
        (12, ABSENT.err, False),
        (1, "Fatal: wrong password or no key found", False),
    ],
)
def test_only_an_answer_that_there_is_none_means_that_there_is_no_repository(code, err, absent):
    assert answers.is_absent(Finished(code, b"", err)) is absent


def test_what_restic_said_is_short_and_has_no_secrets():
    err = (
        "Load(<data/3049>, 247, 658) returned error, retrying after 552ms: connection refused\n"
        'Fatal: Head "http://u:***@h:1/config": the key k3y-0f-s3 is no good at rest:http://u:s3cret@h:1/\n'
        "github.com/restic/restic/internal/repository.(*Repository).LoadBlob\n\tgithub.com/restic/repository.go:303\n"
        '{"message_type":"error","error":{"Op":"read","Path":"/srv/a","Err":5},"during":"archival","item":"/srv/a"}\n'
        '{"message_type":"error","error":{"message":"/srv/b is locked"},"during":"archival","item":"/srv/b"}\n'
    )

    assert answers.said(Finished(1, b"", err), "rest:http://u:s3cret@h:1/", ["k3y-0f-s3"]) == (
        'Head "http://h:1/config": the key *** is no good at rest:http://h:1/; /srv/a: Input/output error; /srv/b is locked'
    )
    assert answers.said(Finished(3, b"", ""), "/srv/r") == "exit code 3"


@pytest.mark.parametrize(
    ("repository", "shown", "local"),
    [
        ("/srv/r", "/srv/r", "/srv/r"),
        ("local:/srv/r", "local:/srv/r", "/srv/r"),
        ("sftp:u@h:/r", "sftp:u@h:/r", None),
        ("sftp://u@h:22//r", "sftp://h:22//r", None),
        ("rest:https://u:p@h/r", "rest:https://h/r", None),
        ("s3:s3.amazonaws.com/b", "s3:s3.amazonaws.com/b", None),
        ("s3:https://h:9000/b", "s3:https://h:9000/b", None),
    ],
)
def test_a_repository_is_shown_without_its_secrets_and_is_here_or_elsewhere(repository, shown, local):
    assert answers.shown(repository) == shown
    assert answers.local_path(repository) == local


def test_a_lock_names_its_owner():
    lock = b'{"time":"2026-11-26T15:38:18.5Z","exclusive":false,"hostname":"vm","username":"root","pid":1806}'

    assert answers.lock_owner(lock, "vm") == LockOwner("vm", 1806, 1795707498.5, local=True, user="root")
    assert not answers.lock_owner(lock, "vm2").local


@pytest.mark.parametrize(
    ("version", "can"), [("0.14.0", False), ("0.15.1", True), ("0.19.1-dev", True), ("1.0.0", True)]
)
def test_holes_are_restored_from_0_15_on(version, can):
    assert answers.writes_holes(f"restic {version} compiled with go1.19.8 on linux/amd64\n".encode()) is can
