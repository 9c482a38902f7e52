# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""C(postgresql): databases of a PostgreSQL server, each as C(pg_dump) writes it, and what the server holds beside them.

PRIVATE to the collection. The facts are of the snapshot that is dumped,
whoever writes meanwhile: one session opens it, reads it and keeps it open for
C(pg_dump). Each database is consistent in itself; two databases cannot be
read at one instant, which is PostgreSQL's own limit.
"""

from __future__ import annotations

import contextlib
import os
import re
import typing as t
from concurrent.futures import ThreadPoolExecutor

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
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.postgresql_access import (
    Access,
    Refused,
    Server,
    Session,
    access_to,
    literal,
    target,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.postgresql_database import (
    LIST,
    described,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.postgresql_facts import (
    facts_of,
    tables_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.postgresql_own_server import (
    own_server,
    server_programs,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.postgresql_scratch import (
    Scratch,
    scratch_databases,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.scratch_database import (
    compare,
    explained,
)

GLOBALS = "globals.sql"
_COMPLETE = b"-- PostgreSQL database cluster dump complete"
_TOLD = 10
_SIZE = "SELECT to_json(coalesce(sum(pg_database_size(datname)), 0)) FROM pg_database WHERE datname IN ({0})"
_ACCOUNT = """
SELECT json_build_object('version', current_setting('server_version_num')::int, 'name', current_user,
    'creates', rolcreatedb OR rolsuper,
    'mighty', EXISTS (SELECT FROM pg_roles AS held WHERE pg_has_role(held.oid, 'MEMBER') AND (held.rolsuper
        OR held.rolcreaterole OR held.rolname IN ('pg_execute_server_program', 'pg_write_server_files', 'pg_read_server_files'))),
    'passwords', rolsuper OR has_table_privilege('pg_authid', 'SELECT'))
