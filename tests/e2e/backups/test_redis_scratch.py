# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server into which dumps are loaded leaves nothing behind."""

from __future__ import annotations

import os
import pathlib
import signal

from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources import redis_scratch
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.redis import DUMP
from ansible_collections.progressive.delivery.tests.e2e.backups.folders import Folders
from ansible_collections.progressive.delivery.tests.e2e.backups.redis_server import RedisServer
from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import until
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._health.processes import is_over


def test_the_server_in_the_scratch_folder_ends_with_whoever_was_killed(tmp_path: pathlib.Path) -> None:
    live = RedisServer(tmp_path)
    folders = Folders(tmp_path)
    live.source().dump(folders.dump)
    live.stop()
    reading, writing = os.pipe()
    scratch = folders.empty("scratch")
    pid = os.fork()
    if pid == 0:
        with redis_scratch.loaded(f"{folders.dump}/{DUMP}", scratch) as copy:
            told = copy.call("INFO", "server").decode()
            os.write(writing, told.split("process_id:")[1].split("\r")[0].encode())
            signal.pause()
    child = int(os.read(reading, 20))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)

    until(lambda: is_over(child), "the server ends")
