# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an SQLite database holds, apart from how it lies in the file.

PRIVATE to the collection.
"""

from __future__ import annotations

import sqlite3
import struct
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Facts
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.facts import Multiset

SCHEMA = "sqlite_schema"
"""Under this name stand the definitions of tables, indexes, views and triggers."""


class _Text(bytes):
    """A text, which need not be valid UTF-8 and is told from a BLOB."""


def facts_of(connection: sqlite3.Connection) -> Facts:
    """Rows and checksum of each table, with what SQLite keeps in tables of its own. Raises :class:`sqlite3.Error`.

    Virtual tables are left out: what they show is in tables of their own, which are not. So are generated columns,
    which may need functions that only the application has.
    """
    connection.text_factory = _Text
    definitions = Multiset()
    names = []
    for kind, name, owner, page, definition in connection.execute(
        "SELECT type, name, tbl_name, rootpage, sql FROM sqlite_master"
    ).fetchall():
        definitions.add(_encoded((kind, name, owner, definition)))
        if kind == b"table" and page:
            names.append(name.decode("utf-8"))
    tables = {SCHEMA: definitions.result()}
    for name in sorted(names):
        tables[name] = _rows(connection, name)
    return Facts(tables)


def _rows(connection: sqlite3.Connection, table: str) -> t.Tuple[int, str]:
    columns = [
        name.decode("utf-8")
        for name, hidden in connection.execute("SELECT name, hidden FROM pragma_table_xinfo(?)", (table,))
        if not hidden
    ]
    rows = Multiset()
    query = "SELECT {0} FROM {1}".format(", ".join(map(_quoted, columns)), _quoted(table))
    for row in connection.execute(query):
        rows.add(_encoded(row))
    return rows.result()


def _encoded(row: t.Iterable[t.Any]) -> t.Iterator[bytes]:
    for value in row:
        if value is None:
            yield b"n"
        elif isinstance(value, int):
            yield b"i%d" % value
        elif isinstance(value, float):
            yield b"r" + struct.pack(">d", value)
        elif isinstance(value, _Text):
            yield b"t" + value
        else:
            yield b"b" + value


def _quoted(name: str) -> str:
    return '"{0}"'.format(name.replace('"', '""'))
