# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Killed, or hindered by another, whoever saves and removes snapshots loses none; with the real programs."""

from __future__ import annotations

import contextlib
import os
import pathlib
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Labels
from ansible_collections.progressive.delivery.tests.e2e.backups import trees
from ansible_collections.progressive.delivery.tests.e2e.backups.repositories import PROGRAMS, World

KILLS = int(os.environ.get("PROGRESSIVE_DELIVERY_BACKUP_KILLS", "1"))
"""How many rounds; each kills whoever saves, restores and removes."""
CALL = """
import pathlib, sys
from ansible_collections.progressive.delivery.tests.e2e.backups.repositories import World
world = World(sys.argv[1], pathlib.Path(sys.argv[2]))
if sys.argv[3] == "take":
    world.take()
else:
    engine = world.engine()
    snapshot = next(known for known in engine.snapshots("shop") if known.identifier == sys.argv[4])
    world.restored(snapshot) if sys.argv[3] == "extract" else engine.remove([snapshot])
"""


@pytest.fixture(params=PROGRAMS)
def world(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> World:
    return World(request.param, tmp_path)


def killed(world: World, seconds: float, *what: str) -> None:
    """Begin to save, restore or remove a snapshot in a process of its own, and kill that."""
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path)))
    command = [sys.executable, "-c", CALL, world.kind, str(world.folder), *what]
    with subprocess.Popen(command, env=environment) as process:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        process.send_signal(signal.SIGKILL)


def test_killed_at_any_instant_every_snapshot_stays_whole(world: World) -> None:
    world.take()
    began = time.monotonic()
    killed(world, 600, "take")
    # How long it takes when nothing ends it, in a repository that is there: later, most would have come to their end.
    usual = time.monotonic() - began
    first = trees.described(world.data)
    kept = {snapshot.identifier: first for snapshot in world.engine().snapshots("shop")}
    assert len(kept) == 2
    chance = random.Random()
    for number in range(KILLS):
        (world.data / f"new-{number}").write_bytes(os.urandom(100_000))
        now = trees.described(world.data)
        killed(world, chance.uniform(0.3, usual), "take")
        last = world.take()
        found = {snapshot.identifier: snapshot for snapshot in world.engine().snapshots("shop")}
        assert set(kept) | {last.identifier} <= set(found)
        kept = {identifier: kept.get(identifier, now) for identifier in found}

        oldest = min(found.values(), key=lambda snapshot: snapshot.taken)
        killed(world, chance.uniform(0.3, usual), "extract", last.identifier)
        killed(world, chance.uniform(0.3, 2 * usual), "remove", oldest.identifier)
        world.engine().remove([oldest])
        assert not list(world.repository.glob("locks/*")) + list(world.repository.glob("lock.*"))
        del kept[oldest.identifier]
        found = {snapshot.identifier: snapshot for snapshot in world.engine().snapshots("shop")}
        assert set(found) == set(kept)
        for identifier in sorted(kept, key=lambda identifier: found[identifier].taken)[-2:]:
            assert world.restored(found[identifier]) == kept[identifier]


def test_apps_that_begin_at_once_with_a_repository_that_is_not_there_wait_for_each_other(world: World) -> None:
    engines = {app: world.engine(patience=600) for app in ("shop", "search")}
    with ThreadPoolExecutor() as pool:
        taken = {app: pool.submit(engine.take, world.content(), Labels(app)) for app, engine in engines.items()}
    assert {app: engine.snapshots(app) for app, engine in engines.items()} == {
        app: [made.result().snapshot] for app, made in taken.items()
    }
