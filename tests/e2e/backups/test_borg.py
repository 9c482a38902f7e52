# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only repositories of borg have: questions that it would ask a person, and locks by number."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups import errors
from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines import borg_lock
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Proof
from ansible_collections.progressive.delivery.tests.e2e.backups.repositories import LABELS, World


@pytest.fixture
def world(tmp_path: pathlib.Path) -> World:
    return World("borg", tmp_path)


def test_a_repository_on_a_host_that_ssh_reaches(world: World, tmp_path: pathlib.Path) -> None:
    shell = tmp_path / "ssh"
    shell.write_text('#!/bin/sh\n[ "$1" = shop@elsewhere ] && shift && exec sh -c "$*"\n')
    shell.chmod(0o700)
    engine = world.engine(repository=f"ssh://shop@elsewhere{world.repository}", environment={"BORG_RSH": str(shell)})
    engine.check()
    assert engine.snapshots("shop") == []
    assert not world.repository.exists()

    snapshot = engine.take(world.content(), LABELS).snapshot
    engine.record_proof(snapshot, Proof(at=1.5, how="restore"))
    engine.read_through(snapshot)

    assert engine.snapshots("shop")[0].proof == Proof(at=1.5, how="restore")
    engine.remove([snapshot])
    assert engine.snapshots("shop") == []


def test_a_lock_whose_number_another_process_has_by_now_is_removed(world: World) -> None:
    snapshot = world.take()
    lock = world.repository / "lock.exclusive"
    with subprocess.Popen(["sleep", "600"]) as other:
        lock.mkdir()
        (lock / f"{borg_lock.this_host()}.{other.pid}-0").touch()
        os.utime(lock)
        with pytest.raises(errors.RepositoryLocked, match=f"process {other.pid} "):
            world.engine().read_through(snapshot)
        os.utime(lock, (1, 1))

        world.engine().read_through(snapshot)
        other.kill()

    assert not lock.exists()


def test_a_repository_that_is_somewhere_else_than_before_is_only_used_when_that_is_meant(
    world: World, tmp_path
) -> None:
    snapshot = world.take()
    moved = str(tmp_path / "moved")
    world.repository.rename(moved)

    with pytest.raises(errors.RepositoryUnreachable, match="was previously located at"):
        world.engine(repository=moved).snapshots("shop")

    agreed = {"BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes"}
    assert world.engine(repository=moved, environment=agreed).snapshots("shop") == [snapshot]


def test_what_cannot_be_read_is_told_as_that_and_nothing_incomplete_is_kept(
    world: World, tmp_path: pathlib.Path
) -> None:
    """Whatever it is called: the names of files are in what borg says."""
    for name in ("Connection refused, Remote: integrity", "file changed while we backed it up"):
        (world.data / name).touch(mode=0)
    borg = tmp_path / "borg"
    limited = "setpriv --bounding-set=-dac_override,-dac_read_search " if os.geteuid() == 0 else ""
    borg.write_text(f'#!/bin/sh\nexec {limited}borg "$@"\n')
    borg.chmod(0o700)
    with pytest.raises(errors.SourceUnusable, match="Permission denied") as told:
        world.take(program=str(borg))

    assert "Remote: integrity" in told.value.message
    assert "backed it up" in told.value.message
    assert world.engine().snapshots("shop") == []


def test_when_borg_had_no_time_left_after_it_had_removed_a_lock_of_the_dead_it_is_asked_again(
    world: World, tmp_path: pathlib.Path
) -> None:
    """What it said on a machine with much else to do."""
    world.take()
    said = [
        {"type": "log_message", "levelname": "WARNING", "message": "Killed stale lock vm@3281355014145.29782-0."},
        {
            "type": "log_message",
            "levelname": "ERROR",
            "msgid": "LockTimeout",
            "message": f"Failed to create/acquire the lock {world.repository}/lock.exclusive (timeout).",
        },
    ]
    (tmp_path / "said").write_text("".join(json.dumps(line) + "\n" for line in said))
    borg = tmp_path / "borg"
    borg.write_text(f'#!/bin/sh\ncd {tmp_path}\nmv said told 2>&- && cat told >&2 && exit 2\nexec borg "$@"\n')
    borg.chmod(0o700)

    world.take(program=str(borg))

    assert (tmp_path / "told").exists()
    assert len(world.engine().snapshots("shop")) == 2


def test_a_repository_without_encryption_is_not_used(world: World) -> None:
    init = ["borg", "init", "--encryption", "none", str(world.repository)]
    subprocess.run(
        init, env={**os.environ, "BORG_BASE_DIR": str(world.folder / "other")}, check=True, capture_output=True
    )

    with pytest.raises(errors.RepositoryUnreachable, match="unencrypted"):
        world.take()
