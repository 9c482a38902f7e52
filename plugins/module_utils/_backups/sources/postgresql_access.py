# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the programs of PostgreSQL are called: where the server is, as whom, and without the password being seen.

PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import glob
import json
import os
import pwd
import re
import shutil
import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.progressive.delivery.plugins.module_utils._backups.coprocess import Coprocess, Ended
from ansible_collections.progressive.delivery.plugins.module_utils._backups.passwords import file_in_memory, path_of
from ansible_collections.progressive.delivery.plugins.module_utils._backups.process import run

_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin")
"""Where packages put the programs of each version side by side; what is on the path may be a wrapper around them."""
_END = "end of the answer"
_SETTINGS = """
SELECT current_setting('server_version_num') FROM
    set_config('client_encoding', CASE getdatabaseencoding() WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END, false);
SET client_min_messages = error;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET extra_float_digits = 3;
SET bytea_output = 'hex';
SET lc_monetary = 'C';
SET standard_conforming_strings = on;
SET quote_all_identifiers = off;
SET row_security = off;
SET search_path = '';
"""
"""With these, equal rows are written alike by every server; rows that a policy hides are an error instead of none."""
_WITHOUT_END = """
SELECT NULL FROM pg_settings, set_config(name, '0', false)
WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout')
"""


class Refused(Exception):
    """A program or the server did not do what it was told; ``str()`` is what it said."""


@dataclass(frozen=True)
class Server:
    """Where a server is and who asks it.

    :param host: a name, an address or the folder of its socket; None is what libpq takes by itself
    :param run_as: the user of this machine as whom the programs run, where that is another
    :param programs: the folder that holds them; None looks for them
    :param lock_timeout: seconds to wait for a table that somebody holds
    """

    host: t.Optional[str] = None
    port: t.Optional[int] = None
    user: t.Optional[str] = None
    password: t.Optional[str] = field(default=None, repr=False)
    run_as: t.Optional[str] = None
    programs: t.Optional[str] = None
    lock_timeout: float = 60.0


class Session:
    """One connection of psql, which keeps its transaction and its locks until it is closed.

    :param version: of the server, as a number like 150018
    """

    def __init__(self, coprocess: Coprocess, lock_timeout: float) -> None:
        self._coprocess = coprocess
        [self.version] = self.rows(
            _SETTINGS + "SET lock_timeout = {0};".format(int(lock_timeout * 1000)) + _WITHOUT_END
        )

    def rows(self, sql: str) -> t.List[t.Any]:
        """What *sql* answers: one column of JSON. Raises :class:`Refused`."""
        try:
            self._coprocess.send("{0}\n;\n\\echo {1}\n".format(sql.rstrip().rstrip(";"), _END))
            lines = list(iter(self._coprocess.line, _END))
        except Ended as ended:
            raise Refused(words(str(ended))) from ended
        return [json.loads(line) for line in lines if line]

    def row(self, sql: str) -> t.Any:
        """The one row that *sql* answers."""
        return self.rows(sql)[0]


class Access:
    """Calls programs for a server, of its version as soon as that is known; :func:`access_to` makes one."""

    def __init__(self, server: Server, password_file: t.Optional[int]) -> None:
        self.server = server
        self._major: t.Optional[int] = None
        self._descriptors = () if password_file is None else (password_file,)
        self._environment = environment_for(server, None if password_file is None else path_of(password_file))

    def at(self, folder: str, port: int, user: str, run_as: str) -> Access:
        """The same programs, for a server without passwords whose socket is in *folder*."""
        there = Access(replace(self.server, host=folder, port=port, user=user, password=None, run_as=run_as), None)
        there._major = self._major
        return there

    @property
    def user_id(self) -> t.Optional[int]:
        """As whom of this machine the programs run; None for whoever calls."""
        return None if self.server.run_as is None else _user(self.server.run_as).pw_uid

    def command(self, program: str, *arguments: str) -> t.List[str]:
        """Its argv. Raises :class:`Refused` where it is not installed."""
        path = program_path(program, self.server.programs, self._major)
        return [*as_user(self.server.run_as), path, *arguments]

    def call(
        self,
        program: str,
        *arguments: str,
        stdin: t.Optional[t.IO[bytes]] = None,
        stdout: t.Optional[t.IO[bytes]] = None,
        descriptors: t.Sequence[int] = (),
    ) -> str:
        """Run a program to its end, for what it prints. Raises :class:`Refused`."""
        argv = self.command(program, *arguments)
        try:
            finished = run(
                argv,
                environment=self._environment,
                descriptors=[*self._descriptors, *descriptors],
                folder="/",
                stdin=stdin,
                stdout=stdout,
            )
        except FileNotFoundError as error:
            raise Refused("{0} is not installed".format(argv[0])) from error
        if finished.code != 0:
            raise Refused(words(finished.err) or "{0} ended with code {1}".format(program, finished.code))
        return finished.out.decode("utf-8", "replace")

    @contextlib.contextmanager
    def session(self, database: str) -> t.Iterator[Session]:
        """Connect to *database*. Raises :class:`Refused`."""
        options = ["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--no-password", "--set=ON_ERROR_STOP=1"]
        argv = self.command("psql", *options, target(database))
        try:
            coprocess = Coprocess(argv, {**self._environment, "PGCLIENTENCODING": "UTF8"}, self._descriptors)
        except FileNotFoundError as error:
            raise Refused("{0} is not installed".format(argv[0])) from error
        try:
            session = Session(coprocess, self.server.lock_timeout)
            self._major = session.version // 10000
            yield session
        finally:
            coprocess.close()


