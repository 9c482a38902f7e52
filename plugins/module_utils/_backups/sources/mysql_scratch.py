# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MySQL databases that are restored beside the live ones: to be compared and dropped, or to take their places.

PRIVATE to the collection. Their names follow from those of the live ones, so
that whoever comes after a killed run finds and drops what it left.

What changes at once: all tables and sequences of all databases, in one
C(RENAME TABLE). It moves neither views nor tables with triggers, so triggers
of the live tables are dropped before it and those of the dump made after it,
in the one packet with it, which the server carries out although its client
dies. Views, routines and events follow, each by itself; a second call does
again whatever a killed one did not come to.
"""

from __future__ import annotations

import contextlib
import os
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Facts
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.dumped import Dumped
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql_access import (
    CLIENT,
    Access,
    Refused,
    Session,
    client_options,
    identifier,
    literal,
    qualified,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql_definitions import (
    EVENT,
    TRIGGER,
    VIEW,
    Definition,
    definition,
    definitions_in,
    dropped,
    triggers_in,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql_facts import (
    facts_of,
    tables_of,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.scratch_database import (
    FRESH,
    OLD,
    OURS,
    PROOF,
    scratch_name,
    short,
)

_BOUND = """
SELECT DISTINCT TABLE_SCHEMA, TABLE_NAME, REFERENCED_TABLE_SCHEMA FROM information_schema.KEY_COLUMN_USAGE
WHERE REFERENCED_TABLE_SCHEMA IN ({0}) AND TABLE_SCHEMA <> REFERENCED_TABLE_SCHEMA
"""
"""A key follows the table that it refers to when that moves, so it would refer to one that is dropped."""


class Scratch:
    """Makes them; :func:`scratch_databases` gives one.

    :param swapped: whether what was loaded is live
    """

    def __init__(self, access: Access, session: Session, databases: t.Sequence[Dumped]) -> None:
        self.swapped = False
        self._access = access
        self._session = session
        self._databases = databases

    def proven(self, folder: str) -> Facts:
        """Restore one after the other, for its facts."""
        facts: t.Dict[str, t.Tuple[int, str]] = {}
        for database in self._databases:
            facts.update(self._restored(folder, database, scratch_name(PROOF, database.name)))
            self._session.rows(_drop(scratch_name(PROOF, database.name)))
        return Facts(facts)

    def loaded(self, folder: str) -> Facts:
        """Restore all, for their facts."""
        self._refuse_what_is_bound()
        facts: t.Dict[str, t.Tuple[int, str]] = {}
        for database in self._databases:
            facts.update(self._restored(folder, database, scratch_name(FRESH, database.name)))
        self._refuse_what_is_bound()
        return Facts(facts)

    def swap(self) -> None:
        """Put what was loaded in the place of what is live, as the head of this file says."""
        live: t.Dict[str, t.List[Definition]] = {}
        for database in self._databases:
            self._session.rows(_create(database.name, database.about, " IF NOT EXISTS"))
            self._session.rows(_create(scratch_name(OLD, database.name), database.about, " IF NOT EXISTS"))
            live[database.name] = self._standing_in_the_way(database)
            for trigger in triggers_in(self._session, scratch_name(FRESH, database.name)):
                self._session.rows(dropped(TRIGGER, qualified(scratch_name(FRESH, database.name), trigger.name)))
        packet = self._packet(live)
        try:
            with self._access.session() as swapping:
                swapping.rows(packet)
        except Refused:
            if not self._is_swapped():
                self._put_back(live)
                raise
        self.swapped = True
        for database in self._databases:
            self._replace_definitions(database)

    def _refuse_what_is_bound(self) -> None:
        names = ", ".join(literal(database.name) for database in self._databases)
        for schema, table, referenced in self._session.rows(_BOUND.format(names)):
            raise Refused(
                "the table {0} has a foreign key into the database {1}, where tables are about to change places; drop the"
                " key, restore, and make it again".format(qualified(schema, table), identifier(referenced))
            )

    def _restored(self, folder: str, database: Dumped, name: str) -> t.Dict[str, t.Tuple[int, str]]:
        self._session.rows(_create(name, database.about))
        try:
            with open(os.path.join(folder, database.file), "rb") as stream:
                self._access.call(CLIENT, *client_options(), name, stdin=stream)
            self._define(name, [each for each in _definitions(database) if each.kind != EVENT])
        except Refused as error:
            raise Refused("the database {0}: {1}".format(database.name, error)) from error
        with self._access.session() as session:
            session.rows("USE {0}".format(identifier(name)))
            tables, views = tables_of(session, name)
            return facts_of(session, name, database.name, tables, definitions_in(session, name, views))

    def _define(self, schema: str, definitions: t.Sequence[Definition], replace: bool = False) -> None:
        """Make them all. A view that comes before one that it reads fails, so what failed is tried again after the others."""
        pending = list(definitions)
        while pending:
            failed: t.List[Definition] = []
            reason: t.Optional[Refused] = None
            while pending:
                try:
                    with self._access.session() as session:
                        session.rows("USE {0}".format(identifier(schema)))
                        while pending:
                            session.rows(pending[0].statement(replace))
                            del pending[0]
                except Refused as error:
                    reason = error
                    failed.append(pending.pop(0))
            if reason is not None and len(failed) == len(definitions):
                raise Refused("the {0} {1}: {2}".format(failed[-1].kind.lower(), failed[-1].name, reason)) from reason
            pending, definitions = list(failed), failed

    def _standing_in_the_way(self, database: Dumped) -> t.List[Definition]:
        """What is live and has to go before the tables can change: triggers, and views where a table is to be."""
        _tables, views = tables_of(self._session, database.name)
        fresh = {table.name for table in tables_of(self._session, scratch_name(FRESH, database.name))[0]}
        self._session.rows("USE {0}".format(identifier(database.name)))
        shown = definitions_in(self._session, database.name, [view for view in views if view in fresh])
        return [each for each in shown if each.kind in (TRIGGER, VIEW)]

    def _packet(self, live: t.Mapping[str, t.Sequence[Definition]]) -> str:
        before, moves, after = [], [], []
        for database in self._databases:
            name, fresh, old = database.name, scratch_name(FRESH, database.name), scratch_name(OLD, database.name)
            before += [dropped(each.kind, qualified(name, each.name)) for each in live[name]]
            for here, there in ((name, old), (fresh, name)):
                names = [table.name for table in tables_of(self._session, here)[0]]
                moves += ["{0} TO {1}".format(qualified(here, each), qualified(there, each)) for each in names]
            after += ["USE {0}".format(identifier(name))]
            after += [each.statement() for each in _definitions(database) if each.kind == TRIGGER]
        renaming = ["RENAME TABLE {0}".format(", ".join(moves))] if moves else []
        return ";\n".join(before + renaming + after)

    def _is_swapped(self) -> bool:
        with self._access.session() as session:
            return not any(tables_of(session, scratch_name(FRESH, database.name))[0] for database in self._databases)

    def _put_back(self, live: t.Mapping[str, t.Sequence[Definition]]) -> None:
        for name, definitions in live.items():
            with self._access.session() as session:
                session.rows("USE {0}".format(identifier(name)))
                present = {(each.kind, each.name) for each in triggers_in(session, name)}
                present |= {(VIEW, view) for view in tables_of(session, name)[1]}
            self._define(name, [each for each in definitions if (each.kind, each.name) not in present])

    def _replace_definitions(self, database: Dumped) -> None:
        wanted = _definitions(database)
        named = {(each.kind, each.name) for each in wanted}
        with self._access.session() as session:
            session.rows("USE {0}".format(identifier(database.name)))
            present = definitions_in(session, database.name, [])
            present += [Definition(VIEW, view, "") for view in tables_of(session, database.name)[1]]
            for each in present:
                if each.kind != TRIGGER and (each.kind, each.name) not in named:
                    session.rows(dropped(each.kind, qualified(database.name, each.name)))
            about = database.about
            session.rows("ALTER DATABASE {0} {1}".format(identifier(database.name), _texts(about)))
        # The packet made the triggers, unless it broke off after the tables had changed.
        made = {each.name for each in present if each.kind == TRIGGER}
        missing = [each for each in wanted if each.kind != TRIGGER or each.name not in made]
        self._define(database.name, missing, replace=True)


@contextlib.contextmanager
def scratch_databases(access: Access, databases: t.Sequence[Dumped], uses: t.Sequence[str]) -> t.Iterator[Scratch]:
    """Hold the right to make scratch databases for *databases*, and drop those of *uses* in the beginning and in the end.

    What was live is dropped in the end only when other tables have taken its place; a killed run that moved it had them
    there.
    """
    with access.session() as session:
        for name in sorted(database.name for database in databases):
            lock = "GET_LOCK('{0}{1}', {2})".format(OURS, short(name), int(access.server.lock_timeout))
            if session.rows("SELECT {0}".format(lock)) != [["1"]]:
                raise Refused("another run has scratch databases of {0}; wait for it".format(name))
        scratch = Scratch(access, session, databases)
        _clear(session, databases, uses)
        try:
            yield scratch
        finally:
            # What went wrong says more than that nothing could be dropped afterwards; the next call drops it.
            with contextlib.suppress(Refused), access.session() as last:
                for database in databases:
                    moved = tables_of(last, scratch_name(OLD, database.name))[0]
                    _clear(last, [database], [use for use in uses if use != OLD or scratch.swapped or not moved])


def _clear(session: Session, databases: t.Sequence[Dumped], uses: t.Sequence[str]) -> None:
    for database in databases:
        for use in uses:
            session.rows(_drop(scratch_name(use, database.name)))


def _definitions(database: Dumped) -> t.List[Definition]:
    return [definition(data) for data in database.about["definitions"]]


def _create(name: str, about: t.Mapping[str, t.Any], condition: str = "") -> str:
    return "CREATE DATABASE{0} {1} {2}".format(condition, identifier(name), _texts(about))


def _texts(about: t.Mapping[str, t.Any]) -> str:
    return "CHARACTER SET {0} COLLATE {1}".format(about["charset"], about["collation"])


def _drop(name: str) -> str:
    return "DROP DATABASE IF EXISTS {0}".format(identifier(name))
