# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real PostgreSQL whose databases are saved, and what was saved of it."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import pwd
import shutil
import subprocess
import typing as t

import psycopg

from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Facts
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.postgresql import PostgreSQL
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.postgresql_access import Server
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.scratch_database import OURS
from ansible_collections.progressive.delivery.tests.e2e.analysis.test_postgresql import binary
from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import until

PASSWORD = "s3:cr\\et 'of' Zoë"


class Running:
    """A server whose superuser has an odd password; it does not run as root, so where root tests it is another's."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self._user = "postgres" if os.geteuid() == 0 else None
        password_file = folder / "password"
        password_file.write_text(f"{PASSWORD}\n")
        if self._user:
            for path in (folder, password_file):
                shutil.chown(path, self._user)
        options = ["--auth=scram-sha-256", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"]
        command = [
            binary("initdb"),
            f"--pgdata={folder}/data",
            "--username=admin",
            f"--pwfile={password_file}",
            *options,
        ]
        subprocess.run(command, user=self._user, cwd=folder, check=True, capture_output=True)
        self._log = (folder / "log").open("ab")
        command = [binary("postgres"), "-D", f"{folder}/data", "-k", str(folder), "-h", "", "-F"]
        self._process = subprocess.Popen(
            command, user=self._user, cwd=folder, stdout=self._log, stderr=self._log, start_new_session=True
        )
        until(self._answers, "PostgreSQL answers")
        self.server = Server(host=str(folder), user="admin", password=PASSWORD)
        self.execute("postgres", "CREATE ROLE app; CREATE ROLE reader LOGIN PASSWORD 'reader'")

    def trust_its_user(self) -> str:
        """Let the user of the machine who runs the server in without a password, and nobody else so; his name."""
        user = pwd.getpwuid(os.stat(self._folder / "data").st_uid).pw_name
        rules = self._folder / "data" / "pg_hba.conf"
        rules.write_text(f"local all {user} peer\n" + rules.read_text())
        self.execute("postgres", f"CREATE ROLE {user} SUPERUSER LOGIN; SELECT pg_reload_conf()")
        return user

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self._folder / "log").read_text()
        try:
            self.connected().close()
        except psycopg.OperationalError:
            return False
        return True

    def connected(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(
            host=str(self._folder), user="admin", password=PASSWORD, dbname=database, autocommit=True
        )

    def execute(self, database: str, statements: str) -> None:
        with self.connected(database) as connection:
            connection.execute(statements)

    def rows(self, database: str, query: str, *values: t.Any) -> list[t.Any]:
        with self.connected(database) as connection:
            return connection.execute(query, values).fetchall()

    def create(self, name: str, content: str = "") -> str:
        """A database, and its name as SQL writes it."""
        quoted = '"{}"'.format(name.replace('"', '""'))
        self.execute("postgres", f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)")
        self.execute("postgres", f"CREATE DATABASE {quoted} TEMPLATE template0 LC_COLLATE 'C'")
        self.execute(name, content)
        return quoted

    def source(self, *databases: str, **options: t.Any) -> PostgreSQL:
        return PostgreSQL("db", options.pop("server", self.server), databases, **options)

    def scratch_databases(self) -> list[str]:
        return [name for (name,) in self.rows("postgres", "SELECT datname FROM pg_database") if name.startswith(OURS)]

    def stop(self) -> None:
        self._process.send_signal(2)
        self._process.wait()
        self._log.close()


@dataclasses.dataclass(frozen=True)
class Saved:
    source: PostgreSQL
    folder: pathlib.Path
    facts: Facts
    scratch: pathlib.Path

    def prove(self, facts: Facts | None = None) -> None:
        self.source.prove(str(self.folder), facts or self.facts, str(self.scratch))
        assert not list(self.scratch.iterdir())

    def restore(self) -> None:
        self.source.restore(str(self.folder), self.facts, str(self.scratch))