FROM pg_roles WHERE rolname = current_user
"""
"""``mighty``: who could do with the server or its machine as he likes, and so could whoever writes what he restores."""

_TOO_WEAK = "the account {0} may not create a database to restore into (ALTER ROLE {0} CREATEDB)"
_TOO_MIGHTY = (
    "to restore as {0}, who can do anything, would let whoever owns a database do anything too (save as one who may read"
    " and create databases, or say scratch_server: same where you trust all owners)"
)


class PostgreSQL(Source):
    """Databases of one server.

    :param databases: their names; none stands for all but templates
    :param scratch_server: where a proof restores: ``same`` server, one of its ``own``, or ``auto``: the same if the account may
        create databases and little else, since whoever owns what is saved wrote what a restore runs
    :param maintenance_database: that is connected to for what concerns others
    """

    kind = "postgresql"

    def __init__(
        self,
        name: str,
        server: Server,
        databases: t.Sequence[str] = (),
        scratch_server: str = "auto",
        maintenance_database: str = "postgres",
    ) -> None:
        self.name = name
        self.notes: t.Sequence[str] = ()
        self._server = server
        self._databases = tuple(databases)
        self._scratch_server = scratch_server
        self._maintenance = maintenance_database

    def check(self) -> None:
        with self._explained(SourceUnusable, "cannot be dumped"), access_to(self._server) as access:
            with access.session(self._maintenance) as session:
                account = session.row(_ACCOUNT)
                databases = self._chosen(session)
            for program in ("pg_dump", "pg_dumpall", "pg_restore"):
                self._check_version(access.call(program, "--version"), account["version"])
            for database in databases:
                self._check_rights(access, database, account["name"])

    def size(self) -> int:
        with self._explained(SourceUnusable, "cannot be measured"), access_to(self._server) as access:
            stored = self._stored(access)
        # Text takes more room than what is stored, at most about twice as much.
        return stored * 2

    def dump(self, folder: str) -> Facts:
        with self._explained(DumpFailed, "was not dumped"), access_to(self._server) as access:
            with access.session(self._maintenance) as session:
                account = session.row(_ACCOUNT)
                about = {name: session.row(described(name)) for name in self._chosen(session)}
            self._dump_globals(access, folder, account)
            facts: t.Dict[str, t.Tuple[int, str]] = {}
            written = []
            for number, name in enumerate(about, 1):
                entry = dumped.Dumped(name, "{0}.dump".format(number), about[name])
                facts.update(self._dump_database(access, os.path.join(folder, entry.file), name))
                written.append(entry)
            dumped.write(folder, self.kind, written, [GLOBALS])
            return Facts(facts)

    def prove(self, folder: str, facts: Facts, scratch: str) -> None:
        with self._explained(NotProven, "was not restored from the dump"):
            databases = dumped.read(folder, self.kind)
            with access_to(self._server) as access, self._proving(access, databases, scratch) as beside:
                found = beside.proven(folder)
        compare(NotProven, self.name, facts, found)

    def restore(self, folder: str, facts: Facts, scratch: str) -> None:
        with self._explained(RestoreFailed, "was not restored; what was live is as it was"):
            databases = dumped.read(folder, self.kind)
            with access_to(self._server) as access, scratch_databases(access, self._maintenance, databases) as beside:
                compare(RestoreFailed, self.name, facts, beside.loaded(folder))
                beside.swap()

    def _stored(self, access: Access) -> int:
        with access.session(self._maintenance) as session:
            names = ", ".join(literal(name) for name in self._chosen(session))
            return int(session.row(_SIZE.format(names or "NULL")))

    def _chosen(self, session: Session) -> t.List[str]:
        there = session.rows(LIST)
        missing = [name for name in self._databases if name not in there]
        if missing:
            raise Refused("the server has no database {0}, but {1}".format(_listed(missing), _listed(there)))
        return sorted(self._databases) or there

    def _check_version(self, told: str, server: int) -> None:
        found = re.search(r"(\d+)(\.\d+)*", told)
        if found is None or int(found.group(1)) < server // 10000:
            raise Refused(
                "{0} is older than the server, which is of version {1}; install the newer clients, or name their folder"
                " with programs".format(told.strip(), server // 10000)
            )

    def _check_rights(self, access: Access, database: str, account: str) -> None:
        with access.session(database) as session:
            hidden = [table["name"] for table in tables_of(session, "'r', 'p', 'S'") if not table["readable"]]
        if hidden:
            raise Refused(
                "the account {0} may not read {1} in the database {2}; GRANT pg_read_all_data TO it, or let it own them".format(
                    account, _listed(hidden), database
                )
            )

    def _dump_globals(self, access: Access, folder: str, account: t.Mapping[str, t.Any]) -> None:
        """Roles and tablespaces; nothing applies them by itself, they are there for a server that has to be built again."""
        path = os.path.join(folder, GLOBALS)
        options = ["--globals-only", "--no-password", "--database={0}".format(self._maintenance)]
        if not account["passwords"]:
            options.append("--no-role-passwords")
            note = "{0}: the account {1} may not read the passwords of roles, so {2} holds the roles without them"
            self.notes = [note.format(self.name, account["name"], GLOBALS)]
        with _created(path) as stream:
            access.call("pg_dumpall", *options, stdout=stream)
        with open(path, "rb") as written:
            if _COMPLETE not in written.read():
                raise Refused("pg_dumpall wrote only a part of the roles")

    def _dump_database(self, access: Access, path: str, database: str) -> t.Dict[str, t.Tuple[int, str]]:
        with access.session(database) as session, ThreadPoolExecutor(1) as beside:
            session.rows("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            snapshot = session.row("SELECT to_json(pg_export_snapshot())")
            tables = tables_of(session)
            if tables:
                # TRUNCATE does not heed snapshots: from here on it has to wait.
                names = ", ".join("ONLY {0}".format(table["name"]) for table in tables)
                session.rows("LOCK TABLE {0} IN ACCESS SHARE MODE".format(names))
            arguments = dump_arguments(database, snapshot, self._server.lock_timeout)
            with _created(path) as stream:
                dumping = beside.submit(access.call, "pg_dump", *arguments, stdout=stream)
                facts = facts_of(session, database, tables)
                dumping.result()
            session.rows("COMMIT")
            return facts

    @contextlib.contextmanager
    def _proving(self, access: Access, databases: t.Sequence[dumped.Dumped], scratch: str) -> t.Iterator[Scratch]:
        if self._scratch_server != "own":
            with access.session(self._maintenance) as session:
                account = session.row(_ACCOUNT)
            if self._scratch_server == "same" or (account["creates"] and not account["mighty"]):
                with scratch_databases(access, self._maintenance, databases) as scratches:
                    yield scratches
                return
            if server_programs(self._server.programs) is None:
                raise Refused(
                    (_TOO_MIGHTY if account["mighty"] else _TOO_WEAK).format(account["name"])
                    + ", and this machine has no initdb for a server of its own"
                )
        with contextlib.ExitStack() as proving:
            own, filling = proving.enter_context(own_server(access, scratch))
            yield proving.enter_context(scratch_databases(own, "postgres", databases, filling))

    def _explained(self, kind: t.Type[BackupError], what: str) -> t.ContextManager[None]:
        return explained(kind, "{0}: {1}".format(self.name, what), Refused, _with_roles)


def _with_roles(reason: str) -> str:
    lost = re.search(r'role ".*" does not exist', reason)
    return reason + ("; the roles that there were are in {0} of the dump".format(GLOBALS) if lost else "")


def dump_arguments(database: str, snapshot: str, lock_timeout: float) -> t.List[str]:
    """What ``pg_dump`` is told."""
    return [
        "--format=custom",
        "--no-password",
        # What keeps the snapshot compresses it, and finds what it has already only in what is not compressed.
        "--compress=0",
        "--snapshot={0}".format(snapshot),
        "--lock-wait-timeout={0}".format(int(lock_timeout * 1000)),
        target(database),
    ]


def _created(path: str) -> t.IO[bytes]:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "r+b")


def _listed(names: t.Sequence[str]) -> str:
    more = len(names) - _TOLD
    return ", ".join(names[:_TOLD]) + (" and {0} more".format(more) if more > 0 else "")
