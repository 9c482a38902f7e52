# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Killed at any instant, every snapshot that was there is whole, and the next run takes away what is left.

A child process takes a snapshot and removes another. Either it ends itself with SIGKILL in front of its n-th change to
the file system, of which Python's audit hooks tell, or it is killed from outside while it writes.
``PROGRESSIVE_DELIVERY_BACKUP_KILLS`` says how many rounds there are.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import time

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.archive import compression
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._backups.archive.trees import (
    SHOP,
    Saved,
    picture,
)

ROUNDS = int(os.environ.get("PROGRESSIVE_DELIVERY_BACKUP_KILLS", "6"))
CHANGES = {"os.mkdir", "os.rename", "os.link", "os.remove", "os.rmdir", "subprocess.Popen", "fcntl.flock"}
USUAL_CHANGES = 30
MOST_CHANGES = 1000


def take_and_remove(saved, removed):
    saved.engine.take(saved.content(), SHOP)
    saved.engine.remove([removed])


def in_child(work, before=lambda: None):
    """The process that does *work*, and *before* it."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            before()
            work()
            code = 0
        finally:
            os._exit(code)
    return child


def end_of(child):
    """Whether it got through; if not it was killed."""
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    assert os.WEXITSTATUS(status) == 0
    return True


def killing_itself(at):
    seen = 0

    def hook(event, arguments):
        nonlocal seen
        writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if event in CHANGES or writes:
            if seen == at:
                os.kill(os.getpid(), signal.SIGKILL)
            seen += 1

    sys.addaudithook(hook)


@pytest.fixture(autouse=True)
def by_the_program(monkeypatch):
    """zstd is another process, which must end with the one that is killed."""
    monkeypatch.setattr(compression, "_library", lambda name: None)


class Rounds:
    """A repository in which something is killed again and again; each snapshot is known by what it must bring back."""

    def __init__(self, folder, compression):
        self.saved = Saved(folder, "secret", compression)
        self.generation = 0
        self.expected = {}

    def generate(self):
        """Change the data, which the next snapshot is of."""
        self.generation += 1
        self.saved.write("number", str(self.generation).encode())
        self.saved.write("large", os.urandom(1 << 20) * 2)
        self.data = picture(self.saved.data)

    def take(self):
        self.generate()
        snapshot = self.saved.take()
        self.expected[snapshot.identifier] = self.data
        return snapshot

    def oldest(self):
        return self.saved.engine.snapshots("shop")[0]

    def check(self, may_be_gone):
        """Every snapshot is whole; those that have to be there are."""
        listed = self.saved.engine.snapshots("shop")
        known = set(self.expected)
        for snapshot in listed:
            self.saved.engine.read_through(snapshot)
            # One that is not known yet is what the child took.
            self.expected.setdefault(snapshot.identifier, self.data)
            restored = self.saved.extract(snapshot)
            assert picture(restored) == self.expected[snapshot.identifier]
            shutil.rmtree(restored)
        assert known - {snapshot.identifier for snapshot in listed} <= {may_be_gone.identifier}
        assert picture(self.saved.data) == self.data
        self.expected = {snapshot.identifier: self.expected[snapshot.identifier] for snapshot in listed}

    def check_next(self):
        """The next run works, and nothing is left but the snapshots that are to stay."""
        snapshot = self.take()
        self.saved.engine.read_through(snapshot)
        listed = self.saved.engine.snapshots("shop")
        self.saved.engine.remove(listed[:-2])
        self.expected = {known.identifier: self.expected[known.identifier] for known in listed[-2:]}
        assert sorted(os.listdir(os.path.join(self.saved.repository, "shop"))) == sorted(self.expected)
        assert sorted(os.listdir(self.saved.repository)) == [".lock", "repository.json", "shop"]


@pytest.mark.parametrize("compression", ["none", "zstd"])
def test_killed_in_front_of_any_change_to_the_file_system(compression, tmp_path):
    rounds = Rounds(tmp_path, compression)
    rounds.take()
    through, at = False, 0
    while not through:
        assert at < MOST_CHANGES
        oldest = rounds.oldest()
        rounds.generate()
        through = end_of(
            in_child(
                lambda: take_and_remove(rounds.saved, oldest),  # noqa: B023 (called before the next round)
                lambda: killing_itself(at),  # noqa: B023
            )
        )
        rounds.check(oldest)
        rounds.check_next()
        at += random.randint(1, max(1, 2 * USUAL_CHANGES // ROUNDS))
    assert at > 1


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_killed_from_outside_at_any_time(compression, tmp_path):
    rounds = Rounds(tmp_path, compression)
    oldest = rounds.take()
    rounds.generate()
    began = time.monotonic()
    assert end_of(in_child(lambda: take_and_remove(rounds.saved, oldest)))
    usual = time.monotonic() - began
    rounds.check(oldest)
    for _round in range(ROUNDS):
        oldest = rounds.oldest()
        rounds.generate()
        child = in_child(lambda: take_and_remove(rounds.saved, oldest))  # noqa: B023 (called before the next round)
        time.sleep(random.uniform(0, usual))
        os.kill(child, signal.SIGKILL)
        end_of(child)
        rounds.check(oldest)
        rounds.check_next()
