# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Redis for a test, on a unix socket and, where asked, on a port with TLS."""

from __future__ import annotations

import collections.abc
import contextlib
import pathlib
import subprocess
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.redis import Redis
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.resp import (
    Connection,
    ReplyError,
    connect_unix,
)
from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import until

PASSWORD = "s3cret \\ 'pass"


class RedisServer:
    """A server with a password for ``default``, and what a test does to it."""

    def __init__(self, folder: pathlib.Path, *options: str) -> None:
        self.socket = str(folder / "live.sock")
        self._log = (folder / "live.log").open("wb")
        command = ["redis-server", "--port", "0", "--unixsocket", self.socket, "--dir", str(folder), "--save", ""]
        # It waits for more replicas before it writes to the first.
        command += ["--repl-diskless-sync-delay", "0"]
        secured = ["--requirepass", PASSWORD, "--enable-debug-command", "yes"]
        self.process = subprocess.Popen([*command, *secured, *options], stdout=self._log, stderr=self._log)
        until(self._answers, "Redis answers")

    def _answers(self) -> bool:
        assert self.process.poll() is None, pathlib.Path(self._log.name).read_text()
        try:
            return self.call("PING") == "PONG"
        except (OSError, ReplyError):
            return False

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self._log.close()

    @contextlib.contextmanager
    def connected(self) -> collections.abc.Iterator[Connection]:
        with contextlib.closing(connect_unix(self.socket, 60)) as connection:
            connection.call("AUTH", PASSWORD)
            yield connection

    def call(self, *command: str | bytes | int, database: int = 0) -> t.Any:
        with self.connected() as connection:
            connection.call("SELECT", database)
            return connection.call(*command)

    def source(self, **options: t.Any) -> Redis:
        return Redis("cache", socket=self.socket, **{"password": PASSWORD, **options})

    def state(self) -> t.Any:
        """All that it holds: digest, keys with when they expire, and functions."""
        with self.connected() as connection:
            keys = {}
            for database in range(16):
                connection.call("SELECT", database)
                for key in connection.call("KEYS", "*"):
                    keys[database, key] = connection.call("PEXPIRETIME", key)
            return connection.call("DEBUG", "DIGEST"), keys, connection.call("FUNCTION", "LIST", "WITHCODE")
