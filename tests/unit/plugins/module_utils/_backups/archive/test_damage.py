# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever becomes of the files of a snapshot, it is noticed before anything is restored from it."""

from __future__ import annotations

import errno
import json
import os
import shutil

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive import proofs, reading
from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive.writing import COPY
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines import archive as archive_engine
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import (
    RepositoryUnreachable,
    SnapshotDamaged,
    UnknownSnapshot,
    WrongPassword,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import DESCRIPTION, Proof
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._backups.archive.trees import (
    SHOP,
    Saved,
)


def replaced(path, content):
    with open(path, "wb") as stream:
        stream.write(content)


def read(path):
    with open(path, "rb") as stream:
        return stream.read()


@pytest.fixture(name="saved", params=["signed", "unsigned"])
def saved_fixture(request, tmp_path):
    """Something small, so that each of its bytes can be tried."""
    saved = Saved(tmp_path, "correct horse" if request.param == "signed" else None, "gzip")
    saved.write("file", b"content")
    return saved


def files(saved, snapshot):
    found = sorted(entry.path for entry in os.scandir(saved.folder_of(snapshot)))
    assert [os.path.basename(path) for path in found] == [
        "backup.json",
        "content.tar.gz",
        "manifest.json",
        "manifest.sig",
    ]
    return found


def test_one_flipped_bit_anywhere_is_noticed(saved):
    snapshot = saved.take()
    for path in files(saved, snapshot):
        whole = read(path)
        for position in range(len(whole)):
            flipped = whole[position] ^ (1 << position % 8)
            replaced(path, whole[:position] + bytes([flipped]) + whole[position + 1 :])
            # A bit of the salt may also make a snapshot look as if it was not signed.
            with pytest.raises((SnapshotDamaged, WrongPassword)):
                saved.engine.read_through(snapshot)
        replaced(path, whole)
    saved.engine.read_through(snapshot)


def test_a_cut_anywhere_is_noticed(saved):
    snapshot = saved.take()
    for path in files(saved, snapshot):
        whole = read(path)
        for length in (*range(0, len(whole), 7), len(whole) - 1):
            replaced(path, whole[:length])
            with pytest.raises(SnapshotDamaged):
                saved.engine.read_through(snapshot)
        replaced(path, whole + b"\n")
        with pytest.raises(SnapshotDamaged):
            saved.engine.read_through(snapshot)
        os.unlink(path)
        with pytest.raises(SnapshotDamaged, match="is missing"):
            saved.engine.read_through(snapshot)
        replaced(path, whole)
    saved.engine.read_through(snapshot)


@pytest.mark.parametrize(
    "names",
    [
        ["manifest.json"],
        ["manifest.sig"],
        ["content.tar.gz"],
        ["manifest.json", "manifest.sig"],
        ["manifest.json", "manifest.sig", "content.tar.gz"],
    ],
)
def test_parts_of_another_snapshot_of_the_same_repository_are_noticed(names, saved):
    earlier = saved.take()
    saved.write("file", os.urandom(4096))
    snapshot = saved.take()
    for name in names:
        shutil.copyfile(os.path.join(saved.folder_of(earlier), name), os.path.join(saved.folder_of(snapshot), name))

    with pytest.raises(SnapshotDamaged):
        saved.engine.read_through(snapshot)
    with pytest.raises(SnapshotDamaged):
        saved.extract(snapshot)

    saved.engine.read_through(earlier)
    assert os.listdir(os.path.join(saved.folder, "restored-1")) == []


def test_what_is_damaged_is_still_listed_by_what_its_name_tells(saved):
    good = saved.take()
    damaged = saved.take()
    replaced(os.path.join(saved.folder_of(damaged), "manifest.json"), b"{}")

    listed = {snapshot.identifier: snapshot for snapshot in saved.engine.snapshots("shop")}

    assert listed[good.identifier] == good
    assert listed[damaged.identifier].taken == int(damaged.taken)
    assert listed[damaged.identifier].paths == ()
    with pytest.raises(SnapshotDamaged):
        saved.engine.read_through(listed[damaged.identifier])


def test_nothing_is_believed_that_is_not_signed_with_the_password(tmp_path):
    saved = Saved(tmp_path / "ours")
    theirs = Saved(tmp_path / "theirs", None)
    snapshot, forged = saved.take(), theirs.take()
    shutil.copytree(theirs.folder_of(forged), saved.folder_of(forged))

    with pytest.raises(SnapshotDamaged, match="not signed"):
        saved.engine.read_through(forged)
    with pytest.raises(SnapshotDamaged, match="not signed"):
        saved.extract(forged)
    saved.engine.read_through(snapshot)


def test_a_signed_snapshot_is_not_read_without_its_password(tmp_path):
    saved = Saved(tmp_path / "ours")
    theirs = Saved(tmp_path / "theirs", None)
    theirs.take()
    snapshot = saved.take()
    shutil.copytree(saved.folder_of(snapshot), theirs.folder_of(snapshot))

    with pytest.raises(WrongPassword, match="is signed"):
        theirs.engine.read_through(snapshot)


@pytest.mark.parametrize(("made", "given"), [("Zq8-one", "Zq8-two"), ("Zq8-one", None), (None, "Zq8-one")])
def test_every_call_refuses_another_password(made, given, tmp_path):
    saved = Saved(tmp_path, made)
    snapshot = saved.take()
    other = saved.opened(given)

    for call in (
        other.check,
        lambda: other.snapshots("shop"),
        lambda: other.take(saved.content(), SHOP),
        lambda: other.read_through(snapshot),
        lambda: other.extract(snapshot, saved.folder, [saved.data]),
        lambda: other.record_proof(snapshot, Proof(1.0, "checksum")),
        lambda: other.remove([snapshot]),
    ):
        with pytest.raises(WrongPassword) as refused:
            call()
        assert "Zq8" not in str(refused.value)

    saved.engine.read_through(snapshot)
    assert os.listdir(os.path.join(saved.repository, "shop")) == [snapshot.identifier]


def test_proofs_are_kept_with_their_snapshot_and_only_there(saved):
    first, second = saved.take(), saved.take()
    proofs = (Proof(5, "checksum"), Proof(7.25, "restore"))
    for proof in reversed(proofs):
        saved.engine.record_proof(first, proof)

    listed = {snapshot.identifier: snapshot for snapshot in saved.opened(saved.password).snapshots("shop")}

    assert listed[first.identifier].proofs == proofs
    assert listed[first.identifier].proof == proofs[1]
    assert listed[second.identifier].proofs == ()
    saved.engine.read_through(listed[first.identifier])

    shutil.copyfile(
        os.path.join(saved.folder_of(first), "proofs.jsonl"), os.path.join(saved.folder_of(second), "proofs.jsonl")
    )
    assert [snapshot.proofs for snapshot in saved.engine.snapshots("shop") if snapshot == second] == [()]


def test_a_proof_that_was_changed_or_torn_proves_nothing_and_the_next_one_does(saved):
    snapshot = saved.take()
    saved.engine.record_proof(snapshot, Proof(5.5, "checksum"))
    path = os.path.join(saved.folder_of(snapshot), "proofs.jsonl")
    whole = read(path)
    for position, byte in enumerate(whole):
        if chr(byte).isalnum():
            replaced(path, whole[:position] + bytes([byte ^ 1]) + whole[position + 1 :])
            (listed,) = saved.engine.snapshots("shop")
            assert listed.proofs == ()
    replaced(path, whole[:-10])

    saved.engine.record_proof(snapshot, Proof(6.0, "restore"))

    (listed,) = saved.engine.snapshots("shop")
    assert listed.proofs == (Proof(6.0, "restore"),)


def test_proofs_are_those_of_the_snapshot_s_own_signature_whatever_becomes_of_the_repository_s(tmp_path):
    saved = Saved(tmp_path)
    first, second = saved.take(), saved.take()
    saved.engine.record_proof(first, Proof(5.0, "restore"))
    os.unlink(os.path.join(saved.repository, "repository.json"))
    with open(os.path.join(saved.folder_of(second), "proofs.jsonl"), "w") as stream:
        stream.write(proofs.to_line(Proof(6.0, "restore"), second.identifier, None) + "\n")

    def proven():
        return [snapshot.proofs for snapshot in saved.opened(saved.password).snapshots("shop")]

    assert proven() == [(Proof(5.0, "restore"),), ()]
    third = saved.take()
    assert proven() == [(Proof(5.0, "restore"),), (), ()]
    for snapshot in (second, third):
        saved.opened(saved.password).record_proof(snapshot, Proof(7.0, "checksum"))
    assert proven() == [(Proof(5.0, "restore"),), (Proof(7.0, "checksum"),), (Proof(7.0, "checksum"),)]


def test_a_snapshot_that_is_made_to_look_unsigned_is_not_proven_to_who_has_a_password(tmp_path):
    saved = Saved(tmp_path)
    snapshot = saved.take()
    change_head(saved, snapshot, "salt", None)
    with open(os.path.join(saved.folder_of(snapshot), "proofs.jsonl"), "w") as stream:
        stream.write(proofs.to_line(Proof(6.0, "restore"), snapshot.identifier, None) + "\n")

    assert [listed.proofs for listed in saved.engine.snapshots("shop")] == [()]
    with pytest.raises(SnapshotDamaged, match="not signed"):
        saved.engine.record_proof(snapshot, Proof(7.0, "checksum"))


def change_head(saved, snapshot, name, value):
    path = os.path.join(saved.folder_of(snapshot), "manifest.json")
    first, rest = read(path).split(b"\n", 1)
    head = json.loads(first.decode()[len('{"head": ') : -1])
    head[name] = value
    replaced(path, b'{"head": ' + json.dumps(head).encode() + b",\n" + rest)


@pytest.mark.parametrize("taken", [1e300, -1.0, float("nan"), float("inf"), 253402300800, "now"])
def test_a_snapshot_of_a_time_that_is_none_is_listed_as_damaged_beside_the_others(taken, tmp_path):
    saved = Saved(tmp_path)
    first, second = saved.take(), saved.take()
    change_head(saved, first, "taken", taken)

    listed = {snapshot.identifier: snapshot for snapshot in saved.engine.snapshots("shop")}

    assert listed[first.identifier].taken == int(first.taken)
    assert listed[first.identifier].paths == ()
    assert listed[second.identifier] == second


def test_a_proof_of_a_time_that_is_none_proves_nothing(tmp_path):
    saved = Saved(tmp_path, None)
    snapshot = saved.take()

    saved.engine.record_proof(snapshot, Proof(1e300, "restore"))

    assert [listed.proofs for listed in saved.engine.snapshots("shop")] == [()]


@pytest.mark.parametrize("number", [errno.ESTALE, errno.EIO, errno.ETIMEDOUT, errno.ENOTCONN, errno.EACCES])
@pytest.mark.parametrize("at", ["Followed", "decompressor"])
def test_a_repository_that_cannot_be_read_just_now_is_not_called_damaged(number, at, saved, monkeypatch):
    snapshot = saved.take()

    class Gone:
        def readinto(self, *_arguments):
            raise OSError(number, os.strerror(number))

        follow = finish = readinto

        def __enter__(self):
            return self

        def __exit__(self, *_error):
            pass

    monkeypatch.setattr(reading, at, lambda *_arguments: Gone())
    with pytest.raises(RepositoryUnreachable, match=os.strerror(number)):
        saved.engine.read_through(snapshot)


def test_a_repository_that_cannot_be_read_any_more_while_files_are_restored_is_not_called_damaged(
    tmp_path, monkeypatch
):
    saved = Saved(tmp_path)
    for number in range(8):
        saved.write(str(number), bytes(1 << 20))
    snapshot = saved.take()

    def gone(*_arguments):
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    monkeypatch.setattr(os, "preadv", gone)
    for read_all in (saved.engine.read_through, saved.extract):
        with pytest.raises(RepositoryUnreachable, match="Stale"):
            read_all(snapshot)


def test_what_goes_wrong_with_who_reads_a_snapshot_is_not_the_snapshot_s_fault(saved):
    snapshot = saved.take()
    full = OSError(errno.ENOSPC, "no room for what is read")

    def read_with(opened):
        with opened:
            raise full

    for opened in (reading.opened_manifest(saved.folder_of(snapshot)), saved.engine._opened(snapshot)):
        with pytest.raises(OSError, match="no room for what is read") as caught:
            read_with(opened)
        assert caught.value is full


@pytest.mark.parametrize("identifier", ["20260101T000000Z-00000000", "../../etc", ""])
def test_a_snapshot_that_is_not_there_is_unknown(identifier, tmp_path):
    saved = Saved(tmp_path)
    snapshot = saved.take()
    missing = type(snapshot)(identifier, snapshot.taken, snapshot.labels, snapshot.host, snapshot.paths)

    for call in (
        lambda: saved.engine.read_through(missing),
        lambda: saved.extract(missing),
        lambda: saved.engine.record_proof(missing, Proof(1.0, "checksum")),
    ):
        with pytest.raises(UnknownSnapshot):
            call()


def described(saved, snapshot):
    """What the description says that is restored alone."""
    path = os.path.join(saved.dumps, DESCRIPTION)
    restored = saved.extract(snapshot, path)
    return read(restored[: -len(saved.data)] + path)


def test_a_description_is_restored_without_the_archive_and_from_it_where_the_copy_is_not_right(saved):
    snapshot = saved.take()
    copy, archive, _manifest, _signature = files(saved, snapshot)
    whole = read(archive)
    right = read(os.path.join(saved.dumps, DESCRIPTION))

    replaced(archive, bytes(len(whole)))
    assert described(saved, snapshot) == right
    replaced(archive, whole)
    for spoil in (lambda: replaced(copy, right + b" "), lambda: os.unlink(copy), lambda: os.mkdir(copy)):
        spoil()
        assert described(saved, snapshot) == right
        with pytest.raises(SnapshotDamaged):
            saved.engine.read_through(snapshot)
    replaced(archive, bytes(len(whole)))
    with pytest.raises(SnapshotDamaged):
        described(saved, snapshot)


def test_a_snapshot_of_a_version_that_made_no_copy_is_read_and_restored(saved, monkeypatch):
    monkeypatch.setattr(archive_engine, "DESCRIPTION", "none such")
    snapshot = saved.take()
    assert COPY not in os.listdir(saved.folder_of(snapshot))

    saved.engine.read_through(snapshot)
    assert described(saved, snapshot) == read(os.path.join(saved.dumps, DESCRIPTION))
