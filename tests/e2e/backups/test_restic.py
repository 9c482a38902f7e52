# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only repositories of restic have: other kinds of places, and what its dead leave in a folder."""

from __future__ import annotations

import os
import pathlib
import subprocess

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups import errors
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Proof
from ansible_collections.progressive.delivery.tests.e2e.backups import elsewhere, trees
from ansible_collections.progressive.delivery.tests.e2e.backups.repositories import LABELS, PASSWORD, World
from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import until


@pytest.fixture
def world(tmp_path: pathlib.Path) -> World:
    return World("restic", tmp_path)


@pytest.mark.parametrize("kind", elsewhere.KINDS)
def test_a_repository_elsewhere(world: World, kind: str) -> None:
    with elsewhere.KINDS[kind](world.folder) as there:
        engine = world.engine(repository=there.repository, environment=there.environment)
        engine.check()
        assert engine.snapshots("shop") == []
        snapshot = engine.take(world.content(), LABELS).snapshot
        given = {
            "RESTIC_REPOSITORY": there.repository,
            "RESTIC_CACHE_DIR": f"{world.folder}/cache",
            "RESTIC_PASSWORD": PASSWORD,
        }
        with subprocess.Popen(
            ["restic", "backup", "--stdin"],
            env={**os.environ, **given, **there.environment},
            stdin=subprocess.PIPE,
        ) as holder:
            until(lambda: bool(list(there.folder.glob(f"locks/{'?' * 64}"))), "restic has locked the repository")
            with pytest.raises(
                errors.RepositoryLocked,
                match=f"process {holder.pid} ",
                check=lambda e: elsewhere.SECRET not in str(e),
            ):
                engine.remove([])
            holder.kill()

        engine.remove([])

        assert not list(there.folder.glob("locks/*"))
        engine.record_proof(snapshot, Proof(at=1.5, how="restore"))
        engine.read_through(snapshot)
        assert engine.snapshots("shop")[0].proof == Proof(at=1.5, how="restore")
        folder = world.folder / "restored"
        folder.mkdir()
        engine.extract(snapshot, str(folder), snapshot.paths)
        assert trees.described(f"{folder}{world.data}") == trees.described(world.data)
        repository, environment = there.as_stranger
        stranger = world.engine(repository=repository, environment=environment)
        with pytest.raises(
            errors.RepositoryUnreachable,
            match=there.refusal,
            check=lambda error: elsewhere.STRANGERS not in str(error),
        ):
            stranger.take(world.content(), LABELS)


def test_parts_of_files_that_the_dead_left_go_with_the_next_removal(world: World) -> None:
    snapshot = world.take()
    pack = next(path for path in world.repository.glob("data/*/*"))
    part = pack.with_name(f"{'0' * 64}-tmp-123")
    part.write_bytes(b"part")
    os.utime(part, (1, 1))

    world.engine().remove([])

    assert not part.exists()
    assert pack.exists()
    assert world.engine().snapshots("shop") == [snapshot]


def test_a_repository_without_its_config_is_not_made_anew(world: World) -> None:
    world.take()
    (world.repository / "config").unlink()

    with pytest.raises(errors.RepositoryUnreachable, match="has no config"):
        world.take()
    with pytest.raises(errors.RepositoryUnreachable, match="has no config"):
        world.engine().snapshots("shop")
