# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases of a real MariaDB: saved while others write, proven, restored, and killed meanwhile."""

from __future__ import annotations

import collections.abc
import contextlib
import dataclasses
import pathlib
import shutil
import subprocess
import tempfile
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import (
    DumpFailed,
    NotProven,
    RestoreFailed,
    SourceUnusable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources import dumped
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql import MySQL
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.mysql_scratch import Scratch
from ansible_collections.progressive.delivery.tests.e2e.backups.killing import killed_at, killed_when
from ansible_collections.progressive.delivery.tests.e2e.backups.mariadb_server import PASSWORD, Running, Saved, quoted
from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import until

ODD = 'Sh`op\'s "Ü" Db'
CONTENT = r"""
CREATE TABLE `Or``d "er's` (
    n DECIMAL(30, 10), f FLOAT, d DOUBLE, b BLOB, v VARBINARY(9), s VARCHAR(50) CHARACTER SET latin1, big LONGTEXT, j JSON,
    e ENUM('a', 'b''c'), m SET('x', 'y'), bits BIT(9), y YEAR, day DATE, t TIME(3), dt DATETIME(6), ts TIMESTAMP(6) NULL,
    p POINT, u UUID, twice INT AS (n * 2) STORED, thrice INT AS (n * 3) VIRTUAL, hidden INT INVISIBLE DEFAULT 7);
INSERT INTO `Or``d "er's` (n, f, d, b, v, s, big, j, e, m, bits, y, day, t, dt, ts, p, u) VALUES
    (-1.5, 0.123456789, 0.12345678901234567, 0x00ff270a5c, 0x00, 'ä\t\n\\', REPEAT('ö', 70000), '{"a":  1}', 'b''c', 'x,y', 257,
     2020, '2020-02-29', '-100:00:00.5', '2020-02-29 12:00:00.000001', '2020-02-29 12:00:00.5', POINT(1, 2), UUID()),
    (-1.5, NULL, NULL, '', '', '', '', NULL, NULL, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (-1.5, NULL, NULL, '', '', '', '', NULL, NULL, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE empty (id INT PRIMARY KEY);
CREATE TABLE customers (id INT PRIMARY KEY);
CREATE TABLE orders (
    id INT PRIMARY KEY AUTO_INCREMENT, customer INT, CONSTRAINT known FOREIGN KEY (customer) REFERENCES customers (id));
INSERT INTO customers VALUES (1);
INSERT INTO orders (customer) VALUES (1), (1);
CREATE SEQUENCE numbers START WITH 5;
CREATE FUNCTION one() RETURNS INT RETURN 1;
CREATE VIEW zz AS SELECT id FROM orders;
CREATE VIEW aa AS SELECT id, one() AS one FROM zz;
CREATE TABLE noted (note TEXT);
CREATE TABLE aged (n INT) WITH SYSTEM VERSIONING;
INSERT INTO aged VALUES (1), (1);
UPDATE aged SET n = 2;
DELIMITER $$
CREATE TRIGGER noting BEFORE INSERT ON {0}.orders FOR EACH ROW BEGIN
    -- a comment; that stays
    INSERT INTO noted VALUES ('é;');
END$$
CREATE PROCEDURE work() BEGIN SELECT 'ä;'; END$$
CREATE EVENT later ON SCHEDULE EVERY 1 YEAR STARTS '2037-01-01' DO BEGIN DELETE FROM noted; END$$
DELIMITER ;
"""
WRITING = """
CREATE TABLE booked (id INT PRIMARY KEY AUTO_INCREMENT, n INT);
CREATE TABLE counted (n INT) ENGINE={engine};
INSERT INTO booked (n) SELECT seq FROM seq_1_to_2000;
DELIMITER $$
CREATE PROCEDURE go_on() REPEAT
    START TRANSACTION;
    INSERT INTO booked (n) VALUES (1), (2);
    UPDATE booked SET n = n + 1 WHERE id % 7 = 0;
    DELETE FROM booked ORDER BY id LIMIT 1;
    INSERT INTO counted SELECT COUNT(*) FROM booked;
    COMMIT;
UNTIL EXISTS (SELECT 1 FROM control.stopped) END REPEAT$$
DELIMITER ;
"""


@pytest.fixture(scope="module")
def mariadb() -> collections.abc.Iterator[Running]:
    # pytest's own folders can be entered by their owner only.
    with tempfile.TemporaryDirectory() as folder:
        running = Running(pathlib.Path(folder))
        try:
            yield running
        finally:
            running.stop()


@pytest.fixture
def saved(tmp_path: pathlib.Path) -> t.Callable[[MySQL], Saved]:
    def save(source: MySQL) -> Saved:
        folder, scratch = tmp_path / "dump", tmp_path / "scratch"
        folder.mkdir()
        scratch.mkdir()
        source.check()
        return Saved(source, folder, source.dump(str(folder)), scratch)

    return save


@contextlib.contextmanager
def writers(mariadb: Running, database: str) -> collections.abc.Iterator[t.Callable[[], int]]:
    """Two tables that change together; gives how often they did."""
    mariadb.execute("DROP TABLE IF EXISTS control.stopped; CREATE TABLE control.stopped (n INT)")
    writing = subprocess.Popen(mariadb.client("CALL go_on()", database))

    def done() -> int:
        return int(mariadb.rows("SELECT COUNT(*) FROM counted", database)[0])

    try:
        until(lambda: done() > 3, "somebody writes")
        yield done
    finally:
        mariadb.execute("INSERT INTO control.stopped VALUES (1)")
        assert writing.wait() == 0


@pytest.mark.parametrize("engine", ["InnoDB", "MyISAM"])
def test_facts_are_of_the_state_that_is_dumped_whoever_writes_meanwhile(
    mariadb: Running, saved: t.Callable[[MySQL], Saved], engine: str
) -> None:
    mariadb.create("busy", WRITING.format(engine=engine))
    with writers(mariadb, "busy") as written:
        before = written()
        found = saved(mariadb.source("busy"))
        until(lambda: written() > before, "somebody could write again")
        found.prove()
    whole = ["db: nobody can write into the database busy while it is dumped, as `busy`.`counted` is not transactional"]
    assert found.source.notes == ([] if engine == "InnoDB" else whole)
    booked, counted = (found.facts.tables[f"`busy`.`{name}`"][0] for name in ("booked", "counted"))
    # What has no transactions tells of some that are not committed.
    assert booked == 2000 + counted if engine == "InnoDB" else booked <= 2000 + counted
    found.restore()
    assert mariadb.rows("SELECT COUNT(*) FROM counted", "busy") == [str(counted)]
    if engine == "MyISAM":
        with pytest.raises(SourceUnusable, match="`busy`.`counted` cannot be read while others write"):
            mariadb.source("busy", not_transactional="refuse").check()


def test_odd_names_types_and_definitions_come_back_as_they_were(
    mariadb: Running, saved: t.Callable[[MySQL], Saved], tmp_path: pathlib.Path
) -> None:
    mariadb.create(ODD, CONTENT.replace("{0}", quoted(ODD)))
    queries = [
        "SELECT *, hidden, HEX(b), HEX(s), MD5(big), HEX(bits), ST_AsText(p) FROM `Or``d \"er's`",
        "SHOW CREATE TABLE orders",
        "SHOW CREATE FUNCTION one",
        "SHOW CREATE PROCEDURE work",
        "SHOW CREATE EVENT later",
        "SHOW CREATE VIEW aa",
        "SELECT ACTION_STATEMENT, SQL_MODE FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()",
        "SELECT * FROM aa",
        "SHOW FULL TABLES",
    ]
    before = [mariadb.rows(query, ODD) for query in queries]
    found = saved(mariadb.source(ODD))
    assert found.facts.tables[f"{quoted(ODD)}.`Or``d \"er's`"][0] == 3
    assert found.source.notes == [
        f"db: of {quoted(ODD)}.`aged` the rows of now are saved, and not those of the past",
        f"db: {quoted(ODD)}.`Or``d \"er's`.`f` is saved with six digits, which is how the server writes a FLOAT; "
        "a DOUBLE is saved with all",
    ]
    found.prove()
    mariadb.execute(
        "DROP TABLE orders; DELETE FROM `Or``d \"er's`; CREATE TABLE new (n INT); DROP VIEW zz; CREATE TABLE zz (n INT);"
        "DROP TABLE empty; CREATE VIEW empty AS SELECT 1; DROP FUNCTION one; CREATE PROCEDURE more() SELECT 1;"
        "CREATE TRIGGER in_the_way AFTER INSERT ON customers FOR EACH ROW SET @x = 1;"
        "CREATE EVENT soon ON SCHEDULE EVERY 1 YEAR DO SELECT 1",
        ODD,
    )
    found.restore()
    assert [mariadb.rows(query, ODD) for query in queries] == before
    assert mariadb.rows(
        "SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()", ODD
    ) == ["one", "work"]
    assert mariadb.rows(
        "INSERT INTO orders (customer) VALUES (1); SELECT id FROM orders; SELECT note FROM noted", ODD
    ) == [
        "1",
        "2",
        "3",
        "é;",
    ]
    assert mariadb.scratch_databases() == []
    by_hand = "".join((found.folder / name).read_text() for name in ("1.sql", "1.definitions.sql"))
    mariadb.create("by_hand", by_hand)
    assert mariadb.rows("SELECT * FROM aa", "by_hand") == before[7]


@pytest.fixture(scope="module")
def small(mariadb: Running, tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """A dump that tests copy before they damage it."""
    mariadb.create(
        "small", "CREATE TABLE t (n INT, x TEXT); INSERT INTO t SELECT seq, REPEAT('x', seq) FROM seq_1_to_50"
    )
    folder, scratch = tmp_path_factory.mktemp("dump"), tmp_path_factory.mktemp("scratch")
    source = mariadb.source("small")
    return Saved(source, folder, source.dump(str(folder)), scratch)


def truncated(content: bytes) -> bytes:
    return content[: content.index(b"INSERT INTO")]


def bit_flipped(content: bytes) -> bytes:
    middle = content.index(b"xxxxx")
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize(
    ("damage", "described_again", "says"),
    [
        (truncated, False, r"1\.sql has \d+ bytes where \d+ were written"),
        (truncated, True, "table '`small`.`t`' has 0 rows, and 50 were saved"),
        (bit_flipped, False, r"1\.sql is not what was written: its SHA-256 is another"),
        (bit_flipped, True, "table '`small`.`t`' has other content than was saved"),
    ],
)
def test_a_damaged_dump_is_neither_proven_nor_restored(
    mariadb: Running,
    small: Saved,
    tmp_path: pathlib.Path,
    damage: t.Callable[[bytes], bytes],
    described_again: bool,
    says: str,
) -> None:
    """Also where whoever damaged it made its checksum right: then the facts tell."""
    damaged = dataclasses.replace(small, folder=tmp_path / "dump")
    shutil.copytree(small.folder, damaged.folder)
    dump = damaged.folder / "1.sql"
    databases = dumped.read(str(damaged.folder), "mysql")
    dump.write_bytes(damage(dump.read_bytes()))
    if described_again:
        dumped.write(str(damaged.folder), "mysql", databases, ["1.definitions.sql"])
    with pytest.raises(NotProven, match=says):
        damaged.prove()
    with pytest.raises(RestoreFailed, match=says):
        damaged.restore()
    assert mariadb.rows("SELECT COUNT(*) FROM small.t") == ["50"]
    assert mariadb.scratch_databases() == []


def test_an_account_without_rights_is_told_which_and_may_have_them_by_a_role(mariadb: Running) -> None:
    mariadb.create("guarded_by", "CREATE TABLE t (n INT)")
    mariadb.execute("CREATE USER reader@localhost; GRANT SELECT ON `guarded_by`.t TO reader@localhost")
    source = mariadb.source("guarded_by", server=dataclasses.replace(mariadb.server, user="reader", password=""))
    with pytest.raises(SourceUnusable) as told:
        source.check()
    assert told.value.message == (
        "db: cannot be dumped: the account reader@localhost needs SELECT, LOCK TABLES, SHOW VIEW, TRIGGER, EVENT on "
        "`guarded_by`.* and SELECT on mysql.proc (on MySQL SHOW_ROUTINE on *.*), without which it does not see all routines"
    )
    mariadb.execute(
        "GRANT SELECT, LOCK TABLES, SHOW VIEW, TRIGGER, EVENT ON `guarded\\_%`.* TO saving;"
        "GRANT SELECT ON mysql.proc TO saving; GRANT saving TO reader@localhost; SET DEFAULT ROLE saving FOR reader@localhost"
    )
    source.check()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"password": "of yesterday"}, "Access denied for user 'saver'@'localhost'"),
        ({"socket": "/nowhere/s"}, "Can't connect to local server through socket '/nowhere/s'"),
        ({"programs": "/nowhere"}, "neither mariadb nor mysql is installed, or not in /nowhere"),
    ],
)
def test_what_cannot_be_reached_is_told_in_the_words_of_the_database_and_without_the_password(
    mariadb: Running, change: dict[str, t.Any], says: str
) -> None:
    with pytest.raises(SourceUnusable) as told:
        mariadb.source("small", server=dataclasses.replace(mariadb.server, **change)).check()
    assert says in told.value.message
    assert PASSWORD not in repr(told.value) + repr(mariadb.server)


