# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong with repositories is told for what it is, and no snapshot is lost; with the real programs."""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
import time
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups import errors
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines import restic
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Proof, Snapshot
from ansible_collections.progressive.delivery.tests.e2e.backups import damage, trees
from ansible_collections.progressive.delivery.tests.e2e.backups.repositories import (
    LABELS,
    PASSWORD,
    PROGRAMS,
    World,
    small_disk,
)

HOLDERS = {
    "restic": ["restic", "backup", "--stdin"],
    "borg": ["borg", "create", "::held", "-"],
}
LOCKS = {"restic": f"locks/{'?' * 64}", "borg": "lock.exclusive/*"}
UNREACHABLE = {
    "restic": ("rest:http://u:s3cret@127.0.0.1:1/", "sftp://u@127.0.0.1:1//repository"),
    "borg": ("ssh://u@127.0.0.1:1/repository",),
}


@pytest.fixture(scope="module", params=PROGRAMS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Snapshot]:
    """A repository with one snapshot; whoever changes it puts it back."""
    world = World(request.param, tmp_path_factory.mktemp("made"))
    return world, world.take()


@pytest.fixture(params=PROGRAMS)
def world(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> World:
    return World(request.param, tmp_path)


def test_a_wrong_password_and_a_missing_program_are_named(made: tuple[World, Snapshot]) -> None:
    world, snapshot = made

    for wrong in (
        lambda engine: engine.check(),
        lambda engine: engine.snapshots("shop"),
        lambda engine: engine.take(world.content(), LABELS),
    ):
        with pytest.raises(
            errors.WrongPassword, match=str(world.repository), check=lambda error: "guess" not in str(error)
        ):
            wrong(world.engine(password="guess"))
    with pytest.raises(errors.EngineMissing, match=f"{world.kind}-9"):
        world.engine(program=f"{world.kind}-9").check()
    assert world.engine().snapshots("shop") == [snapshot]


def test_the_password_is_on_no_command_line_in_no_environment_and_in_no_file(
    world: World, tmp_path: pathlib.Path
) -> None:
    seen = tmp_path / "seen"
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\ncat /proc/$$/cmdline /proc/$$/environ >> {seen}\nexec {world.kind} "$@"\n')
    program.chmod(0o700)
    engine = world.engine(program=str(program))

    snapshot = engine.take(world.content(), LABELS).snapshot
    engine.record_proof(snapshot, Proof(at=1.0, how="checksum"))
    engine.read_through(snapshot)

    assert b"repository" in seen.read_bytes()
    assert PASSWORD.encode() not in seen.read_bytes()
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and PASSWORD.encode() in path.read_bytes()]


def test_a_folder_with_something_else_in_it_is_left_alone(world: World) -> None:
    world.repository.mkdir()
    (world.repository / "photos").touch()

    for call in (lambda engine: engine.check(), lambda engine: engine.take(world.content(), LABELS)):
        with pytest.raises(errors.RepositoryUnreachable, match="is not empty"):
            call(world.engine())

    assert os.listdir(world.repository) == ["photos"]


def test_a_place_that_cannot_be_reached_is_no_missing_repository(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restic, "ANSWERS_WITHIN", 10.0)
    for place in UNREACHABLE[world.kind]:
        for call in (
            lambda engine: engine.check(),
            lambda engine: engine.snapshots("shop"),
            lambda engine: engine.take(world.content(), LABELS),
        ):
            with pytest.raises(
                errors.RepositoryUnreachable, match="127.0.0.1", check=lambda error: "s3cret" not in str(error)
            ):
                call(world.engine(repository=place))


