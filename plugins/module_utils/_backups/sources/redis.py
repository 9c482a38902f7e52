# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Redis, or a Valkey, saved as the RDB file that its replicas would get.

PRIVATE to the collection. What is in the file is found by loading it into a
server of our own, so redis-server is needed where the task runs. Where only
redis-cli is, redis-check-rdb counts the keys and sees to the file's own
checksum; such a dump is proven to be whole, not restored.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import time
import typing as t
from socket import timeout as timed_out

from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import (
    BackupError,
    DumpFailed,
    NotProven,
    RepositoryFull,
    RestoreFailed,
    SourceUnusable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Facts
from ansible_collections.progressive.delivery.plugins.module_utils._backups.process import Finished, run
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.facts import unlike
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.interface import Source
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.redis_facts import (
    edges_of,
    facts_of,
    new_edges,
    unlike_at,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.redis_replacing import (
    Refused,
    Uncertain,
    replace_content,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.redis_scratch import (
    NotLoaded,
    loaded,
    server_program,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.resp import (
    Certificates,
    Connection,
    ReplyError,
    connect,
    connect_unix,
)
from ansible_collections.progressive.delivery.plugins.module_utils._files.digest import size_and_sha256

DUMP = "dump.rdb"
ORIGIN = "origin.json"
COUNTED = "all databases"
"""Under this name stand the keys that redis-check-rdb counted, and the SHA-256 of the file."""

_CLIENTS = ("redis-cli", "valkey-cli")
_CHECKERS = ("redis-check-rdb", "valkey-check-rdb")


class Redis(Source):
    """One server, which is no part of a cluster.

    :param socket: of the server, instead of *host* and *port*
    :param user: of its access control list
    :param certificates: speak TLS, and how
    :param databases: what is proven and restored, else all of them; the file holds all in any case
    :param timeout: seconds for an answer, and none for the dump and the transaction that restores
    """

    kind = "redis"

    def __init__(
        self,
        name: str,
        *,
        host: str = "127.0.0.1",
        port: int = 6379,
        socket: t.Optional[str] = None,
        user: t.Optional[str] = None,
        password: t.Optional[str] = None,
        certificates: t.Optional[Certificates] = None,
        databases: t.Optional[t.Sequence[int]] = None,
        timeout: float = 60.0,
    ) -> None:
        self.name = name
        self._host = host
        self._port = port
        self._socket = socket
        self._user = user
        # A user without a password says so with an empty one.
        self._password = "" if password is None and user is not None else password
        self._certificates = certificates
        self._databases = None if databases is None else frozenset(databases)
        self._timeout = timeout

    def check(self) -> None:
        for programs in (_CLIENTS,) if server_program() else (_CLIENTS, _CHECKERS):
            if _program(programs) is None:
                raise SourceUnusable("{0}: {1} is not installed where the task runs".format(self.name, programs[0]))
        with self._live(SourceUnusable) as live:
            self._check_mode(live, SourceUnusable)

    def size(self) -> int:
        """The memory that the data takes; the file takes less."""
        with self._live(SourceUnusable) as live:
            return int(_told(live, "memory").get("used_memory", "0"))

    def dump(self, folder: str) -> Facts:
        path = os.path.join(folder, DUMP)
        with self._live(DumpFailed) as live:
            self._check_mode(live, DumpFailed)
            version = _told(live, "server")["redis_version"]
        with self._explained(DumpFailed):
            finished = run(
                [str(_program(_CLIENTS)), *self._options(), "--rdb", path],
                environment={"REDISCLI_AUTH": self._password},
            )
            self._check_transfer(finished, path)
            os.chmod(path, 0o600)
            with open(os.path.join(folder, ORIGIN), "w", encoding="utf-8") as handle:
                json.dump({"version": version}, handle)
            if server_program() is None:
                return self._counted(path)
            scratch = os.path.join(folder, "loaded")
            os.mkdir(scratch, 0o700)
            try:
                with loaded(path, scratch) as copy:
                    return facts_of(copy, new_edges(time.time()), self._databases)
            finally:
                shutil.rmtree(scratch)

    def prove(self, folder: str, facts: Facts, scratch: str) -> None:
        with self._explained(NotProven):
            if COUNTED in facts.tables:
                wrong = unlike(facts, self._counted(os.path.join(folder, DUMP)), "dump", "keys")
            else:
                with loaded(os.path.join(folder, DUMP), scratch) as copy:
                    wrong = self._wrong(copy, facts)
        if wrong:
            raise self._differs(NotProven, wrong)

    def restore(self, folder: str, facts: Facts, scratch: str) -> None:
        with self._explained(RestoreFailed), self._live(RestoreFailed) as live:
            with open(os.path.join(folder, ORIGIN), encoding="utf-8") as handle:
                self._check_target(live, str(json.load(handle)["version"]))
            with loaded(os.path.join(folder, DUMP), scratch) as copy:
                counted = COUNTED in facts.tables
                wrong = [] if counted else self._wrong(copy, facts)
                if counted:
                    wrong = unlike(facts, self._counted(os.path.join(folder, DUMP)), "dump", "keys")
                if wrong:
                    raise self._differs(RestoreFailed, wrong)
                replace_content(copy, live, self._databases)

    def _wrong(self, copy: Connection, facts: Facts) -> t.List[str]:
        found = facts_of(copy, edges_of(facts), self._databases)
        return unlike_at(facts, found, time.time())

    def _differs(self, kind: t.Type[BackupError], wrong: t.List[str]) -> BackupError:
        return kind(
            "{0}: what the dump restores is not what was saved: {1}".format(self.name, "; ".join(wrong)),
            differences=wrong,
        )

    def _check_mode(self, live: Connection, kind: t.Type[BackupError]) -> None:
        mode = _told(live, "server").get("redis_mode", "standalone")
        if mode != "standalone":
            raise kind(
                "{0}: {1} runs in {2} mode, which is not supported: it holds a part of the data, or none".format(
                    self.name, self._where(), mode
                )
            )

    def _check_target(self, live: Connection, saved: str) -> None:
        """Whether *live* can take a dump of version *saved*."""
        self._check_mode(live, RestoreFailed)
        version = _told(live, "server")["redis_version"]
        if _comparable(version) < _comparable(saved):
            raise RestoreFailed(
                "{0}: the dump is of Redis {1}, and {2} is the older {3}, which may not understand it; restore into"
                " {1} or a newer one".format(self.name, saved, self._where(), version)
            )
        if _told(live, "replication").get("role") != "master":
            raise RestoreFailed("{0}: {1} is a replica; restore into its primary".format(self.name, self._where()))

    def _check_transfer(self, finished: Finished, path: str) -> None:
        said = finished.err.splitlines()[-1:]
        if finished.code or not os.path.exists(path):
            raise DumpFailed("{0}: redis-cli cannot fetch the dump: {1}".format(self.name, "".join(said)))

    def _counted(self, path: str) -> Facts:
        finished = run([str(_program(_CHECKERS)), path])
        keys = re.search(rb"(\d+) keys read", finished.out)
        if finished.code or keys is None:
            said = finished.out.decode("utf-8", "replace").strip().splitlines()[-3:]
            raise NotLoaded("redis-check-rdb says: {0}".format("; ".join(said)))
        return Facts({COUNTED: (int(keys.group(1)), size_and_sha256(path)[1])})

    def _options(self) -> t.List[str]:
        options = ["-s", self._socket] if self._socket else ["-h", self._host, "-p", str(self._port)]
        if self._user is not None:
            options += ["--user", self._user]
        if self._certificates is not None:
            options.append("--tls")
            given = self._certificates
            named = {
                "--cacert": given.authority,
                "--cert": given.certificate,
                "--key": given.key,
                "--sni": given.server_name,
            }
            options += [word for option, value in named.items() if value for word in (option, value)]
        return options

    @contextlib.contextmanager
    def _live(self, kind: t.Type[BackupError]) -> t.Iterator[Connection]:
        """A connection to the live server, as the user who was given."""
        try:
            connection = self._connected()
        except OSError as error:
            raise kind(
                "{0}: {1} cannot be reached: {2}".format(self.name, self._where(), error.strerror or error)
            ) from error
        with contextlib.closing(connection):
            try:
                if self._password is not None:
                    user = [] if self._user is None else [self._user]
                    connection.call("AUTH", *user, self._password)
                connection.call("PING")
                yield connection
            except ReplyError as error:
                raise kind("{0}: {1} refuses: {2}".format(self.name, self._where(), error)) from error
            except (ConnectionError, timed_out) as error:
                raise kind("{0}: {1} does not answer: {2}".format(self.name, self._where(), error)) from error

    def _connected(self) -> Connection:
        if self._socket:
            return connect_unix(self._socket, self._timeout)
        return connect(self._host, self._port, self._timeout, self._certificates)

    @contextlib.contextmanager
    def _explained(self, kind: t.Type[BackupError]) -> t.Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or str(error)
            full = "No space left" in reason or "quota exceeded" in reason
            raise (RepositoryFull if full else kind)("{0}: {1}".format(self.name, reason)) from error
        except Uncertain as error:
            raise kind("{0}: {1}: {2}; run the restore again".format(self.name, self._where(), error)) from error
        except Refused as error:
            raise kind("{0}: {1}: {2}; nothing was changed".format(self.name, self._where(), error)) from error
        except (NotLoaded, ReplyError, ValueError, KeyError) as error:
            raise kind("{0}: the dump cannot be loaded: {1}".format(self.name, error)) from error

    def _where(self) -> str:
        return self._socket or "{0}:{1}".format(self._host, self._port)


def _program(names: t.Sequence[str]) -> t.Optional[str]:
    return next(filter(None, map(shutil.which, names)), None)


def _told(connection: Connection, section: str) -> t.Dict[str, str]:
    told = connection.call("INFO", section).decode("utf-8", "replace")
    return dict(line.split(":", 1) for line in told.splitlines() if ":" in line)


def _comparable(version: str) -> t.Tuple[int, ...]:
    """Its first two numbers; within those, data stays readable."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])
