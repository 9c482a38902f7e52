# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever owns a PostgreSQL database writes code that its restore runs: what that can and cannot do in a proof."""

from __future__ import annotations

import collections.abc
import dataclasses
import pathlib
import tempfile
import typing as t

import pytest

from ansible_collections.progressive.delivery.plugins.module_utils._backups.errors import NotProven
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources import postgresql
from ansible_collections.progressive.delivery.plugins.module_utils._backups.sources.postgresql import PostgreSQL
from ansible_collections.progressive.delivery.tests.e2e.backups.postgresql_server import Running, Saved

TRIES = """
CREATE FUNCTION public.tries() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
    BEGIN ALTER ROLE owner SUPERUSER; EXCEPTION WHEN OTHERS THEN NULL; END;
    BEGIN COPY public.found TO PROGRAM 'touch RAN'; EXCEPTION WHEN OTHERS THEN NULL; END;
    RETURN true;
END $$;
CREATE TABLE public.held (n integer CHECK (public.tries()));
CREATE TABLE public.found (n integer);
CREATE FUNCTION public.rows_of(integer) RETURNS integer IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM public.tries(); RETURN 1; END $$;
CREATE INDEX ON public.found (public.rows_of(n));
INSERT INTO public.held VALUES (1);
INSERT INTO public.found VALUES (1);
"""
PRIVILEGED = r"""
CREATE SCHEMA "Kept"; CREATE SCHEMA "Of app" AUTHORIZATION app;
CREATE EXTENSION hstore SCHEMA "Kept"; CREATE EXTENSION pg_buffercache SCHEMA "Of app";
COMMENT ON EXTENSION pg_buffercache IS 'for the curious';
CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER watching ON ddl_command_end EXECUTE FUNCTION watch();
CREATE TABLE "Of app".t (h "Kept".hstore, s serial); INSERT INTO "Of app".t VALUES ('a=>1');
ALTER TABLE "Of app".t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY nobody ON "Of app".t USING (false);
SELECT lo_from_bytea(0, 'large');
"""


@pytest.fixture(scope="module")
def server() -> collections.abc.Iterator[Running]:
    # pytest's own folders can be entered by their owner only.
    with tempfile.TemporaryDirectory() as folder:
        running = Running(pathlib.Path(folder))
        try:
            running.execute("postgres", "CREATE ROLE owner LOGIN PASSWORD 'owner'")
            yield running
        finally:
            running.stop()


@pytest.fixture
def saved(tmp_path: pathlib.Path) -> t.Callable[[PostgreSQL], Saved]:
    def save(source: PostgreSQL) -> Saved:
        folder, scratch = tmp_path / "dump", tmp_path / "scratch"
        folder.mkdir()
        scratch.mkdir()
        return Saved(source, folder, source.dump(str(folder)), scratch)

    return save


def test_what_an_owner_wrote_is_not_run_by_a_superuser_to_prove_it(
    server: Running, saved: t.Callable[[PostgreSQL], Saved], tmp_path: pathlib.Path
) -> None:
    name = server.create("owned")
    ran = pathlib.Path(tempfile.gettempdir()) / f"ran-{tmp_path.name}"
    server.execute("postgres", f"ALTER DATABASE {name} OWNER TO owner")
    with server.connected("owned") as connection:
        connection.execute("SET ROLE owner")
        connection.execute(TRIES.replace("RAN", str(ran)))
    found = saved(server.source("owned"))
    found.prove()
    assert server.rows("postgres", "SELECT rolsuper FROM pg_roles WHERE rolname = 'owner'") == [(False,)]
    assert not ran.exists()
    dataclasses.replace(found, source=server.source("owned", scratch_server="same")).prove()
    assert server.rows("postgres", "SELECT rolsuper FROM pg_roles WHERE rolname = 'owner'") == [(True,)]
    assert ran.exists()
    ran.unlink()


def test_what_only_a_superuser_may_make_is_there_for_the_proof_all_the_same(
    server: Running, saved: t.Callable[[PostgreSQL], Saved]
) -> None:
    server.create("privileged", PRIVILEGED)
    found = saved(server.source("privileged"))
    assert found.facts.tables['"privileged"."Of app".t'][0] == 1
    found.prove()


def test_what_no_other_may_make_is_told_with_why(server: Running, saved: t.Callable[[PostgreSQL], Saved]) -> None:
    server.create("cast", "CREATE FUNCTION c(point) RETURNS integer LANGUAGE c AS '$libdir/hstore', 'hstore_in'")
    with pytest.raises(NotProven, match="permission denied for language c; .*; on a server of its own"):
        saved(server.source("cast")).prove()


@pytest.mark.parametrize("right", ["CREATEDB CREATEROLE", "CREATEDB IN ROLE pg_execute_server_program"])
def test_a_superuser_without_a_server_of_his_own_is_refused_the_live_one_unless_he_asks_for_it(
    server: Running, saved: t.Callable[[PostgreSQL], Saved], monkeypatch: pytest.MonkeyPatch, right: str
) -> None:
    server.create("lone", "CREATE TABLE t AS SELECT 1 AS n")
    server.execute("postgres", "DROP ROLE IF EXISTS saver, modest")
    server.execute("postgres", f"CREATE ROLE saver LOGIN PASSWORD 'saver' {right}; GRANT pg_read_all_data TO saver")
    server.execute("postgres", "CREATE ROLE modest LOGIN PASSWORD 'modest' CREATEDB IN ROLE pg_read_all_data")
    accounts = [dataclasses.replace(server.server, user=user, password=user) for user in ("saver", "modest")]
    mighty, modest = (server.source("lone", server=account) for account in accounts)
    monkeypatch.setattr(postgresql, "server_programs", lambda _folder: None)
    found = saved(mighty)
    with pytest.raises(NotProven, match="to restore as saver.* say scratch_server: same .*no initdb"):
        found.prove()
    dataclasses.replace(found, source=server.source("lone", server=accounts[0], scratch_server="same")).prove()
    dataclasses.replace(found, source=modest).prove()
