# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One change at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._balancers.errors import ChangeInProgress
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.lock import change_lock


def test_the_lock_is_free_after_the_block_and_after_a_failure(tmp_path):
    path = str(tmp_path / "lock")
    with pytest.raises(ZeroDivisionError), change_lock(path, 0):
        raise ZeroDivisionError
    with (
        change_lock(path, 0),
        pytest.raises(ChangeInProgress, match=f"process {os.getpid()} holds {path}"),
        change_lock(path, 0),
    ):
        pass
    with change_lock(path, 0):
        pass


HOLD = """
import sys
from ansible_collections.progressive.delivery.plugins.module_utils._balancers.lock import change_lock
with change_lock(sys.argv[1], 0):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    path = str(tmp_path / "lock")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", HOLD, path]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(ChangeInProgress, match=f"process {holder.pid} "), change_lock(path, 0):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    with change_lock(path, 0):
        pass