STUCK = "exec sleep 600"
CUT = """
mariadb-dump "$@" || exit
for option; do case $option in --result-file=*) truncate --size=-20 "${option#*=}" ;; esac; done
"""


@pytest.mark.parametrize(
    ("program", "says"),
    [
        (STUCK, "the dump had no snapshot within 1 seconds, during which nobody could write"),
        (CUT, "the dump program wrote only a part"),
    ],
)
def test_a_dump_that_is_stuck_or_cut_off_fails_and_nobody_has_to_wait_for_it(
    mariadb: Running, small: Saved, tmp_path: pathlib.Path, program: str, says: str
) -> None:
    (tmp_path / "mariadb").symlink_to(t.cast("str", shutil.which("mariadb")))
    (tmp_path / "mariadb-dump").write_text(f"#!/bin/sh\n{program}\n")
    (tmp_path / "mariadb-dump").chmod(0o755)
    server = dataclasses.replace(mariadb.server, programs=str(tmp_path), lock_timeout=1)
    (tmp_path / "dump").mkdir()
    with pytest.raises(DumpFailed, match=says):
        mariadb.source("small", server=server).dump(str(tmp_path / "dump"))
    mariadb.execute("INSERT INTO small.t VALUES (0, ''); DELETE FROM small.t WHERE n = 0")


