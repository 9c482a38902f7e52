# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every engine must do, with the real programs."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import time
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups import errors, swapping
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import (
    Content,
    Labels,
    Proof,
    Snapshot,
)
from ansible_collections.progressive.delivery.tests.e2e.backups import trees
from ansible_collections.progressive.delivery.tests.e2e.backups.repositories import ENGINES, LABELS, World


@pytest.fixture(scope="module", params=sorted(ENGINES))
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def world(kind: str, tmp_path: pathlib.Path) -> World:
    return World(kind, tmp_path)


def test_what_was_saved_comes_back_as_it_was(world: World, tmp_path: pathlib.Path) -> None:
    engine = world.engine()
    engine.check()
    assert engine.snapshots("shop") == []
    assert not world.repository.exists()

    before = time.time()
    taken = engine.take(world.content(), LABELS)

    assert world.engine().snapshots("shop") == [taken.snapshot]
    assert taken.snapshot.labels == LABELS
    assert set(taken.snapshot.paths) == {str(world.data), str(world.dumps)}
    assert taken.snapshot.dumps == str(world.dumps)
    assert before - 1 <= taken.snapshot.taken <= time.time()
    assert taken.files > 20
    assert taken.bytes > trees.HOLE
    assert 300_000 < taken.added < taken.bytes
    assert engine.snapshots("sho") == []
    assert world.restored(taken.snapshot) == trees.described(world.data)
    assert os.stat(f"{tmp_path}/restored{world.data}/{trees.SPARSE}").st_blocks * 512 < trees.HOLE / 2
    assert (pathlib.Path(f"{tmp_path}/restored{world.dumps}") / "backup.json").read_text() == "{}"

    part = tmp_path / "part"
    part.mkdir()
    engine.extract(taken.snapshot, str(part), [f"{world.data}/sub/[a]*?{{b}}"])
    assert [path for path in part.rglob("*") if path.is_file()] == [pathlib.Path(f"{part}{world.data}/sub/[a]*?{{b}}")]
    (tmp_path / "other").mkdir()
    for absent in (f"{world.data}/nonexistent", "/etc/passwd"):
        with pytest.raises(errors.UnknownSnapshot, match=absent.rpartition("/")[2]):
            engine.extract(taken.snapshot, str(tmp_path / "other"), [absent])


def test_no_program_is_called_beside_those_that_do_the_work(world: World, tmp_path: pathlib.Path) -> None:
    """Each call opens the repository anew, which takes longer than to save what has not changed."""
    seen, program = tmp_path / "seen", tmp_path / "program"
    verb = "$1" if world.kind == "restic" else "$2"
    program.write_text(f'#!/bin/sh\necho "{verb}" >> {seen}\nexec {world.kind} "$@"\n')
    program.chmod(0o700)
    engine = world.engine(program=str(program))

    def called(work: t.Callable[[], object]) -> list[str]:
        seen.write_text("")
        work()
        return seen.read_text().split()

    save, listing = {"restic": ("backup", []), "borg": ("create", ["list"])}[world.kind]
    snapshots: list[Snapshot] = []

    def take() -> None:
        assert engine.snapshots("shop") == snapshots
        engine.check()
        snapshots.append(engine.take(world.content(), LABELS).snapshot)

    assert called(take) == ["init", save]
    assert called(take) == [*listing, save]
    assert called(lambda: engine.record_proof(snapshots[0], Proof(at=1.5, how="restore"))) == [save]
    assert [snapshot.proof for snapshot in engine.snapshots("shop")] == [Proof(at=1.5, how="restore"), None]
    removal = {"restic": ["forget", "forget"], "borg": ["delete", "compact"]}[world.kind]
    assert called(lambda: engine.remove(snapshots[:1])) == removal
    assert called(lambda: engine.remove(snapshots[:1])) == [
        *listing,
        {"restic": "prune", "borg": "compact"}[world.kind],
    ]
    assert world.engine().snapshots("shop") == snapshots[1:]
    (tmp_path / "restored").mkdir()
    once = called(lambda: engine.extract(snapshots[1], str(tmp_path / "restored"), snapshots[1].paths))
    assert once == {"restic": ["version", "restore"], "borg": ["extract"]}[world.kind]