@contextlib.contextmanager
def held(world: World, *before: str) -> t.Iterator[subprocess.Popen]:
    """Another process that works on the repository, until it is killed."""
    password = {"RESTIC_PASSWORD": PASSWORD, "BORG_PASSPHRASE": PASSWORD}
    place = {"RESTIC_REPOSITORY": str(world.repository), "BORG_REPO": str(world.repository)}
    folders = {"RESTIC_CACHE_DIR": f"{world.folder}/cache", "BORG_BASE_DIR": f"{world.folder}/cache"}
    with subprocess.Popen(
        [*before, *HOLDERS[world.kind]], env={**os.environ, **password, **place, **folders}, stdin=subprocess.PIPE
    ) as process:
        try:
            while not list(world.repository.glob(LOCKS[world.kind])):
                assert process.poll() is None
                time.sleep(0.01)
            yield process
        finally:
            process.kill()


def test_a_lock_is_respected_while_its_owner_lives_and_removed_when_it_is_dead(made: tuple[World, Snapshot]) -> None:
    world, snapshot = made
    with world.as_it_is():
        with held(world) as holder:
            with pytest.raises(errors.RepositoryLocked, match=f"locked by process {holder.pid} .*since 20"):
                world.engine().remove([snapshot])
            assert list(world.repository.glob(LOCKS[world.kind]))
            assert holder.poll() is None

        world.engine().record_proof(snapshot, Proof(at=1.0, how="checksum"))

        assert not list(world.repository.glob(LOCKS[world.kind]))
        world.engine().remove([])
        assert world.engine().snapshots("shop")[0].proofs == (Proof(at=1.0, how="checksum"),)


def test_a_lock_from_a_host_that_cannot_be_asked_stays(made: tuple[World, Snapshot]) -> None:
    world, snapshot = made
    with world.as_it_is():
        with held(world, "unshare", "--uts", "sh", "-c", 'hostname elsewhere && exec "$@"', "sh"):
            pass

        with pytest.raises(errors.RepositoryLocked, match="on host elsewhere"):
            world.engine().remove([snapshot])

        assert list(world.repository.glob(LOCKS[world.kind]))


def test_one_flipped_bit_is_seen_wherever_it_is(made: tuple[World, Snapshot]) -> None:
    world, snapshot = made
    world.engine().read_through(snapshot)
    for what, path, offset in damage.places(world, PASSWORD):
        damage.flip(path, offset)
        with pytest.raises(errors.SnapshotDamaged):
            world.engine().read_through(snapshot)
        if what == "data":
            with pytest.raises(errors.SnapshotDamaged):
                world.restored(snapshot)
        damage.flip(path, offset)

    assert world.restored(snapshot) == trees.described(world.data)


def test_a_file_that_was_cut_off_is_seen(made: tuple[World, Snapshot]) -> None:
    world, snapshot = made
    with world.as_it_is():
        largest = max(world.repository.glob("data/*/*"), key=lambda path: path.stat().st_size)
        os.truncate(largest, largest.stat().st_size // 2)
        with pytest.raises(errors.SnapshotDamaged):
            world.engine().read_through(snapshot)


def test_a_full_disk_costs_no_earlier_snapshot(world: World, tmp_path: pathlib.Path) -> None:
    with small_disk(tmp_path / "disk", "6m"):
        place = {"repository": str(tmp_path / "disk" / "repository")}
        first = world.take(**place)
        before = trees.described(world.data)
        too_large = world.data / "too-large"
        too_large.write_bytes(os.urandom(8_000_000))
        with pytest.raises(errors.RepositoryFull, match="[Nn]o space left on device"):
            world.take(**place)
        too_large.unlink()

        assert [snapshot.identifier for snapshot in world.engine(**place).snapshots("shop")] == [first.identifier]
        second = world.take(**place)
        assert world.restored(first, **place) == before
        assert world.restored(second, **place) == trees.described(world.data)


def test_a_restore_for_which_there_is_no_room_is_told(made: tuple[World, Snapshot]) -> None:
    world, snapshot = made
    folder = world.folder / "small"
    with small_disk(folder, "100k"), pytest.raises(errors.RepositoryFull, match="[Nn]o space left on device"):
        world.engine().extract(snapshot, str(folder), snapshot.paths)
