# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Redis in use, saved, proven and restored at once."""

from __future__ import annotations

import collections
import collections.abc
import json
import os
import pathlib
import shutil
import signal
import threading
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import (
    DumpFailed,
    NotProven,
    RestoreFailed,
    SourceUnusable,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources import (
    redis_replacing,
    redis_scratch,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.redis import (
    COUNTED,
    DUMP,
    ORIGIN,
    Redis,
)
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.resp import Certificates, Connection
from ansible_collections.progressive.delivery.tests.e2e.backups.folders import Folders
from ansible_collections.progressive.delivery.tests.e2e.backups.redis_server import PASSWORD, RedisServer
from ansible_collections.progressive.delivery.tests.e2e.balancers.laid_down import free_port, until
from ansible_collections.progressive.delivery.tests.unit.plugins.module_utils._health.authority import Authority

PATH = os.environ["PATH"]
LIBRARY = "#!lua name=shop\nredis.register_function('price', function() return 7 end)"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[RedisServer]:
    made = RedisServer(tmp_path_factory.mktemp("redis"))
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture
def live(server: RedisServer) -> RedisServer:
    """The server, with something of everything."""
    server.call("FLUSHALL")
    server.call("FUNCTION", "FLUSH")
    server.call("FUNCTION", "LOAD", LIBRARY)
    server.call("SET", b"\x00\xff\r\n", b"\xfe\r\n\x00")
    server.call("SET", "number", "9007199254740993")
    server.call("SET", "session", "x", "EX", "100000")
    server.call("HSET", "hash", *[f"{name}{number}" for number in range(600) for name in ("field", "value")])
    server.call("SADD", "set", *map(str, range(600)))
    server.call("ZADD", "sorted", "1.5", "a", "inf", "b", "-0.1", "c")
    server.call("RPUSH", "list", *["x" * 100] * 200)
    server.call("XADD", "stream", "1-1", "field", "value", database=5)
    server.call("XGROUP", "CREATE", "stream", "group", "0", database=5)
    server.call("XREADGROUP", "GROUP", "group", "one", "STREAMS", "stream", ">", database=5)
    server.call("EVAL", "for i = 1, 3000 do redis.call('SET', 'key' .. i, i) end", "0", database=15)
    return server


@pytest.fixture
def folders(tmp_path: pathlib.Path) -> Folders:
    return Folders(tmp_path)


def gone_wrong(live: RedisServer) -> None:
    """What a rollout that went wrong leaves."""
    live.call("DEL", "hash", "session")
    live.call("SET", "list", "no list any more")
    live.call("SET", "new", "x", database=3)
    live.call("XADD", "stream", "2-1", "field", "value", database=5)
    live.call("FUNCTION", "DELETE", "shop")
    live.call("FUNCTION", "LOAD", LIBRARY.replace("shop", "other"))


def test_what_was_saved_is_proven_and_comes_back_whole(live: RedisServer, folders: Folders) -> None:
    source = live.source()
    source.check()
    before = live.state()
    facts = source.dump(folders.dump)
    assert sorted(os.listdir(folders.dump)) == [DUMP, ORIGIN]
    assert pathlib.Path(folders.dump, DUMP).stat().st_mode & 0o777 == 0o600
    assert source.size() > pathlib.Path(folders.dump, DUMP).stat().st_size

    counts = {name.split(" ")[0]: 0 for name in facts.tables}
    for name, (keys, _checksum) in facts.tables.items():
        counts[name.split(" ")[0]] += keys
    assert counts == {"0": 7, "5": 1, "15": 3000, "functions": 1}

    source.prove(folders.dump, facts, folders.empty("proof"))
    gone_wrong(live)
    group = live.call("XINFO", "GROUPS", "stream", database=5)
    assert live.state() != before
    source.restore(folders.dump, facts, folders.empty("scratch"))

    assert live.state() == before
    assert live.call("XINFO", "GROUPS", "stream", database=5)[0][:6] == group[0][:6]
    assert live.call("FCALL", "price", "0") == 7


def test_the_dump_of_a_busy_server_is_one_state(live: RedisServer, folders: Folders) -> None:
    """Each transaction counts two keys up together; the facts are of the file, so that they are proven by it."""
    over = threading.Event()

    def writes() -> None:
        with live.connected() as connection:
            while not over.is_set():
                connection.calls([("MULTI",), ("INCR", "one"), ("INCR", "other"), ("EXEC",)])

    writer = threading.Thread(target=writes)
    writer.start()
    try:
        until(lambda: int(live.call("GET", "one") or 0) > 100, "the writer is busy")
        facts = live.source().dump(folders.dump)
    finally:
        over.set()
        writer.join()
    later = int(live.call("GET", "one"))
    live.source().prove(folders.dump, facts, folders.empty("proof"))
    live.source().restore(folders.dump, facts, folders.empty("scratch"))

    assert 100 < int(live.call("GET", "one")) < later
    assert live.call("GET", "one") == live.call("GET", "other")


def test_who_reads_sees_the_old_or_the_new(live: RedisServer, folders: Folders) -> None:
    live.call("MSET", "a", "new", "z", "new")
    facts = live.source().dump(folders.dump)
    live.call("MSET", "a", "old", "z", "old")
    seen = []
    over = threading.Event()

    def reads() -> None:
        with live.connected() as connection:
            while not over.is_set():
                connection.call("SELECT", 0)
                one = connection.calls([("MULTI",), ("MGET", "a", "z"), ("SELECT", 15), ("DBSIZE",), ("EXEC",)])[-1]
                if not seen or one != seen[-1]:
                    seen.append(one)

    reader = threading.Thread(target=reads)
    reader.start()
    try:
        until(lambda: bool(seen), "the reader has read")
        live.source().restore(folders.dump, facts, folders.empty("scratch"))
        until(lambda: seen[-1][0] == [b"new", b"new"], "the reader sees the new")
    finally:
        over.set()
        reader.join()

    assert seen == [[[b"old", b"old"], "OK", 3000], [[b"new", b"new"], "OK", 3000]]


def dies(at: str, after: bool, restore: collections.abc.Callable[[], None]) -> bool:
    """Whether a process that calls *restore* was killed before or after it sent some commands, as ``RESTORE 3`` counts them."""
    pid = os.fork()
    if pid:
        return os.waitpid(pid, 0)[1] == signal.SIGKILL
    calls = Connection.calls
    counts: collections.Counter[str] = collections.Counter()

    def dying(self: Connection, commands: t.Any) -> t.Any:
        name = str(commands[0][0]) if commands else ""
        counts[name] += 1
        if at == f"{name} {counts[name]}" and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        replies = calls(self, commands)
        if at == f"{name} {counts[name]}":
            os.kill(os.getpid(), signal.SIGKILL)
        return replies

    Connection.calls = dying  # type: ignore[method-assign]
    try:
        restore()
    finally:
        os._exit(1)


def test_killed_amid_the_restore_the_server_has_the_old_or_the_new(live: RedisServer, folders: Folders) -> None:
    """While the values are shown to it, after the transaction began, amid it, and before and after it is carried out."""
    source = live.source()
    new = live.state()
    facts = source.dump(folders.dump)
    gone_wrong(live)
    old = live.state()
    found = []
    for at, after in (
        ("RESTORE 3", True),
        ("MULTI 1", True),
        ("RESTORE 90", True),
        ("EXEC 1", False),
        ("EXEC 1", True),
    ):
        scratch = folders.empty(f"killed{len(found)}")
        assert dies(at, after, lambda: source.restore(folders.dump, facts, scratch)), at  # noqa: B023 (called at once)
        found.append(live.state())

    assert found == [old] * 4 + [new]
    gone_wrong(live)
    source.restore(folders.dump, facts, folders.empty("scratch"))
    assert live.state() == new


def test_keys_that_expire_before_the_proof_are_no_difference_and_do_not_come_back(
    live: RedisServer, folders: Folders
) -> None:
    live.call("SET", "longer", "x", "PX", 90_000)
    milliseconds = 500
    saved: set[str] = set()
    while not {"0 expiring 0", "7 expiring 0"} <= saved:  # a busy machine may need longer for the dump
        milliseconds *= 2
        live.call("SET", "brief", "x", "PX", milliseconds)
        live.call("SET", "cache", "x", "PX", milliseconds, database=7)
        folder = folders.empty(f"dump{milliseconds}")
        facts = live.source().dump(folder)
        saved = {name.split(" to ")[0] for name in facts.tables}
    until(lambda: live.call("EXISTS", "brief") + live.call("EXISTS", "cache", database=7) == 0, "they expire")

    live.source().prove(folder, facts, folders.empty("proof"))
    live.source().restore(folder, facts, folders.empty("scratch"))

    assert live.call("EXISTS", "brief", "longer") == 1
    assert 0 < live.call("PTTL", "longer") < 90_000


def test_one_database_is_restored_and_the_others_stay(live: RedisServer, folders: Folders) -> None:
    source = live.source(databases=[5, 6])
    facts = source.dump(folders.dump)
    assert list(facts.tables) == ["5"]
    stream = live.call("XRANGE", "stream", "-", "+", database=5)
    live.call("DEL", "stream", database=5)
    live.call("SET", "new", "x", database=6)
    live.call("SET", "new", "x")
    gone_wrong(live)

    source.prove(folders.dump, facts, folders.empty("proof"))
    source.restore(folders.dump, facts, folders.empty("scratch"))

    assert live.call("XRANGE", "stream", "-", "+", database=5) == stream
    assert live.call("DBSIZE", database=6) == 0
    assert live.call("GET", "new") == b"x"
    assert live.call("GET", "list") == b"no list any more"


ALTERED: dict[str, tuple[int, tuple[str, ...]]] = {
    "a key": (0, ("SET", "number", "9007199254740992")),
    "a group": (5, ("XGROUP", "DESTROY", "stream", "group")),
}


@pytest.mark.parametrize("how", ["cut", "a bit", "gone", *ALTERED])
def test_a_dump_that_is_not_what_was_saved_is_not_proven_and_touches_nothing(
    live: RedisServer, folders: Folders, how: str
) -> None:
    source = live.source()
    facts = source.dump(folders.dump)
    path = pathlib.Path(folders.dump, DUMP)
    content = path.read_bytes()
    if how == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif how == "a bit":
        path.write_bytes(content[:-500] + bytes([content[-500] ^ 1]) + content[-499:])
    elif how in ALTERED:
        database, command = ALTERED[how]
        live.call(*command, database=database)
        source.dump(folders.empty("other"))
        shutil.copy(path.parent.with_name("other") / DUMP, path)
    else:
        path.unlink()
    before = live.state()

    why = "No such file or directory" if how == "gone" else "cannot be loaded: redis-server says: "
    if how in ALTERED:
        why = f"database '{ALTERED[how][0]}' has other content than was saved"
    with pytest.raises(NotProven, match="cache: .*" + why):
        source.prove(folders.dump, facts, folders.empty("proof"))
    with pytest.raises(RestoreFailed, match="cache: .*" + why):
        source.restore(folders.dump, facts, folders.empty("scratch"))

    assert live.state() == before


def newer(groups: collections.abc.Iterable[list[t.Any]]) -> collections.abc.Iterator[list[t.Any]]:
    for group in groups:
        yield [(key, expiry, value[:-10] + b"\xff\xff" + value[-8:]) for key, expiry, value in group]


def test_a_live_server_that_is_older_or_full_or_a_replica_is_left_as_it_is(
    live: RedisServer, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = live.source()
    facts = source.dump(folders.dump)
    gone_wrong(live)
    before = live.state()

    live.call("CONFIG", "SET", "maxmemory", "1mb")
    try:
        with pytest.raises(RestoreFailed, match="does not take .*OOM .*; nothing was changed"):
            source.restore(folders.dump, facts, folders.empty("full"))
    finally:
        live.call("CONFIG", "SET", "maxmemory", "0")
    live.call("REPLICAOF", "127.0.0.1", "1")
    try:
        with pytest.raises(RestoreFailed, match="is a replica; restore into its primary"):
            source.restore(folders.dump, facts, folders.empty("replica"))
    finally:
        live.call("REPLICAOF", "NO", "ONE")
    restorable = redis_replacing._restorable
    with monkeypatch.context() as patch:
        # What a newer server here makes of a value has a higher number before its checksum.
        patch.setattr(redis_replacing, "_restorable", lambda *given: newer(restorable(*given)))
        with pytest.raises(
            RestoreFailed, match="does not take a key of database 0: .* version .*; nothing was changed"
        ):
            source.restore(folders.dump, facts, folders.empty("newer"))
    pathlib.Path(folders.dump, ORIGIN).write_text(json.dumps({"version": "99.1.2"}))
    with pytest.raises(RestoreFailed, match="the dump is of Redis 99.1.2, and .* is the older 7"):
        source.restore(folders.dump, facts, folders.empty("older"))

    assert live.state() == before


def test_a_cluster_and_what_does_not_answer_are_refused(tmp_path: pathlib.Path, folders: Folders) -> None:
    cluster = RedisServer(tmp_path, "--cluster-enabled", "yes")
    try:
        with pytest.raises(SourceUnusable, match="runs in cluster mode, which is not supported"):
            cluster.source().check()
        with pytest.raises(DumpFailed, match="cluster mode"):
            cluster.source().dump(folders.dump)
    finally:
        cluster.stop()
    with pytest.raises(SourceUnusable, match="cannot be reached: Connection refused"):
        cluster.source().check()
    with pytest.raises(SourceUnusable, match="127.0.0.1:1 cannot be reached"):
        Redis("cache", port=1).check()


def test_a_user_needs_the_password_and_the_rights(live: RedisServer, folders: Folders) -> None:
    live.call("ACL", "SETUSER", "backup", "on", ">pa ss", "~*", "+info", "+ping")
    with pytest.raises(SourceUnusable, match="refuses: WRONGPASS") as caught:
        live.source(user="backup", password="wrong").check()
    assert "'wrong'" not in caught.value.message
    with pytest.raises(SourceUnusable, match="refuses: NOAUTH"):
        live.source(password=None).check()
    backup = live.source(user="backup", password="pa ss")
    backup.check()
    with pytest.raises(DumpFailed, match="redis-cli cannot fetch the dump: .*NOPERM"):
        backup.dump(folders.empty("denied"))

    live.call("ACL", "SETUSER", "backup", "+sync", "+psync", "+replconf")
    facts = backup.dump(folders.dump)
    before = live.state()
    with pytest.raises(RestoreFailed, match="does not take .*NOPERM.*; nothing was changed"):
        backup.restore(folders.dump, facts, folders.empty("scratch"))

    assert live.state() == before
    live.call("ACL", "SETUSER", "backup", "nopass")
    live.source(user="backup", password=None).dump(folders.empty("nopass"))


def on_path(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch, *programs: str) -> None:
    folder.mkdir()
    for program in programs:
        (folder / program).symlink_to(t.cast("str", shutil.which(program, path=PATH)))
    monkeypatch.setenv("PATH", str(folder))


def test_without_a_server_here_keys_are_counted_and_nothing_is_restored(
    live: RedisServer, folders: Folders, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = live.source()
    on_path(tmp_path / "bin", monkeypatch, "redis-cli")
    with pytest.raises(SourceUnusable, match="redis-check-rdb is not installed"):
        source.check()
    on_path(tmp_path / "bin2", monkeypatch, "redis-cli", "redis-check-rdb")
    source.check()
    facts = source.dump(folders.dump)

    assert facts.tables[COUNTED][0] == 3008
    source.prove(folders.dump, facts, folders.empty("proof"))
    with pytest.raises(RestoreFailed, match="no redis-server is installed here"):
        source.restore(folders.dump, facts, folders.empty("scratch"))
    path = pathlib.Path(folders.dump, DUMP)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(NotProven, match="redis-check-rdb says"):
        source.prove(folders.dump, facts, folders.empty("cut"))


def test_before_redis_7_keys_that_expire_are_counted(
    live: RedisServer, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = redis_scratch._command
    older = ["--rename-command", "PEXPIRETIME", ""]
    monkeypatch.setattr(redis_scratch, "_command", lambda program, folder: command(program, folder) + older)
    facts = live.source().dump(folders.dump)
    assert [keys for name, (keys, _checksum) in facts.tables.items() if name.startswith("0 expiring 0 to ")] == [1]
    expires = live.call("PEXPIRETIME", "session")

    live.source().prove(folders.dump, facts, folders.empty("proof"))
    live.call("DEL", "session")
    live.source().restore(folders.dump, facts, folders.empty("scratch"))

    assert abs(live.call("PEXPIRETIME", "session") - expires) <= 5


def test_over_tls_with_the_password_on_no_command_line(
    tmp_path: pathlib.Path, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    authority = Authority(tmp_path)
    authority.server_context("cache.example")
    trusted, pair = str(authority.path), str(tmp_path / "server-2.pem")
    trust = ["--tls-ca-cert-file", trusted, "--tls-cert-file", pair, "--tls-key-file", pair]
    server = RedisServer(tmp_path, "--tls-port", str(port), "--bind", "127.0.0.1", *trust)
    cli = tmp_path / "bin" / "redis-cli"
    cli.parent.mkdir()
    cli.write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/arguments\nexec {shutil.which("redis-cli")} "$@"\n')
    cli.chmod(0o755)
    monkeypatch.setenv("PATH", f"{cli.parent}:{os.environ['PATH']}")
    try:
        server.call("SET", "a", "1")
        ours = Certificates(trusted, pair, pair, "cache.example")
        source = Redis("cache", port=port, password=PASSWORD, certificates=ours)
        source.check()
        facts = source.dump(folders.dump)
        server.call("SET", "a", "2")
        source.restore(folders.dump, facts, folders.empty("scratch"))
        assert server.call("GET", "a") == b"1"
        with pytest.raises(SourceUnusable, match="cannot be reached: .*(?i:certificate)"):
            Redis("cache", port=port, password=PASSWORD, certificates=Certificates(trusted)).check()
    finally:
        server.stop()

    assert "--tls" in (tmp_path / "arguments").read_text()
    assert "s3cret" not in (tmp_path / "arguments").read_text()