def test_a_table_that_somebody_writes_into_breaks_the_dump_off_in_its_time(
    mariadb: Running, tmp_path: pathlib.Path
) -> None:
    mariadb.create("held", "CREATE TABLE t (n INT)")
    holding = subprocess.Popen(mariadb.client("START TRANSACTION; INSERT INTO t VALUES (1); SELECT SLEEP(600)", "held"))
    try:
        until(
            lambda: mariadb.rows("SELECT 1 FROM information_schema.PROCESSLIST WHERE INFO = 'SELECT SLEEP(600)'") != [],
            "one writes",
        )
        source = mariadb.source("held", server=dataclasses.replace(mariadb.server, lock_timeout=1))
        with pytest.raises(DumpFailed, match="Lock wait timeout exceeded"):
            source.dump(str(tmp_path))
    finally:
        holding.kill()
        holding.wait()


def test_a_foreign_key_from_elsewhere_would_lose_its_table_so_nothing_is_restored(
    mariadb: Running, saved: t.Callable[[MySQL], Saved]
) -> None:
    mariadb.create("referred", "CREATE TABLE t (id INT PRIMARY KEY)")
    mariadb.create("refers", "CREATE TABLE u (id INT REFERENCES referred.t (id))")
    found = saved(mariadb.source("referred"))
    with pytest.raises(RestoreFailed, match="the table `refers`.`u` has a foreign key into the database `referred`"):
        found.restore()
    assert mariadb.rows("SHOW TABLES FROM referred") == ["t"]
    mariadb.execute("DROP DATABASE refers; DROP DATABASE referred")


