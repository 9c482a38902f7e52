# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be told of a MySQL database's content: rows and checksum of each table, and which objects there are.

PRIVATE to the collection. A checksum is the sum, over the rows, of the first
64 bits of the SHA-256 of the row's values: it does not depend on the order of
rows, and two equal rows do not cancel each other out. Texts count by their
bytes, numbers and times as the server writes them, which is what is dumped.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.facts import Multiset
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql_access import (
    Session,
    identifier,
    literal,
    qualified,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql_definitions import (
    EVENT,
    VIEW,
    Definition,
)

SEQUENCE = "SEQUENCE"
_TABLES = """
SELECT t.TABLE_NAME, t.TABLE_TYPE, COALESCE(e.TRANSACTIONS, 'NO')
FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
WHERE t.TABLE_SCHEMA = {0} AND t.TABLE_TYPE <> 'TEMPORARY' ORDER BY t.TABLE_NAME
"""
_COLUMNS = """
SELECT TABLE_NAME, COLUMN_NAME, LOWER(DATA_TYPE), COALESCE(CHARACTER_OCTET_LENGTH, 0) FROM information_schema.COLUMNS
WHERE TABLE_SCHEMA = {0} AND COALESCE(GENERATION_EXPRESSION, '') NOT IN ('ROW START', 'ROW END') ORDER BY TABLE_NAME, ORDINAL_POSITION
"""
_OF_BYTES = frozenset(
    ["char", "varchar", "binary", "varbinary", "enum", "set"]
    + [size + kind for size in ("tiny", "", "medium", "long") for kind in ("text", "blob")]
)
_OF_BITS = frozenset(
    ["bit", "vector", "geometry", "geometrycollection", "geomcollection"]
    + [many + kind for many in ("", "multi") for kind in ("point", "linestring", "polygon")]
)
_SHORT = 128
"""Bytes up to which a value is taken as it is; of a longer one its SHA-256 is, which no limit of a text concerns."""


@dataclass(frozen=True)
class Table:
    """What has a name of its own in a database and is no view.

    :param kind: as the server calls it; a sequence is one of them
    :param transactional: whether a snapshot of it can be read
    """

    name: str
    kind: str
    transactional: bool


def tables_of(session: Session, database: str) -> t.Tuple[t.List[Table], t.List[str]]:
    """The tables and sequences, and the names of the views."""
    rows = session.rows(_TABLES.format(literal(database)))
    tables = [Table(name, kind, transactions == "YES") for name, kind, transactions in rows if kind != VIEW]
    return tables, [row[0] for row in rows if row[1] == VIEW]


def facts_of(
    session: Session, stored_in: str, database: str, tables: t.Sequence[Table], definitions: t.Sequence[Definition]
) -> t.Dict[str, t.Tuple[int, str]]:
    """Rows and checksum of each table in the schema *stored_in*, which is told as *database*."""
    columns: t.Dict[str, t.List[t.Tuple[str, str, int]]] = {}
    for table, column, kind, length in session.rows(_COLUMNS.format(literal(stored_in))):
        columns.setdefault(table, []).append((column, kind, int(length)))
    facts = {}
    for each in tables:
        if each.kind != SEQUENCE:
            query = sum_of(qualified(stored_in, each.name), columns[each.name])
            count, checksum = session.rows(query)[0]
            facts[qualified(database, each.name)] = (int(count), checksum)
    objects = Multiset()
    for part in [(each.kind, each.name) for each in tables] + [(each.kind, each.name) for each in definitions]:
        # Events would run, so they are not made where a dump is only tried.
        if part[0] != EVENT:
            objects.add(text.encode("utf-8") for text in part)
    facts["{0}: objects".format(identifier(database))] = objects.result()
    return facts


def sum_of(table: str, columns: t.Sequence[t.Tuple[str, str, int]]) -> str:
    """The query of a table's rows and checksum; of each column its name, type and greatest number of bytes."""
    values = ", ".join(
        "IFNULL({0}, '-')".format(_value(identifier(name), kind, length)) for name, kind, length in columns
    )
    first_bits = "CAST(CONV(LEFT(SHA2(CONCAT_WS(',', {0}), 256), 16), 16, 10) AS UNSIGNED)".format(values)
    return "SELECT COUNT(*), COALESCE(SUM({0}), 0) FROM {1}".format(first_bits, table)


def _value(column: str, kind: str, length: int) -> str:
    if kind in _OF_BYTES:
        return "HEX({0})".format(column) if 0 < length <= _SHORT else "SHA2({0}, 256)".format(column)
    if kind in _OF_BITS:
        return "HEX({0})".format(column)
    if kind == "json":
        return "SHA2(CAST({0} AS CHAR), 256)".format(column)
    return "CAST({0} AS CHAR)".format(column)
