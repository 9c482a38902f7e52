# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be told of a PostgreSQL database's content: rows and checksum of each table, and which objects there are.

PRIVATE to the collection. A checksum is the sum, over the rows, of the first
64 bits of the SHA-256 of the row's text: it does not depend on the order of
rows, and two equal rows do not cancel each other out. Columns are taken in
the order of their names, which a restore may change.
"""

from __future__ import annotations

import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.postgresql_access import (
    Session,
    identifier,
)

_OWN = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
"""Schemas that are not the server's."""
_MEMBER = "SELECT FROM pg_depend WHERE deptype = 'e' AND classid = '{0}'::regclass AND objid = {1}"
"""What an extension made is not dumped: the extension makes it again."""

TABLES = """
SELECT json_build_object('name', quote_ident(n.nspname) || '.' || quote_ident(c.relname),
    'readable', has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE'), 'columns', ARRAY(
    SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped ORDER BY attname))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ({kinds}) AND c.relpersistence <> 't' AND {own} AND NOT EXISTS ({member})
ORDER BY n.nspname, c.relname
"""
_OBJECTS = """
SELECT c.relkind::text, n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'i', 'I', 'c') AND c.relpersistence <> 't' AND {own} AND NOT EXISTS ({class})
UNION ALL SELECT 'function', n.nspname || '.' || p.proname || '(' || oidvectortypes(p.proargtypes) || ')'
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {own} AND NOT EXISTS ({function})
UNION ALL SELECT 'type', n.nspname || '.' || y.typname
FROM pg_type y JOIN pg_namespace n ON n.oid = y.typnamespace WHERE y.typtype IN ('d', 'e', 'r') AND {own} AND NOT EXISTS ({type})
UNION ALL SELECT 'trigger', n.nspname || '.' || c.relname || ' ' || g.tgname
FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT g.tgisinternal AND {own} AND NOT EXISTS ({class})
UNION ALL SELECT 'constraint', n.nspname || '.' || coalesce(c.relname, '') || ' ' || k.conname
FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace LEFT JOIN pg_class c ON c.oid = k.conrelid
WHERE k.contype IN ('c', 'f', 'p', 'u', 'x') AND k.conparentid = 0 AND {own} AND NOT EXISTS ({class}) AND NOT EXISTS ({constrained})
UNION ALL SELECT 'policy', n.nspname || '.' || c.relname || ' ' || o.polname
FROM pg_policy o JOIN pg_class c ON c.oid = o.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {own} AND NOT EXISTS ({class})
UNION ALL SELECT 'schema', n.nspname FROM pg_namespace n WHERE {own} AND n.nspname <> 'public' AND NOT EXISTS ({schema})
UNION ALL SELECT 'extension', extname FROM pg_extension
""".format(
    own=_OWN,
    type=_MEMBER.format("pg_type", "y.oid"),
    function=_MEMBER.format("pg_proc", "p.oid"),
    schema=_MEMBER.format("pg_namespace", "n.oid"),
    constrained=_MEMBER.format("pg_type", "k.contypid"),
    **{"class": _MEMBER.format("pg_class", "c.oid")},
)
_LARGE_OBJECTS = "SELECT oid::text || ' ' || encode(sha256(lo_get(oid)), 'hex') AS whole FROM pg_largeobject_metadata"


def tables_of(session: Session, kinds: str = "'r'") -> t.List[t.Dict[str, t.Any]]:
    """The tables that a dump holds rows of: ``name``, quoted, ``columns``, quoted, and whether they are ``readable``."""
    return session.rows(TABLES.format(kinds=kinds, own=_OWN, member=_MEMBER.format("pg_class", "c.oid")))


def facts_of(
    session: Session, database: str, tables: t.Sequence[t.Mapping[str, t.Any]]
) -> t.Dict[str, t.Tuple[int, str]]:
    """Rows and checksum of each table of the database that *session* is connected to, which is told as *database*."""
    prefix = identifier(database)
    facts = {
        "{0}.{1}".format(prefix, table["name"]): _sum(session, rows_of(table["name"], table["columns"]))
        for table in tables
    }
    facts["{0}: objects".format(prefix)] = _sum(
        session, "SELECT kind || ' ' || name AS whole FROM ({0}) AS objects (kind, name)".format(_OBJECTS)
    )
    large = _sum(session, _LARGE_OBJECTS)
    if large[0]:
        facts["{0}: large objects".format(prefix)] = large
    return facts


def rows_of(table: str, columns: t.Sequence[str]) -> str:
    """The query of the text of each row of *table*, without those of the tables that inherit from it."""
    fields = ", ".join("t.{0}".format(column) for column in columns)
    return "SELECT ROW({0})::text AS whole FROM ONLY {1} AS t".format(fields, table)


def _sum(session: Session, texts: str) -> t.Tuple[int, str]:
    part = "('x' || encode(substring(sha256(convert_to(whole, getdatabaseencoding())) FROM 1 FOR 8), 'hex'))::bit(64)::bigint"
    count, checksum = session.row(
        "SELECT json_build_array(count(*), coalesce(sum({0}), 0)::text) FROM ({1}) AS texts".format(part, texts)
    )
    return count, checksum
