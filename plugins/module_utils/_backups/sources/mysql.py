# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""C(mysql): databases of a MariaDB or MySQL server, each as its own dump program writes it.

PRIVATE to the collection. The facts are of the very state that is dumped: the
tables of a database are locked against writes until the dump and a session
that reads the facts both have their snapshot. Each database is consistent in
itself. Accounts and their rights are not saved.
"""

from __future__ import annotations

import os
import time
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.coprocess import Coprocess
from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import (
    BackupError,
    DumpFailed,
    NotProven,
    RestoreFailed,
    SourceUnusable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Facts
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources import dumped
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.interface import Source
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql_access import (
    CLIENT,
    DUMP,
    Access,
    Refused,
    Server,
    Session,
    access_to,
    identifier,
    literal,
    program_path,
    qualified,
    words,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql_definitions import (
    definition,
    definitions_in,
    script,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql_facts import (
    Table,
    facts_of,
    tables_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql_rights import (
    missing_rights,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql_scratch import (
    scratch_databases,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.scratch_database import (
    FRESH,
    OLD,
    OURS,
    PROOF,
    compare,
    explained,
)
from ansible_collections.progressive.delivery.plugins.module_utils._files.atomic import write_file

_COMPLETE = b"-- Dump completed"
_LAST = 200
_BEFORE = ("-- Connecting to ", "-- Starting transaction")
_PAUSE = 0.005
_LIST = """
SELECT SCHEMA_NAME FROM information_schema.SCHEMATA
WHERE SCHEMA_NAME NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys') AND LEFT(SCHEMA_NAME, {0}) <> '{1}'
ORDER BY SCHEMA_NAME
""".format(len(OURS), OURS)
_TEXTS = (
    "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = {0}"
)
_FLOATS = """
SELECT c.TABLE_SCHEMA, c.TABLE_NAME, c.COLUMN_NAME FROM information_schema.COLUMNS c
JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME
WHERE c.TABLE_SCHEMA = {0} AND c.DATA_TYPE = 'float' AND t.TABLE_TYPE <> 'VIEW' ORDER BY c.TABLE_NAME, c.COLUMN_NAME
"""
_SIZE = "SELECT COALESCE(SUM(DATA_LENGTH), 0) FROM information_schema.TABLES WHERE TABLE_SCHEMA IN ({0})"


class MySQL(Source):
    """Databases of one server.

    :param databases: their names; none stands for all but the server's own
    :param not_transactional: what is done about tables of which no snapshot can be read: ``lock`` all of their database for
        the whole dump, or ``refuse``
    """

    kind = "mysql"

    def __init__(
        self, name: str, server: Server, databases: t.Sequence[str] = (), not_transactional: str = "lock"
    ) -> None:
        self.name = name
        self._noted: t.Dict[t.Tuple[str, str], str] = {}
        self._server = server
        self._databases = tuple(databases)
        self._not_transactional = not_transactional

    @property
    def notes(self) -> t.Sequence[str]:  # type: ignore[override]
        """Which databases are locked for the whole of a dump, and what the dump program does not save."""
        return list(self._noted.values())

    def check(self) -> None:
        with self._explained(SourceUnusable, "cannot be dumped"), access_to(self._server) as access:
            for programs in (CLIENT, DUMP):
                program_path(programs, self._server.programs)
            with access.session() as session:
                for database in self._chosen(session):
                    missing = missing_rights(session, database)
                    if missing:
                        account = session.rows("SELECT CURRENT_USER()")[0][0]
                        raise Refused("the account {0} needs {1}".format(account, " and ".join(missing)))
                    tables = tables_of(session, database)[0]
                    self._check_tables(database, tables)
                    self._note_losses(session, database, tables)

    def size(self) -> int:
        with self._explained(SourceUnusable, "cannot be measured"), access_to(self._server) as access:
            # Bytes are written in hexadecimal digits.
            return 2 * self._stored(access)

    def dump(self, folder: str) -> Facts:
        with self._explained(DumpFailed, "was not dumped"), access_to(self._server) as access:
            with access.session() as session:
                names = self._chosen(session)
            facts: t.Dict[str, t.Tuple[int, str]] = {}
            written = []
            scripts = []
            for number, name in enumerate(names, 1):
                file = "{0}.sql".format(number)
                found, about = self._dump_database(access, os.path.join(folder, file), name)
                facts.update(found)
                written.append(dumped.Dumped(name, file, about))
                scripts.append("{0}.definitions.sql".format(number))
                definitions = script([definition(data) for data in about["definitions"]])
                write_file(os.path.join(folder, scripts[-1]), definitions, 0o600)
            dumped.write(folder, self.kind, written, scripts)
            return Facts(facts)

    def prove(self, folder: str, facts: Facts, scratch: str) -> None:
        with self._explained(NotProven, "was not restored from the dump"):
            databases = dumped.read(folder, self.kind)
            with access_to(self._server) as access, scratch_databases(access, databases, [PROOF]) as beside:
                found = beside.proven(folder)
        compare(NotProven, self.name, facts, found)

    def restore(self, folder: str, facts: Facts, scratch: str) -> None:
        with self._explained(RestoreFailed, "was not restored; the tables that were live are as they were"):
            databases = dumped.read(folder, self.kind)
            with access_to(self._server) as access, scratch_databases(access, databases, [FRESH, OLD]) as beside:
                compare(RestoreFailed, self.name, facts, beside.loaded(folder))
                try:
                    beside.swap()
                except Refused as error:
                    if not beside.swapped:
                        raise
                    raise RestoreFailed(
                        "{0}: the tables are those of the dump, but a view, a routine or an event is not: {1}".format(
                            self.name, error
                        )
                    ) from error

    def _stored(self, access: Access) -> int:
        with access.session() as session:
            names = ", ".join(literal(name) for name in self._chosen(session))
            return int(session.rows(_SIZE.format(names or "NULL"))[0][0])

    def _chosen(self, session: Session) -> t.List[str]:
        there = [row[0] for row in session.rows(_LIST)]
        missing = [name for name in self._databases if name not in there]
        if missing:
            raise Refused(
                "there is no database {0} that the account may see, but {1}".format(
                    ", ".join(missing), ", ".join(there) or "none"
                )
            )
        return sorted(self._databases) or there

    def _check_tables(self, database: str, tables: t.Sequence[Table]) -> bool:
        """Whether a snapshot of all of them can be read."""
        others = [qualified(database, table.name) for table in tables if not table.transactional]
        if others and self._not_transactional == "refuse":
            raise Refused(
                "{0} cannot be read while others write; ALTER TABLE … ENGINE=InnoDB, or choose not_transactional: lock".format(
                    ", ".join(others)
                )
            )
        if others:
            note = "{0}: nobody can write into the database {1} while it is dumped, as {2} is not transactional"
            self._noted["locked", database] = note.format(self.name, database, ", ".join(others))
        return not others

    def _note_losses(self, session: Session, database: str, tables: t.Sequence[Table]) -> None:
        """What is as the dump program and the server are, and cannot be proven away."""
        versioned = [qualified(database, table.name) for table in tables if table.kind == "SYSTEM VERSIONED"]
        if versioned:
            note = "{0}: of {1} the rows of now are saved, and not those of the past"
            self._noted["history", database] = note.format(self.name, ", ".join(versioned))
        rounded = [
            ".".join(identifier(part) for part in row) for row in session.rows(_FLOATS.format(literal(database)))
        ]
        if rounded:
            note = (
                "{0}: {1} is saved with six digits, which is how the server writes a FLOAT; a DOUBLE is saved with all"
            )
            self._noted["digits", database] = note.format(self.name, ", ".join(rounded))

    def _dump_database(
        self, access: Access, path: str, database: str
    ) -> t.Tuple[t.Dict[str, t.Tuple[int, str]], t.Dict[str, t.Any]]:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with access.session() as holding, access.session() as reading:
            reading.rows("USE {0}".format(identifier(database)))
            tables, views = tables_of(holding, database)
            snapshots = self._check_tables(database, tables)
            self._note_losses(reading, database, tables)
            if tables:
                locked = ("{0} READ".format(qualified(database, table.name)) for table in tables)
                holding.rows("LOCK TABLES {0}".format(", ".join(locked)))
            reading.rows("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            reading.rows("START TRANSACTION WITH CONSISTENT SNAPSHOT")
            if tables_of(reading, database) != (tables, views):
                raise Refused("a table of {0} was made or dropped just now; run again".format(database))
            with access.started(DUMP, *dump_arguments(path, database, views)) as dumping:
                self._wait_for_snapshot(dumping)
                if snapshots:
                    holding.rows("UNLOCK TABLES")
                definitions = definitions_in(reading, database, views)
                facts = facts_of(reading, database, database, tables, definitions)
                charset, collation = reading.rows(_TEXTS.format(literal(database)))[0]
                if dumping.wait() != 0:
                    raise Refused(words(dumping.said()))
            reading.rows("COMMIT")
        _check_end(path)
        about = {"charset": charset, "collation": collation, "definitions": [each.as_data() for each in definitions]}
        return facts, about

    def _wait_for_snapshot(self, dumping: Coprocess) -> None:
        """Raises :class:`Refused`, which releases the tables, when the dump does not come to it in time."""
        deadline = time.monotonic() + self._server.lock_timeout
        while dumping.running() and not has_snapshot(dumping.said()):
            if time.monotonic() > deadline:
                raise Refused(
                    "the dump had no snapshot within {0:g} seconds, during which nobody could write".format(
                        self._server.lock_timeout
                    )
                )
            time.sleep(_PAUSE)

    def _explained(self, kind: t.Type[BackupError], what: str) -> t.ContextManager[None]:
        return explained(kind, "{0}: {1}".format(self.name, what), Refused)


def dump_arguments(path: str, database: str, views: t.Sequence[str]) -> t.List[str]:
    """What the dump program is told: tables and their rows only, and to tell what it does."""
    return [
        "--single-transaction",
        "--skip-lock-tables",
        "--quick",
        "--hex-blob",
        "--tz-utc",
        "--default-character-set=utf8mb4",
        "--max-allowed-packet=1G",
        "--no-tablespaces",
        "--skip-triggers",
        "--skip-dump-date",
        "--verbose",
        # MySQL's own program has these, and would ask for what a MariaDB has not, or write what another server refuses.
        "--loose-column-statistics=0",
        "--loose-set-gtid-purged=OFF",
        "--result-file={0}".format(path),
        *("--ignore-table={0}.{1}".format(database, view) for view in views),
        "--",
        database,
    ]


def has_snapshot(said: str) -> bool:
    """Whether a dump program that said this is past the beginning of its transaction."""
    told = [line for line in said.splitlines() if line.startswith("-- ")]
    return any(not line.startswith(_BEFORE) for line in told)


def _check_end(path: str) -> None:
    """A dump that broke off has no last line, whatever its program returned."""
    with open(path, "rb") as stream:
        stream.seek(max(0, os.fstat(stream.fileno()).st_size - _LAST))
        if _COMPLETE not in stream.read():
            raise Refused("the dump program wrote only a part")
