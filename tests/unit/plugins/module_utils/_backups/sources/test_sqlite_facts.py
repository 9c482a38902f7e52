# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts of a database tell its content, types and all, and nothing of how it lies in the file."""

from __future__ import annotations

import contextlib
import sqlite3
import typing as t

from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Facts
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.sqlite_facts import SCHEMA, facts_of

VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(2**53 - 2, 2**53 + 2),
    st.floats(allow_nan=False),
    st.sampled_from([float("inf"), float("-inf"), 0.0, 1.0, 1]),
    st.text(max_size=3),
    st.binary(max_size=3),
)
ROWS = st.lists(st.tuples(VALUES, VALUES), max_size=4)


def facts(*statements: str, rows: t.Sequence[tuple[t.Any, ...]] = ()) -> Facts:
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
        for row in rows:
            connection.execute(f"INSERT INTO t VALUES ({', '.join('?' * len(row))})", row)
        return facts_of(connection)


def kept(rows: t.Sequence[tuple[t.Any, ...]]) -> list[str]:
    """As SQLite tells two values apart: not zeros by their sign."""
    return sorted(repr([(type(value).__name__, value + 0 if value == 0 else value) for value in row]) for row in rows)


@given(one=ROWS, other=ROWS)
def test_other_rows_have_other_facts_and_their_order_says_nothing(
    one: list[tuple[t.Any, ...]], other: list[tuple[t.Any, ...]]
) -> None:
    create = "CREATE TABLE t (a, b)"

    assert facts(create, rows=one) == facts(create, rows=one[::-1])
    assume(kept(one) != kept(other))
    assert facts(create, rows=one).tables["t"] != facts(create, rows=other).tables["t"]


def test_values_that_look_alike_are_told_apart() -> None:
    values = [1, 1.0, "1", b"1", None, "", b"", 2**53, 2**53 + 1, float(2**53), float("inf"), float("-inf"), "inf"]
    sums = {facts("CREATE TABLE t (a)", rows=[(value,)]).tables["t"] for value in values}

    assert len(sums) == len(values)


def test_nan_is_what_sqlite_makes_of_it() -> None:
    create = "CREATE TABLE t (a)"

    assert facts(create, rows=[(float("nan"),)]) == facts(create, rows=[(None,)])


def test_texts_that_are_not_unicode_are_read_as_they_are() -> None:
    one, other = (
        facts("CREATE TABLE t (a)", f"INSERT INTO t VALUES (CAST(x'{text}' AS TEXT))") for text in ("ff", "fe")
    )

    assert one.tables["t"][0] == 1
    assert one != other


def test_tables_of_every_kind_are_read_by_their_names() -> None:
    found = facts(
        'CREATE TABLE "odd ""name; --" ("a ""b" INTEGER PRIMARY KEY AUTOINCREMENT, "select")',
        'INSERT INTO "odd ""name; --" ("select") VALUES (\'x\')',
        "CREATE TABLE ключ (a TEXT PRIMARY KEY) WITHOUT ROWID",
        "INSERT INTO ключ VALUES ('a'), ('b')",
        "CREATE TABLE generated (a, b AS (a + 1), c AS (a + 2) STORED)",
        "INSERT INTO generated VALUES (1)",
        "CREATE VIRTUAL TABLE words USING fts5(text)",
        "INSERT INTO words VALUES ('hello')",
        "CREATE VIEW v AS SELECT 1",
    )

    own = {name: rows for name, (rows, _checksum) in found.tables.items() if not name.startswith(("words_", SCHEMA))}
    assert own == {'odd "name; --': 1, "ключ": 2, "generated": 1, "sqlite_sequence": 1}
    assert found.tables["words_content"][0] == 1


def test_a_definition_that_differs_is_a_difference() -> None:
    one, other = facts("CREATE TABLE t (a)"), facts("CREATE TABLE t (a)", "CREATE INDEX i ON t (a)")

    assert one.tables["t"] == other.tables["t"]
    assert one.tables[SCHEMA] != other.tables[SCHEMA]
