# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Redis server of our own into which a dump is loaded, to see what is in it.

PRIVATE to the collection. It listens on a unix socket in a private folder and
nowhere else, writes nothing, ends with us, and needs as much memory as the
data does.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import threading
import time
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.process import Finished, run
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.resp import (
    Connection,
    ReplyError,
    connect_unix,
)

_SERVERS = ("redis-server", "valkey-server")
_SOCKET = "redis.sock"
_RDB = "dump.rdb"
_DATABASES = 16384
_PAUSE = 0.02
_PATIENCE = 600.0
_ENDING = 30.0


class NotLoaded(Exception):
    """The server did not take the dump, with what it said."""


def server_program() -> t.Optional[str]:
    """The program of the server, where one is installed."""
    return next(filter(None, map(shutil.which, _SERVERS)), None)


@contextlib.contextmanager
def loaded(rdb: str, folder: str) -> t.Iterator[Connection]:
    """A connection to a server that has loaded *rdb*, with :func:`server_program`; *folder* is private and empty.

    :raises NotLoaded: it is damaged, of a newer version, or needs a module
    :raises OSError: it is not there
    """
    program = server_program()
    if program is None:
        raise NotLoaded("no redis-server is installed here")
    os.stat(rdb)  # Without one it would begin empty.
    os.symlink(os.path.abspath(rdb), os.path.join(folder, _RDB))
    server = _Server(_command(program, folder), folder)
    try:
        with contextlib.closing(server.connection()) as connection:
            yield connection
    finally:
        server.end()
        os.unlink(os.path.join(folder, _RDB))


class _Server:
    def __init__(self, command: t.Sequence[str], folder: str) -> None:
        self._socket = os.path.join(folder, _SOCKET)
        self._finished: t.Optional[Finished] = None
        self._thread = threading.Thread(target=self._run, args=(command, folder), daemon=True)
        self._thread.start()

    def _run(self, command: t.Sequence[str], folder: str) -> None:
        self._finished = run(command, folder=folder)

    def connection(self) -> Connection:
        while True:
            with contextlib.suppress(ConnectionRefusedError, FileNotFoundError):
                connection = connect_unix(self._socket, _PATIENCE)
                try:
                    if self._has_loaded(connection):
                        return connection
                except ConnectionError:  # It gave up.
                    self._thread.join(_ENDING)
                except BaseException:
                    connection.close()
                    raise
                connection.close()
            if not self._thread.is_alive():
                raise NotLoaded(self._last_words())
            time.sleep(_PAUSE)

    def _has_loaded(self, connection: Connection) -> bool:
        try:
            connection.call("PING")
        except ReplyError as error:
            if str(error).startswith("LOADING"):
                return False
            raise
        return True

    def _last_words(self) -> str:
        if self._finished is None:
            return "redis-server cannot be started"
        said = self._finished.out.decode("utf-8", "replace") + self._finished.err
        # Each line begins with the process, the time and a character for its level.
        lines = [re.sub(r"^\d+:\w .*? [.*#-] ", "", line) for line in said.splitlines() if " # " in line]
        return "redis-server says: {0}".format("; ".join(lines[-3:]) or said.strip()[-300:])

    def end(self) -> None:
        with contextlib.suppress(OSError, ReplyError), contextlib.closing(
            connect_unix(self._socket, _ENDING)
        ) as connection:
            connection.call("SHUTDOWN", "NOSAVE")
        self._thread.join(_ENDING)


def _command(program: str, folder: str) -> t.List[str]:
    options = {
        "port": "0",
        "unixsocket": _SOCKET,
        "unixsocketperm": "700",
        "dir": folder,
        "dbfilename": _RDB,
        "save": "",
        "appendonly": "no",
        "databases": str(_DATABASES),
        "daemonize": "no",
        "loglevel": "warning",
        "activerehashing": "no",
    }
    if _version(program) >= (7, 0):
        # It tells the digests of values; before, nobody had to ask for it.
        options["enable-debug-command"] = "yes"
    return [program] + [word for name, value in options.items() for word in ("--" + name, value)]


def _version(program: str) -> t.Tuple[int, int]:
    found = re.search(rb"v=(\d+)\.(\d+)", run([program, "--version"]).out)
    return (int(found.group(1)), int(found.group(2))) if found else (0, 0)
