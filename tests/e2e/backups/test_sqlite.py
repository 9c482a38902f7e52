# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SQLite databases, saved and restored while others read and write them."""

from __future__ import annotations

import collections.abc
import contextlib
import os
import pathlib
import signal
import sqlite3
import stat
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import (
    DumpFailed,
    NotProven,
    RestoreFailed,
    SourceUnusable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.model import Facts
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.sqlite import DUMP, SQLite
from ansible_collections.progressive.delivery.tests.e2e.backups.folders import Folders

TRANSFERS = """
import random, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
print("ready", flush=True)
while True:
    one, other = random.sample(range(100), 2)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE accounts SET balance = balance - 1 WHERE id = ?", (one,))
    connection.execute("UPDATE accounts SET balance = balance + 1 WHERE id = ?", (other,))
    connection.execute("INSERT INTO transfers VALUES (?, ?)", (one, other))
    connection.execute("COMMIT")
"""
WATCHING = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=60)
seen = set()
while seen != {"old", "new"}:
    versions = [row[0] for row in connection.execute("SELECT DISTINCT content FROM version")]
    assert len(versions) == 1, versions
    if not seen:
        print("ready", flush=True)
    seen.add(versions[0])
"""


def connected(path: pathlib.Path) -> contextlib.closing[sqlite3.Connection]:
    return contextlib.closing(sqlite3.connect(path, isolation_level=None))


@contextlib.contextmanager
def running(program: str, path: pathlib.Path) -> collections.abc.Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.kill()


def bank(path: pathlib.Path, journal: str) -> pathlib.Path:
    with connected(path) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal}")
        connection.execute("CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER)")
        connection.execute("CREATE TABLE transfers (one, other)")
        connection.execute("CREATE TABLE filler (content BLOB)")
        connection.executemany("INSERT INTO accounts VALUES (?, 100)", [(number,) for number in range(100)])
        connection.execute(
            "INSERT INTO filler WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)"
            " SELECT randomblob(1000) FROM n"
        )
    return path


def version(path: pathlib.Path, content: str, journal: str = "delete") -> pathlib.Path:
    """A database of some megabytes, all of whose rows say the same."""
    with connected(path) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal}")
        connection.execute("CREATE TABLE IF NOT EXISTS version (content, filler)")
        connection.execute("BEGIN")
        connection.execute("DELETE FROM version")
        connection.execute(
            "INSERT INTO version WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
            " SELECT ?, randomblob(1000) FROM n",
            (content,),
        )
        connection.execute("COMMIT")
    return path


def content(path: pathlib.Path) -> list[str]:
    with connected(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return [row[0] for row in connection.execute("SELECT DISTINCT content FROM version")]


@pytest.fixture
def folders(tmp_path: pathlib.Path) -> Folders:
    return Folders(tmp_path)


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_a_database_that_is_written_to_is_saved_as_one_state(
    tmp_path: pathlib.Path, folders: Folders, journal: str
) -> None:
    source = SQLite("bank", str(bank(tmp_path / "odd ?name#%.db", journal)))
    source.check()
    with running(TRANSFERS, tmp_path / "odd ?name#%.db"):
        facts = source.dump(folders.dump)
        size = source.size()

    proof = folders.empty("proof")
    source.prove(folders.dump, facts, proof)
    dump = pathlib.Path(folders.dump) / DUMP
    assert sorted(os.listdir(folders.dump)) == [DUMP, "origin.json"]
    assert stat.S_IMODE(dump.stat().st_mode) == 0o600
    assert dump.stat().st_size <= size
    assert os.listdir(proof) == []
    with connected(dump) as connection:
        assert connection.execute("SELECT sum(balance) FROM accounts").fetchone() == (10000,)
        counted = connection.execute("SELECT count(*) FROM transfers").fetchone()[0]
        owed = dict(connection.execute("SELECT other, count(*) FROM transfers GROUP BY other"))
        paid = dict(connection.execute("SELECT one, count(*) FROM transfers GROUP BY one"))
        for number, balance in connection.execute("SELECT id, balance FROM accounts"):
            assert balance == 100 + owed.get(number, 0) - paid.get(number, 0)
    assert facts.tables["transfers"][0] == counted
    assert facts.tables["accounts"][0] == 100


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_readers_see_the_old_or_the_new_while_it_is_restored(
    tmp_path: pathlib.Path, folders: Folders, journal: str
) -> None:
    path = version(tmp_path / "live.db", "new", journal)
    source = SQLite("shop", str(path))
    facts = source.dump(folders.dump)
    version(path, "old")
    with connected(path) as connection:  # a rollout that went wrong has left more than rows
        connection.execute(f"PRAGMA journal_mode = {journal}")
        connection.execute("CREATE TABLE leftover (a)")
    with running(WATCHING, path) as reader:
        source.restore(folders.dump, facts, folders.empty("scratch"))
        assert reader.wait() == 0

    assert content(path) == ["new"]
    with connected(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == (journal,)
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_killed_amid_the_restore_the_live_database_is_the_old_and_can_be_restored(
    tmp_path: pathlib.Path, folders: Folders, monkeypatch: pytest.MonkeyPatch, journal: str
) -> None:
    path = version(tmp_path / "live.db", "new", journal)
    source = SQLite("shop", str(path))
    facts = source.dump(folders.dump)
    version(path, "old", journal)
    pid = os.fork()
    if pid == 0:
        with monkeypatch.context() as patch:
            # The live one in steps, of which the second is the last thing it does.
            copy = source._copy
            patch.setattr(
                source,
                "_copy",
                lambda one, other: (
                    one.backup(other, pages=200, progress=dying_at_the_second_step())
                    if is_live(other)
                    else copy(one, other)
                ),
            )
            try:
                source.restore(folders.dump, facts, folders.empty("killed"))
            finally:
                os._exit(1)
    assert os.waitpid(pid, 0)[1] == signal.SIGKILL

    assert content(path) == ["old"]
    source.restore(folders.dump, facts, folders.empty("scratch"))
    assert content(path) == ["new"]


def is_live(connection: sqlite3.Connection) -> bool:
    return t.cast("str", connection.execute("PRAGMA database_list").fetchone()[2]).endswith("live.db")


def dying_at_the_second_step() -> collections.abc.Callable[[int, int, int], None]:
    steps: list[int] = []

    def progress(_status: int, _remaining: int, _pages: int) -> None:
        steps.append(1)
        if len(steps) == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    return progress


@pytest.mark.parametrize("found", ["nothing", "trash", "an empty file"])
def test_what_is_not_there_or_no_database_is_made_anew_as_it_was(
    tmp_path: pathlib.Path, folders: Folders, found: str
) -> None:
    path = version(tmp_path / "live.db", "new", "wal")
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, 12345, 54321)
    owner = path.stat()
    source = SQLite("shop", str(path))
    facts = source.dump(folders.dump)
    other = version(tmp_path / "other.db", "other", "wal")
    with connected(other) as connection:
        connection.execute("UPDATE version SET content = 'another'")
        # What a crash left: SQLite would take it for the log of what is restored.
        (tmp_path / "live.db-wal").write_bytes((tmp_path / "other.db-wal").read_bytes())
    path.unlink()
    if found != "nothing":
        path.write_bytes(b"trash" * 1000 if found == "trash" else b"")

    source.restore(folders.dump, facts, folders.empty("scratch"))

    assert content(path) == ["new"]
    if found != "an empty file":
        known = path.stat()
        assert (stat.S_IMODE(known.st_mode), known.st_uid, known.st_gid) == (0o640, owner.st_uid, owner.st_gid)
        with connected(path) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".")]


def damaged(dump: pathlib.Path, how: str) -> None:
    if how == "cut":
        with dump.open("r+b") as handle:
            handle.truncate(dump.stat().st_size // 2)
    elif how == "a bit":
        with dump.open("r+b") as handle:
            handle.seek(dump.stat().st_size // 2)
            byte = handle.read(1)[0]
            handle.seek(-1, os.SEEK_CUR)
            handle.write(bytes([byte ^ 1]))
    elif how == "a row":
        with connected(dump) as connection:
            connection.execute("DELETE FROM version WHERE rowid = 7")
    else:
        dump.unlink()


@pytest.mark.parametrize("how", ["cut", "a bit", "a row", "gone"])
def test_a_damaged_dump_is_not_proven_and_touches_nothing(tmp_path: pathlib.Path, folders: Folders, how: str) -> None:
    path = version(tmp_path / "live.db", "old")
    source = SQLite("shop", str(path))
    facts = source.dump(folders.dump)
    damaged(pathlib.Path(folders.dump) / DUMP, how)
    before = path.read_bytes()

    with pytest.raises(NotProven, match="shop: "):
        source.prove(folders.dump, facts, folders.empty("proof"))
    with pytest.raises(RestoreFailed, match="shop: "):
        source.restore(folders.dump, facts, folders.empty("scratch"))

    assert path.read_bytes() == before


def test_facts_of_another_time_are_named(tmp_path: pathlib.Path, folders: Folders) -> None:
    source = SQLite("shop", str(version(tmp_path / "live.db", "old")))
    facts = source.dump(folders.dump)

    with pytest.raises(NotProven, match="table 'version' has 3000 rows, and 7 were saved"):
        source.prove(folders.dump, Facts({**facts.tables, "version": (7, "")}), folders.empty("proof"))


def test_who_holds_it_locked_is_waited_for_and_not_for_ever(tmp_path: pathlib.Path, folders: Folders) -> None:
    path = version(tmp_path / "live.db", "old")
    source = SQLite("shop", str(path), timeout=0.1)
    facts = source.dump(folders.dump)
    with connected(path) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DumpFailed, match=r"locked"):
            source.dump(folders.empty("second"))
        with pytest.raises(RestoreFailed, match=r"locked"):
            source.restore(folders.dump, facts, folders.empty("scratch"))
    with connected(path) as reader:
        cursor = reader.execute("SELECT * FROM version")
        cursor.fetchone()
        with pytest.raises(RestoreFailed, match=r"locked"):
            source.restore(folders.dump, facts, folders.empty("scratch2"))

    assert content(path) == ["old"]


@pytest.mark.parametrize(
    ("made", "why"),
    [(None, "No such file"), (b"not a database", "is no SQLite database"), ("folder", "Is a directory")],
)
def test_what_is_no_database_is_refused_beforehand(tmp_path: pathlib.Path, made: bytes | str | None, why: str) -> None:
    path = tmp_path / "live.db"
    if isinstance(made, bytes):
        path.write_bytes(made)
    elif made:
        path.mkdir()

    with pytest.raises(SourceUnusable, match=f"shop: .*{why}"):
        SQLite("shop", str(path)).check()


def test_pages_of_another_size_are_no_riddle(tmp_path: pathlib.Path, folders: Folders) -> None:
    path = version(tmp_path / "live.db", "new")
    source = SQLite("shop", str(path))
    facts = source.dump(folders.dump)
    path.unlink()
    with connected(path) as connection:
        connection.execute("PRAGMA page_size = 1024")
        connection.execute("VACUUM")
    version(path, "old", "wal")

    with pytest.raises(
        RestoreFailed, match="has pages of 1024 bytes and a write-ahead log, and the dump pages of 4096"
    ):
        source.restore(folders.dump, facts, folders.empty("scratch"))
    with connected(path) as connection:
        connection.execute("PRAGMA journal_mode = delete")
    source.restore(folders.dump, facts, folders.empty("scratch2"))

    assert content(path) == ["new"]


@pytest.mark.parametrize("moved", ["the file", "its folder"])
def test_a_link_that_comes_into_the_path_leads_neither_dump_nor_restore_anywhere(
    tmp_path: pathlib.Path, folders: Folders, moved: str
) -> None:
    others = tmp_path / "others"
    app = tmp_path / "app"
    for folder in (others, app):
        folder.mkdir()
    path = version(app / "live.db", "old")
    other = version(others / "live.db", "of others")
    source = SQLite("shop", str(path))
    facts = source.dump(folders.dump)
    there, real = (path, other) if moved == "the file" else (app, others)
    there.rename(tmp_path / "aside")
    there.symlink_to(real)
    before = other.read_bytes()

    with pytest.raises(DumpFailed, match=r"a link or another file|Not a directory"):
        source.dump(folders.empty("second"))
    with pytest.raises(RestoreFailed, match=r"a link or another file|Not a directory"):
        source.restore(folders.dump, facts, folders.empty("scratch"))
    assert other.read_bytes() == before
    other.unlink()
    if moved == "its folder":
        with pytest.raises(RestoreFailed, match="Not a directory"):
            source.restore(folders.dump, facts, folders.empty("scratch2"))
        assert not other.exists()
    else:
        source.restore(folders.dump, facts, folders.empty("scratch2"))
        assert (path.is_symlink(), content(path)) == (False, ["old"])


def test_the_new_file_is_never_opened_again_by_its_name(
    tmp_path: pathlib.Path, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever owns the folder can put a link to any file there at any instant, and must not get that file's rights."""
    path = version(tmp_path / "live.db", "old", "wal")
    path.chmod(0o666)
    source = SQLite("shop", str(path))
    facts = source.dump(folders.dump)
    path.unlink()
    secret = tmp_path / "secret"
    secret.write_text("of others")
    secret.chmod(0o600)
    real = os.open

    def replaced_once_open(name: t.Any, *how: t.Any, **where: t.Any) -> int:
        descriptor = real(name, *how, **where)
        if str(name).endswith(".progressive-delivery"):
            os.unlink(name, dir_fd=where.get("dir_fd"))
            os.symlink(secret, name, dir_fd=where.get("dir_fd"))
        return descriptor

    monkeypatch.setattr(os, "open", replaced_once_open)
    source.restore(folders.dump, facts, folders.empty("scratch"))

    assert (secret.read_text(), stat.S_IMODE(secret.stat().st_mode)) == ("of others", 0o600)
