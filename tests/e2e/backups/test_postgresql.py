# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases of a real PostgreSQL: saved while others write, proven, restored, and killed meanwhile."""

from __future__ import annotations

import collections.abc
import contextlib
import dataclasses
import os
import pathlib
import shutil
import tempfile
import threading
import typing as t

import psycopg
import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import (
    DumpFailed,
    NotProven,
    RestoreFailed,
    SourceUnusable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources import (
    dumped,
    postgresql_own_server,
    postgresql_scratch,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.postgresql import PostgreSQL
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.postgresql_access import Server
from ansible_collections.progressive.delivery.tests.e2e.backups.killing import killed_at, killed_when
from ansible_collections.progressive.delivery.tests.e2e.backups.postgresql_server import PASSWORD, Running, Saved
from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import until

ODD = "Sh\"op's = Ünïcode"

CONTENT = r"""
CREATE SCHEMA "Läger";
CREATE TYPE mood AS ENUM ('sad', 'very "happy"');
CREATE TABLE "Läger"."Or'd ""er" (
    id integer, "b a" bytea, n numeric, f float8, at timestamptz, span interval, j json, jb jsonb, tags text[], feeling mood,
    price money, twice integer GENERATED ALWAYS AS (id * 2) STORED);
INSERT INTO "Läger"."Or'd ""er" VALUES
    (1, '\x00ff', 'NaN', 'Infinity', '2020-02-29 12:00+07', '1 mon -2 days', '{"a": 1,  "a": "\n"}', '{"z": null}',
     '{x,NULL,"y z"}', 'very "happy"', 12.5),
    (1, '\x00ff', 'NaN', 'Infinity', '2020-02-29 12:00+07', '1 mon -2 days', '{"a": 1,  "a": "\n"}', '{"z": null}',
     '{x,NULL,"y z"}', 'very "happy"', 12.5),
    (NULL, NULL, 1e-30, 0.1, 'infinity', NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE "Läger".empty (id integer PRIMARY KEY);
CREATE TABLE columnless ();
INSERT INTO columnless DEFAULT VALUES;
CREATE TABLE parent (a integer, z text);
CREATE TABLE child (z text, b integer, a integer);
ALTER TABLE child INHERIT parent;
INSERT INTO child VALUES ('z', 2, 1);
CREATE TABLE cut (day date, n serial) PARTITION BY RANGE (day);
CREATE TABLE cut_2020 PARTITION OF cut FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
INSERT INTO cut VALUES ('2020-05-05'), ('2020-05-05');
CREATE VIEW seen AS SELECT * FROM parent;
CREATE MATERIALIZED VIEW kept AS SELECT count(*) FROM cut;
CREATE FUNCTION one() RETURNS integer LANGUAGE sql AS 'SELECT 1';
SELECT lo_from_bytea(4711, '\x0102');
"""
DRESSED = """
ALTER DATABASE {0} OWNER TO app;
ALTER DATABASE {0} CONNECTION LIMIT 17;
ALTER DATABASE {0} SET search_path TO "Läger", public;
ALTER ROLE app IN DATABASE {0} SET work_mem TO '8MB';
REVOKE ALL ON DATABASE {0} FROM PUBLIC;
GRANT CONNECT ON DATABASE {0} TO reader WITH GRANT OPTION;
COMMENT ON DATABASE {0} IS 'it''s "the" shop';
"""
ABOUT = """
SELECT pg_get_userbyid(datdba), datconnlimit, datcollate, datctype, pg_encoding_to_char(encoding), datacl::text[],
    shobj_description(oid, 'pg_database'), ARRAY(SELECT setrole::regrole || setconfig::text FROM pg_db_role_setting
    WHERE setdatabase = d.oid ORDER BY 1) FROM pg_database d WHERE datname = %s
"""


@pytest.fixture(scope="module")
def postgresql() -> collections.abc.Iterator[Running]:
    # pytest's own folders can be entered by their owner only.
    with tempfile.TemporaryDirectory() as folder:
        running = Running(pathlib.Path(folder))
        try:
            yield running
        finally:
            running.stop()


@pytest.fixture(autouse=True)
def places_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests make servers for proofs at the same time, and would be counted here, or tidy up what is killed here."""
    monkeypatch.setattr(postgresql_own_server, "_PREFIX", "pd-test-proof-")


@pytest.fixture
def saved(tmp_path: pathlib.Path) -> t.Callable[[PostgreSQL], Saved]:
    def save(source: PostgreSQL) -> Saved:
        folder, scratch = tmp_path / "dump", tmp_path / "scratch"
        folder.mkdir()
        scratch.mkdir()
        source.check()
        facts = source.dump(str(folder))
        assert sum(path.stat().st_size for path in folder.iterdir()) > 0
        return Saved(source, folder, facts, scratch)

    return save


@contextlib.contextmanager
def writers(postgresql: Running, database: str) -> collections.abc.Iterator[t.Callable[[], int]]:
    """Two tables that always change together; gives how often they did."""
    over = threading.Event()
    done = 0

    def write() -> None:
        nonlocal done
        with postgresql.connected(database) as connection:
            while not over.is_set():
                with connection.transaction():
                    connection.execute("INSERT INTO booked (n) VALUES (1), (2)")
                    connection.execute("UPDATE booked SET n = n + 1 WHERE id % 7 = 0")
                    connection.execute("DELETE FROM booked WHERE id = (SELECT min(id) FROM booked)")
                    connection.execute("INSERT INTO counted (n) SELECT count(*) FROM booked")
                done += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        until(lambda: done > 3, "somebody writes")
        yield lambda: done
    finally:
        over.set()
        thread.join()


def test_facts_are_of_the_snapshot_that_is_dumped_whoever_writes_meanwhile(
    postgresql: Running, saved: t.Callable[[PostgreSQL], Saved]
) -> None:
    postgresql.create(
        "busy",
        "CREATE TABLE booked (id serial PRIMARY KEY, n integer); CREATE TABLE counted (n bigint);"
        "INSERT INTO booked (n) SELECT 0 FROM generate_series(1, 2000)",
    )
    with writers(postgresql, "busy") as written:
        before = written()
        found = saved(postgresql.source("busy"))
        assert written() > before, "nobody wrote while it was dumped"
        found.prove()
    booked, counted = (found.facts.tables[f'"busy".public.{name}'][0] for name in ("booked", "counted"))
    assert booked == 2000 + counted, "the two tables are of two states"
    found.restore()
    assert postgresql.rows("busy", "SELECT count(*) FROM counted") == [(counted,)]


def test_odd_names_types_and_rights_come_back_as_they_were(
    postgresql: Running, saved: t.Callable[[PostgreSQL], Saved]
) -> None:
    quoted = postgresql.create(ODD, CONTENT)
    postgresql.execute("postgres", DRESSED.format(quoted))
    content = 'SELECT t::text FROM "Läger"."Or\'d ""er" t ORDER BY 1'
    before = (postgresql.rows(ODD, content), postgresql.rows("postgres", ABOUT, ODD))
    found = saved(postgresql.source(ODD))
    found.prove()
    prefix = '"Sh""op\'s = Ünïcode"'
    assert found.facts.tables[f'{prefix}."Läger"."Or\'d ""er"'][0] == 3
    assert {name for name in found.facts.tables if name.startswith(f"{prefix}.public.")} == {
        f"{prefix}.public.{name}" for name in ("columnless", "parent", "child", "cut_2020")
    }
    with postgresql.connected(ODD) as user:
        postgresql.execute(ODD, 'DELETE FROM "Läger"."Or\'d ""er"; DROP TABLE columnless; CREATE TABLE new ()')
        postgresql.execute("postgres", f"ALTER DATABASE {quoted} CONNECTION LIMIT 3")
        found.restore()
        with pytest.raises(psycopg.OperationalError):
            user.execute("SELECT 1")
    assert (postgresql.rows(ODD, content), postgresql.rows("postgres", ABOUT, ODD)) == before
    assert postgresql.rows(ODD, "SELECT a, b, z, one(), lo_get(4711), to_regclass('new') FROM child") == [
        (1, 2, "z", 1, b"\x01\x02", None)
    ]
    assert postgresql.scratch_databases() == []


def test_bytes_that_are_no_text_come_back_where_a_database_takes_them(
    postgresql: Running, saved: t.Callable[[PostgreSQL], Saved]
) -> None:
    for name, encoding in (("of_bytes", "SQL_ASCII"), ("of_latin", "LATIN1")):
        postgresql.execute("postgres", f"CREATE DATABASE {name} TEMPLATE template0 ENCODING {encoding} LOCALE 'C'")
        postgresql.execute(name, "CREATE TABLE t AS SELECT convert_from('\\xe4', getdatabaseencoding()) AS x")
    found = saved(postgresql.source("of_bytes", "of_latin"))
    found.prove()
    found.restore()
    for name in ("of_bytes", "of_latin"):
        assert postgresql.rows(name, "SELECT convert_to(x, getdatabaseencoding()) FROM t") == [(b"\xe4",)]


def test_all_databases_change_at_once_also_the_one_that_is_connected_to(
    postgresql: Running, saved: t.Callable[[PostgreSQL], Saved]
) -> None:
    for name in ("one", "two"):
        postgresql.create(name, f"CREATE TABLE t AS SELECT '{name}' AS of")
    found = saved(postgresql.source("one", "two", "postgres"))
    globals_ = (found.folder / "globals.sql").read_text()
    assert "CREATE ROLE app;" in globals_
    assert "SCRAM-SHA-256$" in globals_
    postgresql.execute("postgres", "DROP DATABASE two")
    postgresql.execute("one", "DROP TABLE t")
    found.restore()
    assert [postgresql.rows(name, "SELECT of FROM t") for name in ("one", "two")] == [[("one",)], [("two",)]]
    assert postgresql.scratch_databases() == []


@pytest.fixture(scope="module")
def small(postgresql: Running, tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """A dump that tests copy before they damage it."""
    postgresql.create("small", "CREATE TABLE t AS SELECT n, repeat('x', n) FROM generate_series(1, 50) AS n")
    folder, scratch = tmp_path_factory.mktemp("dump"), tmp_path_factory.mktemp("scratch")
    source = postgresql.source("small")
    return Saved(source, folder, source.dump(str(folder)), scratch)


def truncated(content: bytes) -> bytes:
    return content[: len(content) // 2]


def bit_flipped(content: bytes) -> bytes:
    middle = content.index(b"xxxxx")
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize(
    ("damage", "described_again", "says"),
    [
        (truncated, False, r"1\.dump has \d+ bytes where \d+ were written"),
        (truncated, True, "the database small: error: could not read from input file"),
        (bit_flipped, False, r"1\.dump is not what was written: its SHA-256 is another"),
        (bit_flipped, True, "table '\"small\".public.t' has other content than was saved"),
    ],
)
def test_a_damaged_dump_is_neither_proven_nor_restored(
    postgresql: Running,
    small: Saved,
    tmp_path: pathlib.Path,
    damage: t.Callable[[bytes], bytes],
    described_again: bool,
    says: str,
) -> None:
    """Also where whoever damaged it made its checksum right: then the facts tell."""
    damaged = dataclasses.replace(small, folder=tmp_path / "dump")
    shutil.copytree(small.folder, damaged.folder)
    dump = damaged.folder / "1.dump"
    databases = dumped.read(str(damaged.folder), "postgresql")
    dump.write_bytes(damage(dump.read_bytes()))
    if described_again:
        dumped.write(str(damaged.folder), "postgresql", databases, ["globals.sql"])
    with pytest.raises(NotProven, match=says):
        damaged.prove()
    with pytest.raises(RestoreFailed, match=says):
        damaged.restore()
    assert postgresql.rows("small", "SELECT count(*) FROM t") == [(50,)]
    assert postgresql.scratch_databases() == []


def test_an_account_without_rights_is_told_which_and_proves_on_a_server_of_its_own_when_it_may_read(
    postgresql: Running, saved: t.Callable[[PostgreSQL], Saved]
) -> None:
    postgresql.create("guarded", 'CREATE TABLE "Secret" AS SELECT 1 AS n; CREATE TABLE other (n integer)')
    reader = dataclasses.replace(postgresql.server, user="reader", password="reader")
    source = postgresql.source("guarded", server=reader)
    with pytest.raises(
        SourceUnusable, match='reader may not read public."Secret", public.other in the database guarded'
    ):
        source.check()
    postgresql.execute("guarded", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    found = saved(source)
    assert source.notes == [
        "db: the account reader may not read the passwords of roles, so globals.sql holds the roles without them"
    ]
    assert "SCRAM" not in (found.folder / "globals.sql").read_text()
    found.prove()
    assert not list(pathlib.Path("/var/tmp").glob(postgresql_own_server._PREFIX + "*"))
    with pytest.raises(NotProven, match="permission denied to create database"):
        dataclasses.replace(found, source=postgresql.source("guarded", server=reader, scratch_server="same")).prove()
    with pytest.raises(RestoreFailed, match="permission denied to create database"):
        found.restore()
    assert postgresql.rows("guarded", 'SELECT n FROM "Secret"') == [(1,)]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"password": "of yesterday"}, 'password authentication failed for user "admin"'),
        ({"host": "/nowhere"}, 'connection to server on socket "/nowhere/.s.PGSQL.5432" failed'),
        ({"programs": "/nowhere"}, "psql is not installed, or not in /nowhere"),
        ({"run_as": "nobody-at-all"}, "run_as names the user 'nobody-at-all', whom this machine does not have"),
    ],
)
def test_what_cannot_be_reached_is_told_in_the_words_of_the_database_and_without_the_password(
    postgresql: Running, change: dict[str, t.Any], says: str
) -> None:
    source = postgresql.source("small", server=dataclasses.replace(postgresql.server, **change))
    with pytest.raises(SourceUnusable) as told:
        source.check()
    assert says in told.value.message
    assert PASSWORD not in repr(told.value) + repr(dataclasses.replace(postgresql.server))


def test_one_who_is_let_in_as_a_user_of_the_machine_needs_no_password(
    postgresql: Running, saved: t.Callable[[PostgreSQL], Saved]
) -> None:
    user = postgresql.trust_its_user()
    postgresql.create("peers", "CREATE TABLE t AS SELECT 1 AS n")
    found = saved(postgresql.source("peers", server=Server(host=postgresql.server.host, user=user, run_as=user)))
    found.prove()
    postgresql.execute("peers", "DROP TABLE t")
    found.restore()
    assert postgresql.rows("peers", "SELECT n FROM t") == [(1,)]


def test_a_role_that_is_gone_is_named_with_where_it_was_saved(
    postgresql: Running, saved: t.Callable[[PostgreSQL], Saved]
) -> None:
    postgresql.create("left", "CREATE ROLE gone; CREATE TABLE t (); ALTER TABLE t OWNER TO gone")
    found = saved(postgresql.source("left"))
    postgresql.execute("left", "ALTER TABLE t OWNER TO app; DROP ROLE gone")
    found.prove()
    with pytest.raises(
        RestoreFailed, match='role "gone" does not exist.*; the roles that there were are in globals.sql'
    ):
        found.restore()


def test_a_table_that_somebody_holds_breaks_the_dump_off_in_its_time(
    postgresql: Running, tmp_path: pathlib.Path
) -> None:
    postgresql.create("held", "CREATE TABLE t ()")
    with postgresql.connected("held") as migration, migration.transaction():
        migration.execute("LOCK TABLE t")
        source = postgresql.source("held", server=dataclasses.replace(postgresql.server, lock_timeout=0.1))
        with pytest.raises(DumpFailed, match="canceling statement due to lock timeout"):
            source.dump(str(tmp_path))


def test_a_database_that_is_not_there_is_told_with_those_that_are(postgresql: Running) -> None:
    with pytest.raises(SourceUnusable, match="the server has no database nosuch, but "):
        postgresql.source("nosuch").check()


@pytest.mark.parametrize(
    ("owner", "name", "when", "live"),
    [
        (postgresql_scratch.Scratch, "loaded", "after", "new"),
        (postgresql_scratch, "renamed", "before", "new"),
        (postgresql_scratch.Scratch, "swap", "after", "old"),
    ],
)
def test_a_restore_that_is_killed_leaves_one_of_the_two_and_is_finished_by_the_next(
    postgresql: Running,
    saved: t.Callable[[PostgreSQL], Saved],
    owner: t.Any,
    name: str,
    when: t.Literal["before", "after"],
    live: str,
) -> None:
    postgresql.create("killed", "CREATE TABLE t AS SELECT 'old' AS state")
    found = saved(postgresql.source("killed"))
    postgresql.execute("killed", "UPDATE t SET state = 'new'")
    killed_at(found.restore, owner, name, when)
    assert postgresql.rows("killed", "SELECT state FROM t") == [(live,)]
    assert postgresql.scratch_databases() != []
    found.restore()
    assert postgresql.rows("killed", "SELECT state FROM t") == [("old",)]
    assert postgresql.scratch_databases() == []


def test_a_proof_on_a_server_of_its_own_that_is_killed_takes_the_server_along(
    postgresql: Running, saved: t.Callable[[PostgreSQL], Saved], tmp_path: pathlib.Path
) -> None:
    postgresql.create("killed", "CREATE TABLE t ()")
    found = saved(postgresql.source("killed", scratch_server="own"))
    killed_at(found.prove, postgresql_own_server, "_wait", "after")
    places = [found.scratch, *pathlib.Path("/var/tmp").glob(postgresql_own_server._PREFIX + "*")]
    [running] = [path for place in places for path in place.glob("server/postmaster.pid")]
    number = int(running.read_text().split()[0])
    until(lambda: not os.path.exists(f"/proc/{number}"), "the server is gone")
    (tmp_path / "another").mkdir()
    dataclasses.replace(found, scratch=tmp_path / "another").prove()
    if running.parent.parent != found.scratch:
        assert not running.exists()


def test_a_proof_that_is_killed_while_it_restores_is_tidied_up_by_the_next(
    postgresql: Running, saved: t.Callable[[PostgreSQL], Saved]
) -> None:
    postgresql.create("killed", "CREATE TABLE t AS SELECT n FROM generate_series(1, 100000) AS n")
    found = saved(postgresql.source("killed", scratch_server="same"))
    killed_when(found.prove, lambda: postgresql.scratch_databases() != [], "there is a scratch database")
    found.prove()
    assert postgresql.scratch_databases() == []