@pytest.mark.parametrize(
    ("name", "when", "live"),
    [
        ("loaded", "after", "new"),
        ("_standing_in_the_way", "after", "new"),
        ("_replace_definitions", "before", "old"),
        ("swap", "after", "old"),
    ],
)
def test_a_restore_that_is_killed_leaves_one_of_the_two_and_is_finished_by_the_next(
    mariadb: Running,
    saved: t.Callable[[MySQL], Saved],
    name: str,
    when: t.Literal["before", "after"],
    live: str,
) -> None:
    mariadb.create(
        "killed",
        "CREATE TABLE t (state TEXT); INSERT INTO t VALUES ('old'); CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 'old';"
        "CREATE FUNCTION f() RETURNS TEXT RETURN 'old'",
    )
    found = saved(mariadb.source("killed"))
    mariadb.execute(
        "UPDATE t SET state = 'new'; DROP TRIGGER g; CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 'new';"
        "DROP FUNCTION f",
        "killed",
    )
    looked = "SELECT state FROM t; INSERT INTO t VALUES (''); SELECT @a; DELETE FROM t WHERE state = ''"
    killed_at(found.restore, Scratch, name, when)
    assert mariadb.rows(looked, "killed") == [live, live]
    assert mariadb.scratch_databases() != []
    found.restore()
    assert mariadb.rows(looked + "; SELECT f()", "killed") == ["old", "old", "old"]
    assert mariadb.scratch_databases() == []


