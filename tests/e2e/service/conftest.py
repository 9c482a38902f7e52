# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder with a supervisord of its own, and a service to run in it."""

from __future__ import annotations

import collections.abc
import http.client
import json
import os
import pathlib
import socket
import sys
import time
import typing as t

import pytest

from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import free_port
from ansible_collections.progressive.delivery.tests.module_call import call

INSTANCE = pathlib.Path(__file__).resolve().parent / "instance.py"


class Supervised:
    """The supervisord of *folder* and one service, ``web``."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.command = [sys.executable, str(INSTANCE), str(self.port)]

    def bring(self, state: str, **options: t.Any) -> dict[str, t.Any]:
        """The service brought to a state; the module's result."""
        options = {"name": "web", "start_seconds": 0, **options}
        return call("supervised_process", supervisor_directory=str(self.folder), state=state, **options)

    def started(self, **options: t.Any) -> dict[str, t.Any]:
        """The service started as described, and listening."""
        result = self.bring("started", **{"command": self.command, **options})
        self.report()
        return result

    def report(self, path: str = "/") -> dict[str, t.Any]:
        """What the service tells of itself; waits until it listens."""
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port)
            try:
                connection.request("GET", path)
                return json.loads(connection.getresponse().read())
            except ConnectionError:
                time.sleep(0.02)
            finally:
                connection.close()

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def daemons(self) -> list[int]:
        """Process ids of the supervisords that run for the folder."""
        configuration = str(self.folder / "supervisord.conf")
        return [pid for pid, words in running() if words[1:2] and "supervisord" in words[1] and configuration in words]

    def shut_down(self) -> dict[str, t.Any]:
        return call("supervised_process", supervisor_directory=str(self.folder), state="shutdown")


def running() -> collections.abc.Iterator[tuple[int, list[str]]]:
    """All processes with their arguments."""
    for path in pathlib.Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                yield int(path.name), os.fsdecode((path / "cmdline").read_bytes()).split("\0")
            except (FileNotFoundError, ProcessLookupError):
                continue


@pytest.fixture
def supervised(tmp_path: pathlib.Path) -> collections.abc.Iterator[Supervised]:
    supervised = Supervised(tmp_path / "supervisor")
    yield supervised
    supervised.shut_down()
