# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether whoever holds a lock is still there."""

from __future__ import annotations

import os
import subprocess
import time

from ansible_collections.progressive.delivery.plugins.module_utils._backups.engines.lock_owner import LockOwner, is_dead


def owner(pid: int, since: float, local: bool = True) -> LockOwner:
    return LockOwner(host="here", pid=pid, since=since, local=local)


def test_a_process_that_was_there_before_the_lock_holds_it():
    assert not is_dead(owner(os.getpid(), time.time()))


def test_a_process_that_began_after_the_lock_has_only_the_number():
    assert is_dead(owner(os.getpid(), 1.0))


def test_nobody_has_the_number_of_one_that_ended():
    ended = subprocess.Popen(["true"])
    ended.wait()

    assert is_dead(owner(ended.pid, time.time()))


def test_one_that_ended_and_was_not_collected_is_dead():
    with subprocess.Popen(["true"]) as ended:
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        assert is_dead(owner(ended.pid, time.time()))


def test_another_host_cannot_be_asked():
    assert not is_dead(owner(os.getpid(), 1.0, local=False))


def test_it_is_told_who_it_is_and_since_when():
    assert str(LockOwner("db1", 12, 1795707073.5, local=False, user="root")) == (
        "process 12 of root on host db1, since 2026-11-26T15:31:13Z"
    )
    assert str(LockOwner("db1", 12, 0.0, local=False)) == "process 12 on host db1, since 1970-01-01T00:00:00Z"