def test_a_restore_that_cannot_have_the_tables_puts_back_what_stood_in_the_way(
    mariadb: Running, saved: t.Callable[[MySQL], Saved]
) -> None:
    mariadb.create(
        "held",
        "CREATE TABLE a (n INT); CREATE TABLE b (n INT); CREATE TRIGGER g BEFORE INSERT ON a FOR EACH ROW SET @a = 1",
    )
    server = dataclasses.replace(mariadb.server, lock_timeout=1)
    found = saved(mariadb.source("held", server=server))
    holding = subprocess.Popen(mariadb.client("LOCK TABLES b READ; SELECT SLEEP(600)", "held"))
    try:
        until(lambda: mariadb.rows("SHOW OPEN TABLES FROM held WHERE In_use > 0") != [], "somebody holds b")
        with pytest.raises(RestoreFailed, match="the tables that were live are as they were: .*Lock wait timeout"):
            found.restore()
    finally:
        holding.kill()
        holding.wait()
    assert mariadb.rows("INSERT INTO a VALUES (1); SELECT @a", "held") == ["1"]
    assert mariadb.scratch_databases() == []


def test_a_proof_that_is_killed_while_it_restores_is_tidied_up_by_the_next(
    mariadb: Running, saved: t.Callable[[MySQL], Saved]
) -> None:
    mariadb.create("killed", "CREATE TABLE t AS SELECT seq FROM seq_1_to_50000")
    found = saved(mariadb.source("killed"))
    killed_when(found.prove, lambda: mariadb.scratch_databases() != [], "there is a scratch database")
    found.prove()
    assert mariadb.scratch_databases() == []
