# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Killed at any instant, a deployment leaves a current release that is whole, and the next run finishes it.

A child process deploys and ends itself with SIGKILL in front of its n-th change to the
file system, for every n until it gets through. Python's audit hooks tell of the changes.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import tarfile

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._releases.plan import plan
from ansible_collections.progressive.delivery.plugins.module_utils._releases.shared import NOBODY_ELSE
from ansible_collections.progressive.delivery.plugins.module_utils._releases.sources import ArchiveSource
from ansible_collections.progressive.delivery.plugins.module_utils._releases.store import Store

CHANGES = {"os.mkdir", "os.rename", "os.symlink", "os.link", "os.remove", "os.rmdir", "os.chmod", "os.utime"}
FILES = {"bin/run", "config/local.ini", "lib/one", "lib/two"}
MOST_CHANGES = 1000


def archive_of(folder, version):
    path = folder / f"{version}.tar.gz"
    with tarfile.open(path, "w:gz") as made:
        for name in sorted(FILES):
            entry = tarfile.TarInfo(name)
            entry.size = len(version)
            made.addfile(entry, io.BytesIO(version.encode()))
    return ArchiveSource(path=str(path))


def deploy(store, version, source, keep):
    with store.locked(1):
        made = plan(store.read().present, version, "current", keep, ())
        if made.stage:
            store.sweep(version)
            store.stage(version, source, ["config/local.ini"], NOBODY_ELSE)
        if made.activate:
            store.activate(version)
        store.remove(made.remove)


def deploy_and_be_killed(store, version, source, keep, at):
    """Whether the child got through before its change number *at*."""
    child = os.fork()
    if child == 0:
        seen = 0

        def hook(event, arguments):
            nonlocal seen
            writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            if event in CHANGES or writes:
                if seen == at:
                    os.kill(os.getpid(), signal.SIGKILL)
                seen += 1

        sys.addaudithook(hook)
        code = 1
        try:
            deploy(store, version, source, keep)
            code = 0
        finally:
            os._exit(code)
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    assert os.WEXITSTATUS(status) == 0
    return True


def assert_whole(store):
    """Each release that can be seen is complete, and the current one is among them."""
    snapshot = store.read()
    assert snapshot.current in snapshot.records
    for version, record in snapshot.records.items():
        assert record is not None
        for name in FILES:
            with open(os.path.join(store.path(version), name), encoding="utf-8") as handle:
                assert handle.read() == ("1.0" if name == "config/local.ini" else version)
    return snapshot


@pytest.mark.parametrize("keep", [1, 5])
def test_a_deployment_killed_anywhere_is_whole_and_can_be_finished(tmp_path, keep):
    sources = {version: archive_of(tmp_path, version) for version in ("1.0", "1.1", "1.2")}
    through = False
    at = 0
    while not through:
        assert at < MOST_CHANGES
        store = Store(str(tmp_path / f"killed-at-{at}"))
        deploy(store, "1.0", sources["1.0"], keep)
        deploy(store, "1.1", sources["1.1"], keep)

        through = deploy_and_be_killed(store, "1.2", sources["1.2"], keep, at)

        snapshot = assert_whole(store)
        assert snapshot.current in ("1.1", "1.2")
        assert snapshot.previous == {"1.1": "1.0", "1.2": "1.1"}[snapshot.current]

        deploy(store, "1.2", sources["1.2"], keep)
        snapshot = assert_whole(store)
        assert (snapshot.current, snapshot.previous) == ("1.2", "1.1")
        at += 1
    assert at > len(FILES)


def test_what_a_killed_run_left_is_gone_after_the_next_release(tmp_path):
    sources = {version: archive_of(tmp_path, version) for version in ("1.0", "1.1", "1.2")}
    store = Store(str(tmp_path / "app"))
    deploy(store, "1.0", sources["1.0"], 1)
    at = 0
    while not any(name.startswith(".") for name in os.listdir(store.releases)):
        assert not deploy_and_be_killed(store, "1.1", sources["1.1"], 1, at)
        at += 1

    deploy(store, "1.2", sources["1.2"], 1)

    assert sorted(os.listdir(store.releases)) == ["1.0", "1.2"]
