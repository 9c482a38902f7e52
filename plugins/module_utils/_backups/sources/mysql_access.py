# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the programs of MariaDB or MySQL are called: where the server is, and without the password being seen.

PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import typing as t
import uuid
from dataclasses import dataclass, field

from ansible_collections.progressive.delivery.plugins.module_utils._backups.coprocess import Coprocess, Ended
from ansible_collections.progressive.delivery.plugins.module_utils._backups.passwords import file_in_memory, path_of
from ansible_collections.progressive.delivery.plugins.module_utils._backups.process import run

CLIENT = ("mariadb", "mysql")
DUMP = ("mariadb-dump", "mysqldump")
_SETTINGS = (
    "SET NAMES utf8mb4",
    "SET SESSION sql_mode = '', time_zone = '+00:00', wait_timeout = 2000000",
    "/*M!100101 SET SESSION max_statement_time = 0 */",
    "/*!50708 SET SESSION max_execution_time = 0 */",
)
"""With these, equal rows are written alike by every server; MariaDB heeds the third and MySQL the fourth."""
_ESCAPED = {"n": "\n", "t": "\t", "0": "\0", "\\": "\\"}


class Refused(Exception):
    """A program or the server did not do what it was told; ``str()`` is what it said."""


@dataclass(frozen=True)
class Server:
    """Where a server is and who asks it.

    :param socket: of a server on this machine
    :param programs: the folder that holds the programs; None looks for them on the path
    :param lock_timeout: seconds to wait for a table that somebody holds, during which others wait too
    """

    host: t.Optional[str] = None
    port: t.Optional[int] = None
    socket: t.Optional[str] = None
    user: t.Optional[str] = None
    password: t.Optional[str] = field(default=None, repr=False)
    programs: t.Optional[str] = None
    lock_timeout: float = 10.0


class Session:
    """One connection of the client, which keeps its transaction and its locks until it is closed."""

    def __init__(self, coprocess: Coprocess, lock_timeout: float) -> None:
        self._coprocess = coprocess
        self._end = uuid.uuid4().hex
        for statement in _SETTINGS:
            self.rows(statement)
        self.rows("SET SESSION lock_wait_timeout = {0}".format(max(1, int(lock_timeout))))

    def rows(self, sql: str) -> t.List[t.List[str]]:
        """What *sql* answers; nothing is told from the text C(NULL). Raises :class:`Refused`.

        Statements with semicolons between them are sent as one: the server carries them out although we die.
        """
        delimiter = "$${0}".format(self._end[:12])  # the client takes fifteen characters at most
        try:
            self._coprocess.send(
                "DELIMITER {0}\n{1}\n{0}\nDELIMITER ;\nSELECT '{2}';\n".format(delimiter, sql, self._end)
            )
            lines = list(iter(self._coprocess.line, self._end))
        except Ended as ended:
            raise Refused(words(str(ended))) from ended
        return [[unescaped(value) for value in line.split("\t")] for line in lines]


class Access:
    """Calls programs for a server; :func:`access_to` makes one."""

    def __init__(self, server: Server, option_file: int) -> None:
        self.server = server
        self._descriptors = (option_file,)
        self._first = "--defaults-extra-file={0}".format(path_of(option_file))
        # A password in the caller's own file would be taken instead of the one that is given.
        self._environment = {"MYSQL_PWD": None, "HOME": "/nonexistent"} if server.password is not None else {}

    def command(self, programs: t.Sequence[str], *arguments: str) -> t.List[str]:
        """The argv of the first of *programs* that is installed. Raises :class:`Refused`."""
        return [program_path(programs, self.server.programs), self._first, *arguments]

    def call(self, programs: t.Sequence[str], *arguments: str, stdin: t.Optional[t.IO[bytes]] = None) -> str:
        """Run a program to its end, for what it prints. Raises :class:`Refused`."""
        finished = run(
            self.command(programs, *arguments),
            environment=self._environment,
            descriptors=self._descriptors,
            folder="/",
            stdin=stdin,
        )
        if finished.code != 0:
            raise Refused(words(finished.err) or "{0} ended with code {1}".format(programs[0], finished.code))
        return finished.out.decode("utf-8", "replace")

    @contextlib.contextmanager
    def started(self, programs: t.Sequence[str], *arguments: str) -> t.Iterator[Coprocess]:
        """A program that runs beside us, at most until the block ends."""
        coprocess = Coprocess(self.command(programs, *arguments), self._environment, self._descriptors)
        try:
            yield coprocess
        finally:
            coprocess.close()

    @contextlib.contextmanager
    def session(self) -> t.Iterator[Session]:
        """Connect. Raises :class:`Refused`."""
        options = ["--batch", "--unbuffered", "--skip-column-names", "--no-auto-rehash", "--skip-reconnect"]
        with self.started(CLIENT, *options, *client_options()) as coprocess:
            yield Session(coprocess, self.server.lock_timeout)


@contextlib.contextmanager
def access_to(server: Server) -> t.Iterator[Access]:
    """Hold the password ready for as long as programs are called."""
    with file_in_memory(option_file(server)) as descriptor:
        yield Access(server, descriptor)


def client_options() -> t.List[str]:
    """So that the client passes on every byte as it gets it."""
    return ["--binary-mode", "--comments", "--default-character-set=utf8mb4", "--max-allowed-packet=1G"]


def option_file(server: Server) -> str:
    """The options of a client, as its programs read them."""
    options: t.Dict[str, t.Union[str, int, None]] = {
        "host": server.host,
        "port": server.port,
        "socket": server.socket,
        "user": server.user,
        "password": server.password,
    }
    if server.port is not None and server.socket is None:
        options["protocol"] = "tcp"
    lines = ['{0}="{1}"'.format(name, _quoted(str(value))) for name, value in options.items() if value is not None]
    return "\n".join(["[client]", *lines, ""])


def program_path(programs: t.Sequence[str], folder: t.Optional[str]) -> str:
    """Where the first of *programs* is that there is."""
    path = folder if folder is not None else os.environ.get("PATH", os.defpath)
    for program in programs:
        found = shutil.which(program, path=path)
        if found is not None:
            return found
    where = "on the path" if folder is None else "in {0}".format(folder)
    raise Refused("neither {0} is installed, or not {1}".format(" nor ".join(programs), where))


def literal(text: str) -> str:
    """*text* as SQL writes it, without relying on what a backslash means."""
    if "\\" in text:
        return "CONVERT(0x{0} USING utf8mb4)".format(text.encode("utf-8").hex())
    return "'{0}'".format(text.replace("'", "''"))


def identifier(name: str) -> str:
    """*name* as SQL writes it, always in quotes."""
    return "`{0}`".format(name.replace("`", "``"))


def qualified(database: str, name: str) -> str:
    """The full name of what is in a database."""
    return "{0}.{1}".format(identifier(database), identifier(name))


def unescaped(value: str) -> str:
    """What the client wrote as *value*."""
    return re.sub(r"\\(.)", lambda found: _ESCAPED.get(found.group(1), found.group(1)), value)


def words(said: str) -> str:
    """What a program said, in one line, without its progress and the statement that it repeats."""
    lines = [line.strip() for line in said.splitlines() if not line.startswith("-- ")]
    errors = [line for line in lines if re.match(r"(\S+: )?(ERROR|Got error|Error|Couldn't|Can't)\b", line)]
    told = errors or [line for line in lines if line.strip("-")]
    return "; ".join(re.sub(r" at line \d+: ", ": ", line) for line in told)


def _quoted(value: str) -> str:
    for character, written in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        value = value.replace(character, written)
    return value
