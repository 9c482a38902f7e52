# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Views, triggers, routines and events: what a MySQL database holds beside tables, read from it and made again.

PRIVATE to the collection. They are not left to the dump, since the text of a
trigger can name the database it was made in, and so would change the live one
while it is restored beside it.
"""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql_access import (
    Refused,
    Session,
    identifier,
    literal,
    qualified,
)

VIEW, TRIGGER, EVENT = "VIEW", "TRIGGER", "EVENT"
_DELIMITER = "$$end$$"
_TRIGGERS = """
SELECT TRIGGER_NAME, DEFINER, ACTION_TIMING, EVENT_MANIPULATION, EVENT_OBJECT_TABLE, ACTION_STATEMENT,
    SQL_MODE, CHARACTER_SET_CLIENT, COLLATION_CONNECTION FROM information_schema.TRIGGERS
WHERE TRIGGER_SCHEMA = {0} ORDER BY EVENT_OBJECT_TABLE, EVENT_MANIPULATION, ACTION_TIMING, ACTION_ORDER
"""
_ROUTINES = (
    "SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = {0} "
    "ORDER BY ROUTINE_TYPE, ROUTINE_NAME"
)
_EVENTS = "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = {0} ORDER BY EVENT_NAME"


@dataclass(frozen=True)
class Definition:
    """One of them.

    :param kind: ``VIEW``, ``TRIGGER``, ``EVENT`` or a kind of routine
    :param sql: the statement that makes it in the database that is used
    :param mode: the SQL mode that it was made with
    :param client: the character set of the statement that made it
    :param collation: of that connection
    :param zone: the time zone of an event
    """

    kind: str
    name: str
    sql: str
    mode: str = ""
    client: str = "utf8mb4"
    collation: str = "utf8mb4_general_ci"
    zone: t.Optional[str] = None

    def as_data(self) -> t.Dict[str, t.Any]:
        """What :func:`definition` reads back."""
        return asdict(self)

    def statement(self, replace: bool = False) -> str:
        """What makes it where it is sent, and leaves the session as it was; *replace*: it takes the place of another."""
        # Not every client character set can carry this text; what is in ASCII is the same in all.
        known = self.client.startswith("utf8") or self.sql.isascii()
        settings = "sql_mode = {0}, time_zone = {1}".format(literal(self.mode), literal(self.zone or "+00:00"))
        if known:
            settings += ", character_set_client = {0}, collation_connection = {1}".format(self.client, self.collation)
        statements = ["SET SESSION {0}".format(settings)]
        if replace and self.kind == VIEW:
            statements.append("CREATE OR REPLACE" + self.sql[len("CREATE") :])
        else:
            statements += [dropped(self.kind, identifier(self.name))] if replace else []
            statements.append(self.sql)
        # MySQL keeps the semicolon that ends a statement among others as part of a body; one more would be an empty statement.
        statements[-1] = statements[-1].rstrip("; \n")
        statements += ["SET NAMES utf8mb4", "SET SESSION sql_mode = '', time_zone = '+00:00'"]
        return ";\n".join(statements)


def dropped(kind: str, name: str) -> str:
    """The statement that takes one away, if it is there; its name as SQL writes it."""
    return "DROP {0} IF EXISTS {1}".format(kind, name)


def definition(data: t.Mapping[str, t.Any]) -> Definition:
    """One that was written with :meth:`Definition.as_data`."""
    return Definition(**data)


def script(definitions: t.Sequence[Definition]) -> str:
    """All of them for a client, for whoever restores by hand what the dump program wrote."""
    parts = ["SET NAMES utf8mb4;\nSET SESSION sql_mode = '', time_zone = '+00:00';\nDELIMITER {0}\n".format(_DELIMITER)]
    parts += ["{0}\n{1}\n".format(each.statement(), _DELIMITER) for each in definitions]
    return "".join([*parts, "DELIMITER ;\n"])


def in_order(views: t.Sequence[Definition]) -> t.List[Definition]:
    """Views after those that they read, as far as their texts name them."""
    ordered: t.List[Definition] = []
    begun: t.Set[str] = set()

    def place(view: Definition) -> None:
        if view.name not in begun:
            begun.add(view.name)
            for other in views:
                if identifier(other.name) in view.sql:
                    place(other)
            ordered.append(view)

    for view in views:
        place(view)
    return ordered


def definitions_in(session: Session, database: str, views: t.Sequence[str]) -> t.List[Definition]:
    """All of the database that *session* uses, routines first, as views and triggers call them. Raises :class:`Refused`."""
    found = [
        _shown(session, kind, database, name, text=2, mode=1)
        for kind, name in session.rows(_ROUTINES.format(literal(database)))
    ]
    found += in_order([_shown(session, VIEW, database, name, text=1, mode=None) for name in views])
    found += triggers_in(session, database)
    found += [
        _shown(session, EVENT, database, row[0], text=3, mode=1)
        for row in session.rows(_EVENTS.format(literal(database)))
    ]
    return found


def triggers_in(session: Session, database: str) -> t.List[Definition]:
    """The triggers of a database, in an order in which they are made again in theirs."""
    return [
        Definition(TRIGGER, row[0], trigger_statement(*row[:6]), row[6], row[7], row[8])
        for row in session.rows(_TRIGGERS.format(literal(database)))
    ]


def trigger_statement(name: str, definer: str, timing: str, event: str, table: str, body: str) -> str:
    """The statement that makes a trigger in whatever database is used."""
    user, _at, host = definer.rpartition("@")
    return "CREATE DEFINER={0}@{1} TRIGGER {2} {3} {4} ON {5} FOR EACH ROW {6}".format(
        identifier(user), identifier(host), identifier(name), timing, event, identifier(table), body
    )


def _shown(session: Session, kind: str, database: str, name: str, text: int, mode: t.Optional[int]) -> Definition:
    """*text* and *mode* are the places in the row that C(SHOW CREATE) answers."""
    row = session.rows("SHOW CREATE {0} {1}".format(kind, qualified(database, name)))[0]
    if row[text] == "NULL":
        raise Refused("the account may not read the {0} {1}".format(kind.lower(), qualified(database, name)))
    zone = row[2] if kind == EVENT else None
    return Definition(kind, name, row[text], "" if mode is None else row[mode], row[text + 1], row[text + 2], zone)
