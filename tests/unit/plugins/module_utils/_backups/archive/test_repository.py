# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder with the snapshots: full disks, other writers, and what may stand in the way."""

from __future__ import annotations

import fcntl
import os
import resource
import stat
import threading

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive import compression, repository
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.archive import ArchiveEngine
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import (
    EngineMissing,
    RepositoryFull,
    RepositoryLocked,
    RepositoryUnreachable,
    UnknownSnapshot,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Labels, Proof
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._backups.archive.trees import (
    SHOP,
    Saved,
)


def names(saved):
    return sorted(os.listdir(os.path.join(saved.repository, "shop")))


def test_what_is_taken_is_listed_oldest_first_with_all_that_it_is_for(tmp_path):
    saved = Saved(tmp_path)
    taken = [saved.take() for _number in range(3)]
    saved.engine.take(saved.content(), Labels("other"))

    assert saved.engine.snapshots("shop") == taken
    assert taken[0].labels == SHOP
    assert taken[0].paths == (saved.data, saved.dumps)
    assert taken[0].dumps == saved.dumps
    assert len(saved.engine.snapshots("other")) == 1
    assert saved.engine.snapshots("never") == []


def test_a_snapshot_tells_what_it_holds_and_what_it_takes(tmp_path):
    saved = Saved(tmp_path, compression="gzip")
    saved.write("large", bytes(1 << 20))
    saved.write("small", b"123")

    taken = saved.engine.take(saved.content(), SHOP)

    assert (taken.files, taken.bytes) == (3, (1 << 20) + 3 + 2)
    assert taken.added == sum(entry.stat().st_size for entry in os.scandir(saved.folder_of(taken.snapshot)))
    assert 0 < taken.added < 10_000


def test_nobody_else_may_look_into_a_repository(tmp_path):
    saved = Saved(tmp_path)
    before = os.umask(0)
    try:
        snapshot = saved.take()
        saved.engine.record_proof(snapshot, Proof(1.0, "checksum"))
    finally:
        os.umask(before)

    modes = {
        path: stat.S_IMODE(os.lstat(path).st_mode)
        for path in [
            saved.repository,
            *(
                os.path.join(parent, name)
                for parent, folders, files in os.walk(saved.repository)
                for name in folders + files
            ),
        ]
    }
    assert {mode & 0o077 for mode in modes.values()} == {0}
    assert modes[saved.repository] == modes[saved.folder_of(snapshot)] == 0o700


def test_looking_makes_no_repository(tmp_path):
    saved = Saved(tmp_path)

    saved.engine.check()
    assert saved.engine.snapshots("shop") == []

    assert not os.path.exists(saved.repository)


def test_a_removed_snapshot_is_gone_with_its_proofs_and_no_other_is(tmp_path):
    saved = Saved(tmp_path)
    snapshots = [saved.take() for _number in range(3)]
    saved.engine.record_proof(snapshots[0], Proof(1.0, "restore"))

    saved.engine.remove(snapshots[:2])
    saved.engine.remove(snapshots[:1])

    assert saved.engine.snapshots("shop") == snapshots[2:]
    assert names(saved) == [snapshots[2].identifier]
    with pytest.raises(UnknownSnapshot):
        saved.engine.read_through(snapshots[0])


def in_child_with_small_files(size, work):
    """What *work* raised in a process that cannot write files larger than *size*."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            work()
        except RepositoryFull:
            code = 42
        finally:
            os._exit(code)
    _pid, status = os.waitpid(child, 0)
    return os.WEXITSTATUS(status)


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
@pytest.mark.parametrize("size", [100, 50_000])
def test_a_disk_that_is_full_in_the_middle_leaves_nothing_but_the_earlier_snapshots(size, compression, tmp_path):
    saved = Saved(tmp_path, compression=compression)
    earlier = saved.take()
    saved.write("large", os.urandom(1 << 20))

    assert in_child_with_small_files(size, saved.take) == 42

    assert names(saved) == [earlier.identifier]
    saved.engine.read_through(earlier)
    saved.engine.read_through(saved.take())


def test_a_disk_that_is_full_while_it_is_restored_is_told_so(tmp_path):
    saved = Saved(tmp_path)
    saved.write("large", os.urandom(1 << 20))
    snapshot = saved.take()

    assert in_child_with_small_files(1000, lambda: saved.extract(snapshot)) == 42


def test_a_live_writer_keeps_its_part_and_a_dead_ones_is_taken_away(tmp_path):
    saved = Saved(tmp_path)
    saved.take()
    shop = os.path.join(saved.repository, "shop")
    for name in (".part-live", ".part-dead", ".part-begun", ".gone-half"):
        os.mkdir(os.path.join(shop, name))
        with open(os.path.join(shop, name, "content.tar"), "wb") as stream:
            stream.write(b"part")
    for name in (".part-live", ".part-dead"):
        with open(os.path.join(shop, name, ".writer"), "wb"):
            pass

    with open(os.path.join(shop, ".part-live", ".writer"), "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        saved.take()
        assert [name for name in names(saved) if name.startswith(".")] == [".part-live"]

    saved.take()
    assert [name for name in names(saved) if name.startswith(".")] == []


def test_writers_of_one_repository_do_not_disturb_each_other(tmp_path):
    saved = Saved(tmp_path)
    failures = []

    def work():
        engine = saved.opened(saved.password)
        try:
            for _number in range(3):
                engine.take(saved.content(), SHOP)
                engine.remove(engine.snapshots("shop")[:1])
        except BaseException as error:  # noqa: BLE001 (told below)
            failures.append(error)

    threads = [threading.Thread(target=work) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    saved.take()
    assert names(saved) == [
        snapshot.identifier for snapshot in sorted(saved.engine.snapshots("shop"), key=lambda known: known.identifier)
    ]
    for snapshot in saved.engine.snapshots("shop"):
        saved.engine.read_through(snapshot)


def test_a_repository_that_another_process_does_not_let_go_is_locked(tmp_path, monkeypatch):
    monkeypatch.setattr(repository, "_PATIENCE", 0)
    saved = Saved(tmp_path)
    snapshot = saved.take()

    with open(os.path.join(saved.repository, ".lock"), "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(RepositoryLocked):
            saved.take()
        assert saved.engine.snapshots("shop") == [snapshot]
        saved.engine.read_through(snapshot)

    saved.take()


def test_a_repository_that_cannot_be_is_told_before_anything_is_made(tmp_path):
    saved = Saved(tmp_path)
    file = saved.write("file", b"")

    for path in (file, file + "/below", "relative"):
        engine = ArchiveEngine(path, None, "none")
        with pytest.raises(RepositoryUnreachable):
            engine.check()
        with pytest.raises(RepositoryUnreachable):
            engine.take(saved.content(), SHOP)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"format": 2}', b'{"format": 1, "salt": "x", "seal": ""}', b"\xff"]
)
def test_a_repository_whose_description_is_damaged_is_not_written_to(content, tmp_path):
    saved = Saved(tmp_path)
    snapshot = saved.take()
    with open(os.path.join(saved.repository, "repository.json"), "wb") as stream:
        stream.write(content)

    with pytest.raises(RepositoryUnreachable, match="is damaged"):
        saved.take()

    assert names(saved) == [snapshot.identifier]


def test_a_repository_that_has_lost_its_description_still_gives_what_it_holds(tmp_path):
    saved = Saved(tmp_path)
    snapshot = saved.take()
    os.unlink(os.path.join(saved.repository, "repository.json"))

    saved.engine.read_through(snapshot)
    assert saved.engine.snapshots("shop") == [snapshot]
    saved.engine.read_through(saved.take())
    saved.engine.read_through(snapshot)


@pytest.mark.parametrize("app", ["", "..", "../shop", "Shop", "a/b", ".lock", "shop\n"])
def test_an_app_that_is_none_has_no_place_in_a_repository(app, tmp_path):
    saved = Saved(tmp_path)

    with pytest.raises(UnknownSnapshot):
        saved.engine.snapshots(app)
    with pytest.raises(UnknownSnapshot):
        saved.engine.take(saved.content(), Labels(app))
    assert not os.path.exists(saved.repository)


def test_zstd_where_there_is_none_is_told_before_anything_is_made(tmp_path, monkeypatch):
    saved = Saved(tmp_path)
    without = saved.opened(saved.password, "zstd")
    snapshot = without.take(saved.content(), SHOP).snapshot
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(compression, "_library", lambda name: None)

    for call in (
        without.check,
        lambda: without.take(saved.content(), SHOP),
        lambda: without.read_through(snapshot),
        lambda: saved.extract(snapshot),
    ):
        with pytest.raises(EngineMissing, match="there is no zstd"):
            call()

    by_itself = saved.opened(saved.password, "auto").take(saved.content(), SHOP).snapshot
    assert os.path.exists(os.path.join(saved.folder_of(by_itself), "content.tar.gz"))
    assert names(saved) == sorted([snapshot.identifier, by_itself.identifier])