@contextlib.contextmanager
def access_to(server: Server) -> t.Iterator[Access]:
    """Hold the password ready for as long as programs are called. Raises :class:`Refused`."""
    owner = Access(server, None).user_id
    if server.password is None:
        yield Access(server, None)
        return
    with file_in_memory(password_line(server.password), owner) as descriptor:
        yield Access(server, descriptor)


def password_line(password: str) -> str:
    """A password file for whatever server, database and user it is asked."""
    return "*:*:*:*:{0}\n".format(re.sub(r"([\\:])", r"\\\1", password))


def environment_for(server: Server, password_file: t.Optional[str]) -> t.Dict[str, t.Optional[str]]:
    """The variables by which libpq finds the server; what is not given stays as it is set for this process."""
    environment: t.Dict[str, t.Optional[str]] = {"PGAPPNAME": "progressive.delivery"}
    # A dump is in the encoding of its database, which need not be a good one.
    environment["PGCLIENTENCODING"] = None
    for name, value in (("PGHOST", server.host), ("PGPORT", server.port), ("PGUSER", server.user)):
        if value is not None:
            environment[name] = str(value)
    if password_file is not None:
        environment.update(PGPASSFILE=password_file, PGPASSWORD=None)
    if server.run_as is not None:
        environment.update(HOME=_user(server.run_as).pw_dir, USER=server.run_as, LOGNAME=server.run_as)
    return environment


def as_user(user: t.Optional[str]) -> t.List[str]:
    """What is put before a command that runs as *user*; it still ends when this process ends."""
    if user is None or _user(user).pw_uid == os.geteuid():
        return []
    account = _user(user)
    identity = ["--reuid={0}".format(account.pw_uid), "--regid={0}".format(account.pw_gid), "--init-groups"]
    return ["setpriv", "--pdeathsig=KILL", *identity, "--"]


def program_path(program: str, folder: t.Optional[str], major: t.Optional[int] = None) -> str:
    """Where *program* is: in *folder*, or else where packages put it and on the path.

    That of the server's version *major* comes first, as an older one cannot save it, and what a newer one writes may be
    too new to be restored there; then the newest.
    """
    packaged = sorted((place for pattern in _PLACES for place in glob.glob(pattern)), key=_version, reverse=True)
    packaged.sort(key=lambda place: _version(place)[:1] != [major])
    places = packaged + os.environ.get("PATH", os.defpath).split(os.pathsep) if folder is None else [folder]
    found = shutil.which(program, path=os.pathsep.join(places))
    if found is None:
        where = "on the path" if folder is None else "in {0}".format(folder)
        raise Refused("{0} is not installed, or not {1}".format(program, where))
    return found


def target(database: str) -> str:
    """The argument that names *database*, whatever its name looks like."""
    return "--dbname=dbname='{0}'".format(re.sub(r"(['\\])", r"\\\1", database))


def literal(text: str) -> str:
    """*text* as SQL writes it."""
    return "'{0}'".format(text.replace("'", "''"))


def identifier(name: str) -> str:
    """*name* as SQL writes it, always in quotes."""
    return '"{0}"'.format(name.replace('"', '""'))


def words(said: str) -> str:
    """What a program said, in one line and without its own name before each part."""
    lines = (re.sub(r"^(psql|pg_dump|pg_dumpall|pg_restore)(:<stdin>:\d+)?: ", "", line) for line in said.splitlines())
    return "; ".join(line.strip() for line in lines if line.strip())


def _user(name: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(name)
    except KeyError as error:
        raise Refused("run_as names the user {0!r}, whom this machine does not have".format(name)) from error


def _version(folder: str) -> t.List[int]:
    return [int(number) for number in re.findall(r"\d+", folder)]