def test_excludes_never_hold_for_the_dumps(world: World, tmp_path: pathlib.Path) -> None:
    data = str(world.data).replace("[t]", "?t?")
    excludes = ("*.json", "[!0-9]ub", f"{data}/larg*", "backup*", f"{tmp_path.parent}/**/*.json", "1?")
    (world.data / "a.json").touch()
    kept = {"empty", "sparse", "link", "dangling", "hard", "fifo", "script", "\udcff"}
    (world.data / "10").touch()

    snapshot = world.engine().take(world.content(*excludes), LABELS).snapshot
    world.restored(snapshot)

    assert set(os.listdir(f"{tmp_path}/restored{world.data}")) == kept
    assert os.listdir(f"{tmp_path}/restored{world.dumps}") == ["backup.json"]


def test_proofs_are_seen_by_everyone_and_go_with_what_they_prove_and_with_nothing_else(world: World) -> None:
    first = world.take()
    other = world.engine().take(world.content(), Labels(app="shop-2")).snapshot
    proofs = (Proof(at=1764167473.5, how="checksum"), Proof(at=1764167474.25, how="restore"))
    for proof in reversed(proofs):
        world.engine().record_proof(first, proof)
    world.engine().record_proof(other, proofs[0])
    proven = dataclasses.replace(other, proofs=proofs[:1])

    assert world.engine().snapshots("shop") == [dataclasses.replace(first, proofs=proofs)]
    assert world.engine().snapshots("shop-2") == [proven]

    world.engine().remove([first])
    world.engine().remove([first])

    assert world.engine().snapshots("shop") == []
    assert world.engine().snapshots("shop-2") == [proven]
    assert world.restored(other) == trees.described(world.data)
    with pytest.raises(errors.UnknownSnapshot):
        world.engine().read_through(first)


def test_a_source_that_is_missing_or_cannot_be_read_leaves_no_snapshot(world: World, tmp_path: pathlib.Path) -> None:
    first = world.take()
    (tmp_path / "link").symlink_to(world.data)
    for path, reason in (
        (f"{tmp_path}/nonexistent", "No such file"),
        (f"{tmp_path}/link", "symbolic link"),
        (f"/proc/{os.getpid()}/mem", "put/output error"),
    ):
        with pytest.raises(errors.SourceUnusable, match=reason, check=lambda error, path=path: path in error.message):
            world.engine().take(Content((str(world.data), path), str(world.dumps)), LABELS)

    assert world.engine().snapshots("shop") == [first]


def test_a_path_that_goes_just_before_it_is_saved_leaves_no_snapshot(world: World, tmp_path: pathlib.Path) -> None:
    """Debian's restic only warns of it, and ends with 0."""
    first = world.take()
    passing = tmp_path / "passing"
    passing.touch()
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\nrm -f {passing}\nexec {world.kind} "$@"\n')
    program.chmod(0o700)

    with pytest.raises(errors.SourceUnusable, match=str(passing)):
        world.engine(program=str(program)).take(Content((str(world.data), str(passing)), str(world.dumps)), LABELS)

    assert world.engine().snapshots("shop") == [first]


def test_root_is_not_led_elsewhere_by_who_owns_the_parent(world: World, tmp_path: pathlib.Path) -> None:
    """He renames the hidden folder, and puts another in its place."""
    snapshot = world.take()
    home = tmp_path / "home"
    elsewhere = tmp_path / "elsewhere"
    for folder in (home, elsewhere):
        folder.mkdir()
    os.chown(home, 1234, 1234)

    with swapping.prepared(str(home / "data")) as place:
        os.rename(place.hidden, home / "renamed")
        os.mkdir(place.hidden)
        os.symlink(elsewhere, os.path.join(place.hidden, "extracted"))
        if world.kind == "borg":
            with pytest.raises(errors.RestoreFailed, match=f"others than root may write in {home}, and could lead"):
                world.engine().extract(snapshot, place.folder, [str(world.data)])
        else:
            world.engine().extract(snapshot, place.folder, [str(world.data)])
            swapping.put(place, f"{place.folder}{world.data}")
            assert trees.described(home / "data") == trees.described(world.data)
    assert os.listdir(elsewhere) == []

    with pytest.raises(errors.RestoreFailed, match=f"others than root may write in {home}, and could lead"):
        world.engine().extract(snapshot, f"{home}/renamed", [str(world.data)])
