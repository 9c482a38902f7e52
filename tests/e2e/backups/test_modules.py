# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases of real servers as tasks describe them: saved, proven and restored by the modules."""

from __future__ import annotations

import collections.abc
import contextlib
import pathlib
import tempfile
import typing as t

import pytest

from ansible_collections.progressive.delivery.tests.e2e.backups import (
    mariadb_server,
    postgresql_server,
    redis_server,
)
from ansible_collections.progressive.delivery.tests.module_call import Failed, call, everything_told

NAMES = ["orders", "stock", "sessions"]


class Servers:
    """One of each kind, in each of which one thing is written and read."""

    def __init__(self, folder: pathlib.Path, stack: contextlib.ExitStack) -> None:
        places = [folder / name for name in NAMES]
        for place in places:
            place.mkdir()
        self.postgresql = postgresql_server.Running(places[0])
        stack.callback(self.postgresql.stop)
        self.mariadb = mariadb_server.Running(places[1])
        stack.callback(self.mariadb.stop)
        self.redis = redis_server.RedisServer(places[2])
        stack.callback(self.redis.stop)
        self.postgresql.create("shop", "CREATE TABLE t (what text)")
        self.mariadb.create("shop", "CREATE TABLE t (what TEXT)")

    def write(self, what: str) -> None:
        self.postgresql.execute("shop", f"DELETE FROM t; INSERT INTO t VALUES ('{what}')")
        self.mariadb.execute(f"DELETE FROM t; INSERT INTO t VALUES ('{what}')", "shop")
        self.redis.call("SET", "what", what)

    def read(self) -> list[str]:
        [(saved,)] = self.postgresql.rows("shop", "SELECT what FROM t")
        return [saved, *self.mariadb.rows("SELECT what FROM t", "shop"), self.redis.call("GET", "what").decode()]

    def sources(self) -> list[dict[str, t.Any]]:
        """All of them by their passwords, as a task gives them."""
        postgresql, mysql = self.postgresql.server, self.mariadb.server
        given = (
            {"postgresql": {"host": postgresql.host, "user": postgresql.user, "databases": ["shop"]}},
            {"mysql": {"socket": mysql.socket, "user": mysql.user, "databases": ["shop"]}},
            {"redis": {"socket": self.redis.socket}},
        )
        passwords = (postgresql_server.PASSWORD, mariadb_server.PASSWORD, redis_server.PASSWORD)
        return [
            {"name": name, **{kind: {**options, "password": password} for kind, options in source.items()}}
            for name, source, password in zip(NAMES, given, passwords)
        ]


@pytest.fixture(scope="module")
def servers() -> collections.abc.Iterator[Servers]:
    # pytest's own folders can be entered by their owner only.
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        pathlib.Path(folder).chmod(0o711)
        yield Servers(pathlib.Path(folder), stack)


@pytest.fixture
def where(tmp_path: pathlib.Path) -> dict[str, t.Any]:
    place = {"repository": str(tmp_path / "repository"), "work_directory": str(tmp_path / "work")}
    return {"app": "shop", "engine": "archive", "password": "hush hush", **place}


def test_what_tasks_save_of_servers_is_proven_and_restored_with_what_was_there_before_kept(
    servers: Servers, where: dict[str, t.Any]
) -> None:
    servers.write("saved")
    saved = call("backup", **where, sources=servers.sources())
    assert saved["snapshot"]["proven"]["how"] == "restore"
    servers.write("newer")

    restored = call("restore", **where, sources=servers.sources(), snapshot="newest_proven")
    assert servers.read() == ["saved"] * 3
    call("restore", **where, sources=servers.sources(), snapshot=restored["safety"]["id"], safety=False)
    assert servers.read() == ["newer"] * 3


@pytest.mark.parametrize("name", NAMES)
def test_a_server_that_does_not_let_the_task_in_is_named_and_no_password_told(
    servers: Servers, where: dict[str, t.Any], name: str
) -> None:
    servers.write("live")
    sources = servers.sources()
    [[kind]] = [[key for key in source if key != "name"] for source in sources if source["name"] == name]
    sources[NAMES.index(name)][kind]["password"] = "of yesterday"

    with pytest.raises(Failed, match=f"{name}: "):
        call("backup", **where, sources=sources)
    result, told = everything_told("backup", **where, sources=sources)
    assert result["failed"]
    # The beginnings and ends of all passwords, which no way of writing texts changes.
    for part in ("of yesterday", "s3cret", "'of' Zo"):
        assert part not in told
    assert call("backup_info", **{key: where[key] for key in where if key != "work_directory"})["snapshots"] == []
