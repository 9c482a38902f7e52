# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real MariaDB whose databases are saved, and what was saved of it."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import shutil
import subprocess
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Facts
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql import MySQL
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql_access import Server
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.scratch_database import OURS
from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import until

PASSWORD = "s3\"c#r\\et 'of' Zoë"


def quoted(name: str) -> str:
    return "`{}`".format(name.replace("`", "``"))


class Running:
    """A server whose root has no password; it does not run as root, so where root tests it is another's."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        owner = ["--user=mysql"] if os.geteuid() == 0 else []
        if owner:
            shutil.chown(folder, "mysql")
        self._socket = f"{folder}/s"
        options = ["--no-defaults", f"--datadir={folder}/data", *owner]
        subprocess.run(
            ["mariadb-install-db", *options, "--auth-root-authentication-method=normal", "--skip-test-db"],
            check=True,
            capture_output=True,
        )
        self._log = (folder / "log").open("ab")
        quick = ["--skip-networking", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M"]
        self._process = subprocess.Popen(
            ["mariadbd", *options, f"--socket={self._socket}", *quick], stdout=self._log, stderr=self._log
        )
        until(self._answers, "MariaDB answers")
        self.execute(f"CREATE USER saver@localhost IDENTIFIED BY {self.literal(PASSWORD)}; CREATE ROLE saving")
        self.execute("GRANT ALL ON *.* TO saver@localhost WITH GRANT OPTION; CREATE DATABASE control")
        self.server = Server(socket=self._socket, user="saver", password=PASSWORD)

    @staticmethod
    def literal(text: str) -> str:
        return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self._folder / "log").read_text()
        return subprocess.run(self.client("SELECT 1"), capture_output=True, check=False).returncode == 0

    def client(self, statements: str, database: str = "") -> list[str]:
        options = ["--no-defaults", f"--socket={self._socket}", "--user=root", "--default-character-set=utf8mb4"]
        return ["mariadb", *options, "--batch", "--skip-column-names", f"--execute={statements}", database]

    def rows(self, query: str, database: str = "") -> list[str]:
        asked = subprocess.run(self.client(query, database), capture_output=True, check=False)
        assert asked.returncode == 0, asked.stderr
        return asked.stdout.decode(errors="surrogateescape").splitlines()

    def execute(self, statements: str, database: str = "") -> None:
        command = [argument for argument in self.client("", database) if argument != "--execute="]
        told = subprocess.run([*command, "--comments"], input=statements, capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stderr

    def create(self, name: str, content: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {quoted(name)}; CREATE DATABASE {quoted(name)} CHARACTER SET utf8mb4")
        self.execute(content, name)

    def source(self, *databases: str, **options: t.Any) -> MySQL:
        return MySQL("db", options.pop("server", self.server), databases, **options)

    def scratch_databases(self) -> list[str]:
        return [name for name in self.rows("SHOW DATABASES") if name.startswith(OURS)]

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._log.close()


@dataclasses.dataclass(frozen=True)
class Saved:
    source: MySQL
    folder: pathlib.Path
    facts: Facts
    scratch: pathlib.Path

    def prove(self) -> None:
        self.source.prove(str(self.folder), self.facts, str(self.scratch))

    def restore(self) -> None:
        self.source.restore(str(self.folder), self.facts, str(self.scratch))
